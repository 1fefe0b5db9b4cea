"""The check of models that somebody else made."""

from __future__ import annotations

from itertools import pairwise

from onnx import TensorProto, helper

from mlbuild.lowering.foreign import inspect
from tests.growth import assert_linear


def chain(length: int) -> bytes:
    """Return a model with this number of operators in a chain, each valid."""
    names = ["x", *(f"t{number}" for number in range(1, length)), "y"]
    nodes = [helper.make_node("Neg", [before], [after]) for before, after in pairwise(names)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 1]) for name in ("x", "y")]
    return bytes(helper.make_model(helper.make_graph(nodes, "chain", ends[:1], ends[1:])).SerializeToString())


def test_the_time_is_proportional_to_the_number_of_operators() -> None:
    contents = {length: chain(length) for length in (2_000, 8_000)}
    assert inspect(contents[2_000]).inputs.keys() == {"x"}
    assert_linear(lambda length: inspect(contents[length]), 8_000)
