"""The graph builder: no duplicate nodes, no dead nodes, no name clashes, and the same bytes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from mlbuild.lowering.checksum import KEY
from mlbuild.lowering.graph import IR_VERSION, MARKS, ML_OPSET, OPSET, RESERVED, Graph, Tensor
from mlbuild.lowering.operators import ML, OPERATORS


def run(graph: Graph, feed: dict[str, Any]) -> list[Any]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return list(ort.InferenceSession(graph.serialize({}), options).run(None, feed))


def model(graph: Graph, **metadata: str) -> Any:
    return onnx.load_from_string(graph.serialize(metadata))


def ops(graph: Graph) -> list[str]:
    return [node.op_type for node in model(graph).graph.node]


def column(*values: Any, dtype: str = "float64") -> Any:
    return np.array(values, dtype=dtype).reshape(-1, 1)


def doubled(graph: Graph, x: Tensor) -> Tensor:
    return graph.call("Mul", x, graph.constant(2.0))


def test_equal_calls_are_one_node() -> None:
    graph = Graph()
    x = graph.input("x", "double")
    assert doubled(graph, x) == doubled(graph, graph.input("x", "double"))
    graph.output("y", graph.call("Add", doubled(graph, x), doubled(graph, x)))
    assert ops(graph) == ["Mul", "Add"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"fmod": 1}, {"fmod": 0}),
        ({"alpha": 0.0}, {"alpha": -0.0}),
        ({"value": 1}, {"value": 1.0}),
        ({"keys": ["a", "b"]}, {"keys": ["ab"]}),
        ({"keys": [1, 2]}, {"keys": [2, 1]}),
        ({"t": np.array([0.0])}, {"t": np.array([-0.0])}),
        ({"t": np.array([1.0])}, {"t": np.array([[1.0]])}),
        ({"t": np.array([1.0])}, {"t": np.array([1.0], dtype="float32")}),
        ({"t": np.array(["a"], dtype=object)}, {"t": np.array(["b"], dtype=object)}),
        ({"pattern": "a"}, {}),
    ],
)
def test_other_attributes_are_another_node(one: dict[str, Any], other: dict[str, Any]) -> None:
    graph = Graph()
    x = graph.input("x", "double")
    assert graph.call("Neg", x, **one) != graph.call("Neg", x, **other)


@pytest.mark.parametrize(
    "attributes",
    [
        {"alpha": float("nan")},
        {"axes": [0, 1]},
        {"keys_tensor": np.array(["a", "é"], dtype=object)},
        {"values_tensor": np.array([1.0, np.nan])},
    ],
)
def test_equal_attributes_are_equal_by_content(attributes: dict[str, Any]) -> None:
    graph = Graph()
    x = graph.input("x", "double")
    # Strings that are built at run time are other objects than literals.
    texts = np.array(["".join(["", "a"]), "".join(["", "é"])], dtype=object)
    again: dict[str, Any] = {
        key: texts if key == "keys_tensor" else _copied(value) for key, value in attributes.items()
    }
    assert graph.call("Neg", x, **attributes) == graph.call("Neg", x, **again)


def _copied(value: Any) -> Any:
    return float("nan") if isinstance(value, float) else value.copy()


def test_constants_are_one_where_type_shape_and_bits_agree() -> None:
    graph = Graph()
    assert graph.constant(1) == graph.constant(1.0) == graph.constant(np.float64(1))
    assert graph.constant(float("nan")) == graph.constant(np.nan)
    different: list[Tensor] = [
        graph.constant(0.0),
        graph.constant(-0.0),
        graph.constant([0.0]),
        graph.constant(0, "int64"),
        graph.constant(False, "bool"),
        graph.constant(0.0, "float"),
        graph.constant("", "string"),
        graph.constant(["", ""], "string"),
        graph.constant(["a", "b"], "string"),
        graph.constant(["a\0" + "1:b"], "string"),
        graph.constant(["ab"], "string"),
    ]
    assert len(set(different)) == len(different)


def test_what_no_output_needs_is_left_out() -> None:
    graph = Graph()
    x = graph.input("x", "double")
    graph.call("Exp", doubled(graph, x))
    graph.constant([1.0, 2.0, 3.0])
    graph.output("y", graph.call("Neg", x))
    made = model(graph).graph
    assert [node.op_type for node in made.node] == ["Neg"]
    assert list(made.initializer) == []


def test_dead_parts_leave_no_trace_in_the_bytes() -> None:
    def build(with_dead_parts: bool) -> bytes:
        graph = Graph()
        x = graph.input("x", "double")
        if with_dead_parts:
            graph.call("Add", graph.call("Exp", x), graph.constant(5.0))
        graph.output("y", doubled(graph, x))
        return graph.serialize({})

    assert build(True) == build(False)


def test_an_input_stays_in_the_signature_even_when_nothing_reads_it() -> None:
    graph = Graph()
    graph.input("unused", "string")
    graph.output("y", doubled(graph, graph.input("x", "double")))
    assert [tensor.name for tensor in model(graph).graph.input] == ["unused", "x"]


@pytest.mark.parametrize(
    "name", ["c0", "n0.0", "0", "N", "mlbuild", "a b", "größe", "x'\"/\\", "out_y", "Identity"]
)
def test_a_column_may_be_called_anything(name: str) -> None:
    graph = Graph()
    x = graph.input(name, "double")
    graph.output("y", graph.call("Add", doubled(graph, x), graph.constant(1.0)))
    (y,) = run(graph, {name: column(1.5)})
    assert y.tolist() == [[4.0]]


def test_internal_names_are_counted_under_the_reserved_prefix() -> None:
    graph = Graph()
    x = graph.input("c0", "double")
    first = doubled(graph, x)
    graph.output("y", graph.call("Add", first, graph.input("n0.0", "double")))
    made = model(graph).graph
    internal = {name for node in made.node for name in (*node.input, *node.output)} - {"c0", "n0.0", "y"}
    assert internal == {f"{RESERVED}{number}" for number in range(2)}


def test_what_computes_an_output_has_its_name() -> None:
    """Only an input, a constant, and a tensor that is an output already need a node for the name."""
    graph = Graph()
    x = graph.input("x", "double")
    twice = doubled(graph, x)
    graph.output("a", twice)
    graph.output("b", twice)
    graph.output("c", x)
    graph.output("d", graph.call("Neg", twice))
    made = [(node.op_type, *node.output) for node in model(graph).graph.node]
    assert made == [("Mul", "a"), ("Neg", "d"), ("Identity", "b"), ("Identity", "c")]
    assert [values.ravel().tolist() for values in run(graph, {"x": column(1.5)})] == [
        [3.0],
        [3.0],
        [1.5],
        [-3.0],
    ]


def test_bytes_are_the_same_whatever_the_process() -> None:
    script = (
        "import hashlib, numpy as np\n"
        "from mlbuild.lowering.graph import Graph\nfrom mlbuild.lowering.operators import ML\n"
        "graph = Graph()\n"
        "s = graph.input('s', 'string')\n"
        "for _ in range(2):\n"
        "    keys = np.array(['ab'[:1] + str(n) for n in range(20)], dtype=object)\n"
        "    code = graph.call('LabelEncoder', s, element='double', domain=ML, keys_tensor=keys,\n"
        "        values_tensor=np.arange(20.0), default_tensor=np.array([np.nan]))\n"
        "graph.output('y', code)\n"
        "print(hashlib.sha256(graph.serialize({'b': '1', 'a': '2'})).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(digests) == 1


def test_the_model_says_its_versions_and_metadata_in_order() -> None:
    graph = Graph()
    graph.output("y", doubled(graph, graph.input("x", "double")))
    made = model(graph, b="1", a="2")
    assert made.ir_version == IR_VERSION
    assert {entry.domain: entry.version for entry in made.opset_import} == {"": OPSET, ML: ML_OPSET}
    keys = [entry.key for entry in made.metadata_props]
    assert keys == [*sorted({"a", "b", MARKS}), KEY]
    assert made.producer_name == "mlbuild"


def test_text_constants_of_any_shape() -> None:
    graph = Graph()
    s = graph.input("s", "string")
    graph.output("is_ete", graph.call("Equal", s, graph.constant("été", "string")))
    graph.output("any", graph.call("Equal", s, graph.constant([["a", "", "日本"]], "string")), width=3)
    one, any_ = run(graph, {"s": column("été", "", "日本", dtype="object")})
    assert one.tolist() == [[True], [False], [False]]
    assert any_.tolist() == [[False, False, False], [False, True, False], [False, False, True]]


def test_marked_tensors_are_named_in_the_metadata() -> None:
    graph = Graph()
    x = graph.input("x", "double")
    twice, dead = doubled(graph, x), graph.call("Exp", x)
    graph.output("y", graph.call("Neg", twice))
    made = onnx.load_from_string(graph.serialize({}, {"twice": twice, "raw": x, "dead": dead}))
    entry, _ = made.metadata_props
    assert json.loads(entry.value) == {"twice": [made.graph.node[0].output[0], None], "raw": ["x", None]}


def test_several_outputs_of_one_node_and_of_one_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATORS, "", OPERATORS[""] | {"Split": OPERATORS[""]["Neg"]})
    graph = Graph()
    x = graph.input("x", "double")
    pair = graph.call("Concat", x, doubled(graph, x), axis=1)
    left, right = graph.calls("Split", pair, elements=("double", "double"), axis=1, num_outputs=2)
    graph.output("right", right)
    graph.output("again", right)
    graph.output("same", x)
    results = run(graph, {"x": column(1.0, 2.0)})
    assert [result.ravel().tolist() for result in results] == [[2.0, 4.0], [2.0, 4.0], [1.0, 2.0]]
    assert left != right


def test_an_operator_that_no_reader_accepts_is_not_written() -> None:
    graph = Graph()
    with pytest.raises(ValueError, match="'Loop' is missing in OPERATORS"):
        graph.call("Loop", graph.input("x", "double"))


def test_an_optional_input_can_be_left_out() -> None:
    graph = Graph()
    x = graph.input("x", "double")
    graph.output("y", graph.call("Clip", x, None, graph.constant(2.0), element="double"))
    (y,) = run(graph, {"x": column(-5.0, 5.0)})
    assert y.ravel().tolist() == [-5.0, 2.0]


def test_no_rows() -> None:
    graph = Graph()
    x, s = graph.input("x", "double"), graph.input("s", "string")
    graph.output(
        "y", graph.call("Where", graph.call("Equal", s, graph.constant("a", "string")), x, doubled(graph, x))
    )
    (y,) = run(graph, {"x": column(), "s": column(dtype="object")})
    assert y.shape == (0, 1)


@pytest.mark.parametrize(
    ("op", "constant"),
    [
        ("Mul", 1 + 1e-10),
        ("Mul", [[1 - 1e-9]]),
        ("Div", 1 + 1e-10),
        ("Add", 1e-46),
        ("Sub", -1e-60),
        ("Mul", 1.0),
        ("Add", 0.0),
        ("Mul", 1.5),
    ],
)
@pytest.mark.parametrize("width", [1, 3])
def test_constants_near_neutral_ones_have_their_effect(op: str, constant: Any, width: int) -> None:
    """The optimizer of onnxruntime treats 1.0000000001 as 1."""
    graph = Graph()
    columns = [graph.input(f"x{index}", "double") for index in range(width)]
    wide = columns[0] if width == 1 else graph.call("Concat", *columns, axis=1)
    shifted = graph.call("Sub", wide, graph.constant(0.25))
    graph.output("y", graph.call("Abs", graph.call(op, shifted, graph.constant(constant))), width)
    values = np.array([[0.25], [3.25], [-7.1]])
    (found,) = run(graph, {f"x{index}": values for index in range(width)})
    numpy_op: Any = {"Mul": np.multiply, "Div": np.divide, "Add": np.add, "Sub": np.subtract}[op]
    np.testing.assert_array_equal(found, np.abs(numpy_op(np.repeat(values, width, axis=1) - 0.25, constant)))


@pytest.mark.parametrize("one", [1.0, [[1.0]], 1 + 1e-10])
@pytest.mark.parametrize("same", [False, True])
def test_a_product_with_a_reciprocal_is_rounded_twice(one: Any, same: bool) -> None:
    """onnxruntime computes y / x as (1 / x) * y, and makes an invalid graph if y is x."""
    graph = Graph()
    x, y = graph.input("x", "double"), graph.input("y", "double")
    reciprocal = graph.call("Div", graph.constant(one), doubled(graph, x))
    other = graph.call("Add", doubled(graph, x) if same else y, graph.constant(0.0))
    graph.output("z", graph.call("Mul", other, reciprocal))
    values = np.random.default_rng(0).normal(size=(2, 100, 1))
    (found,) = run(graph, {"x": values[0], "y": values[1]})
    twice = values[0] * 2
    np.testing.assert_array_equal(found, (twice if same else values[1]) * (np.reshape(one, ()) / twice))
