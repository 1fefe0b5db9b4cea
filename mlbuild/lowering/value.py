"""A column inside the graph: its dtype, its tensor, and how missing values are represented."""

from __future__ import annotations

from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor

#: A missing date or datetime, in microseconds: numpy's NaT.
NAT = -(2**63)

#: The element type of an artifact input. It depends only on the declared dtype of the column.
ELEMENTS = {
    "bool": "double",
    "int": "double",
    "float": "double",
    "string": "string",
    "date": "int64",
    "datetime": "int64",
    "category": "double",
    "vector": "double",
}


@frozen(slots=True)
class Value:
    """A column of the graph, shape [N, 1] (a vector: [N, width]).

    bool, int, float and category are doubles in which NaN is missing; a category is its code, from 1. date and
    datetime are int64 microseconds since 1970 (a date: at midnight) in which `NAT` is missing. A string has a
    boolean tensor `absent` that is true where it is missing, or None if it is never missing; where `absent` is
    true, the text is `token`, or arbitrary if `token` is None.
    """

    dtype: str
    tensor: Tensor
    absent: Tensor | None = None
    token: str | None = None

    def missing(self, graph: Graph) -> Tensor:
        """Return a boolean tensor, [N, 1] (a vector: [N, width]), that is true where the value is missing."""
        if self.dtype == "string":
            if self.absent is not None:
                return self.absent
            return graph.call("Not", graph.call("Equal", self.tensor, self.tensor))
        if self.tensor.element == "int64":
            return graph.call("Equal", self.tensor, graph.constant(NAT, "int64"))
        return graph.call("IsNaN", self.tensor)


def input_value(graph: Graph, name: str, dtype: str, null_token: str | None = "") -> Value:
    """Create the artifact input of a raw column.

    A string equal to `null_token` is missing (None: never missing).
    """
    tensor = graph.input(name, ELEMENTS[dtype])
    if dtype == "string" and null_token is not None:
        absent = graph.call("Equal", tensor, graph.constant(null_token, "string"))
        return Value(dtype, tensor, absent, null_token)
    return Value(dtype, tensor)
