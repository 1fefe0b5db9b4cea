"""Models that need too much memory, or whose parts do not fit together."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from tests.hostile.base import LARGE, Fresh, Named, behind, claiming, constant, plus


def sizes(fresh: Fresh) -> Named:
    large = constant(np.array([10**5, 10**5], dtype=np.int64), "large")
    for op in ("Expand", "Tile"):
        yield (
            f"{op} to 80 GB",
            behind(fresh, [helper.make_node(op, ["inner", "large"], ["prediction"])], large),
        )
    fill = [helper.make_node("ConstantOfShape", ["large"], ["wide"]), *plus("wide")]
    yield "80 GB made of a shape", behind(fresh, fill, large)
    tall, wide = constant(np.ones((10**5, 1)), "tall"), constant(np.ones((1, 10**5)), "wide")
    outer = [helper.make_node("Mul", ["tall", "wide"], ["c"]), *plus("c")]
    yield "80 GB made of two vectors", behind(fresh, outer, tall, wide)
    doubled = [helper.make_node("Concat", [f"t{i}"] * 2, [f"t{i + 1}"], axis=1) for i in range(40)]
    doubled.insert(0, helper.make_node("Identity", ["inner"], ["t0"]))
    yield (
        "doubled forty times",
        behind(fresh, [*doubled, helper.make_node("ArgMax", ["t40"], ["prediction"])]),
    )
    pieces = constant(np.zeros((1, 60_000), dtype=np.int64), "pieces")
    wide = [helper.make_node("Gather", ["inner", "pieces"], [f"w{i}"], axis=1) for i in range(60)]
    total = helper.make_node("Sum", [f"w{i}" for i in range(60)], ["w"])
    yield "sixty wide results", behind(fresh, [*wide, total, *plus("w")], pieces, constant(0.0))
    many = constant(np.zeros((1, 10**4, 1), dtype=np.int64), "many")
    gathers = [helper.make_node("Gather", [f"t{i}", "many"], [f"t{i + 1}"], axis=1) for i in range(3)]
    yield (
        "gathered again and again",
        behind(fresh, [doubled[0], *gathers, helper.make_node("Identity", ["t3"], ["prediction"])], many),
    )
    yield "a constant of 80 GB without data", behind(fresh, plus("c"), claiming([LARGE, 1]))
    yield "a constant of a negative size", behind(fresh, plus("c"), claiming([-1, 1]))
    yield "a constant of two negative sizes", behind(fresh, plus("c"), claiming([-1, -1]))
    yield "a constant of 2^126 elements", behind(fresh, plus("c"), claiming([2**62, 2**62, 4]))
    yield (
        "a constant with too little data",
        behind(fresh, plus("c"), TensorProto(name="c", dims=[2, 1], data_type=11, raw_data=b"1234")),
    )
    yield "texts without data", behind(fresh, plus("c"), claiming([LARGE], TensorProto.STRING))
    yield "a constant of a strange type", behind(fresh, plus("c"), claiming([1], 99))
    chain = [helper.make_node("Neg", [f"t{i}"], [f"t{i + 1}"]) for i in range(200_000)]
    yield (
        "200,000 operators",
        behind(fresh, [doubled[0], *chain, helper.make_node("Identity", ["t200000"], ["prediction"])]),
    )


def forms(fresh: Fresh) -> Named:
    """Yield models that violate no single rule."""
    far = constant(np.array([[10**9]], dtype=np.int64))
    yield (
        "an index that does not exist",
        behind(
            fresh,
            [
                helper.make_node("Gather", ["inner", "c"], ["wide"], axis=1),
                helper.make_node("Identity", ["inner"], ["prediction"]),
            ],
            far,
        ),
    )
    yield (
        "operators in a circle",
        behind(
            fresh,
            [
                helper.make_node("Add", ["inner", "b"], ["a"]),
                helper.make_node("Neg", ["a"], ["b"]),
                *plus("b"),
            ],
        ),
    )
    yield (
        "a name that two operators give",
        behind(
            fresh,
            [
                helper.make_node("Neg", ["inner"], ["a"]),
                helper.make_node("Neg", ["inner"], ["a"]),
                *plus("a"),
            ],
        ),
    )
    yield "a name that nobody gives", behind(fresh, plus("nothing"))
    yield "too few inputs", behind(fresh, [helper.make_node("Add", ["inner"], ["prediction"])])
    yield (
        "no input",
        behind(fresh, [helper.make_node("TreeEnsemble", [], ["prediction"], domain="ai.onnx.ml")]),
    )
    yield "texts that are added", behind(fresh, [helper.make_node("Add", ["s", "s"], ["prediction"])])
    yield "a cast to nothing", behind(fresh, [helper.make_node("Cast", ["inner"], ["prediction"], to=77)])
    model = fresh()
    model.ir_version = 9999
    yield "a version that is to come", model
    for number in (-1, 0, 3, 9999):
        model = fresh()
        model.opset_import[0].version = number
        yield f"operators of version {number}", model
    model = fresh()
    del model.opset_import[:]
    yield "operators of no version", model
    model = fresh()
    model.ClearField("graph")
    yield "no graph", model
    model = fresh()
    del model.graph.node[:]
    yield "no operators", model
