"""Puts columns side by side, and computes columns that come from the same operators as one block.

onnxruntime takes longer to load thousands of nodes that each compute one column than to run one that computes all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from mlbuild.lowering.graph import Graph, Tensor

#: Operators whose result for a number is exact, and therefore does not depend on the numbers next to it.
_EXACT = frozenset(
    "Abs Add And Cast Div Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Mul Neg Not Or Sub Where".split()
)


def joined(graph: Graph, columns: Sequence[Tensor]) -> Tensor:
    """Return columns side by side: [N, sum of their widths].

    Nothing else in the graph should use the columns: those in a block would be computed twice.
    """
    return _Joining(graph, columns).whole()


class _Joining:
    def __init__(self, graph: Graph, columns: Sequence[Tensor]) -> None:
        self._graph, self._columns = graph, columns
        self._kinds: dict[str, int | None] = {}
        self._numbers: dict[object, int] = {}

    def whole(self) -> Tensor:
        parts = [*self._parts()]
        return parts[0] if len(parts) == 1 else self._graph.call("Concat", *parts, axis=1)

    def _parts(self) -> Iterator[Tensor]:
        """Yield blocks for columns of one kind, and single columns."""
        uses = Counter(column.name for column in self._columns)

        def kind(column: Tensor) -> int | None:
            # The place of a column that is used twice would be ambiguous.
            computed = self._graph.node_of(column) is not None and uses[column.name] == 1
            return self._kind(column) if computed else None

        for one, run in groupby(self._columns, kind):
            columns = [*run]
            if one is None or not self._worth_it(columns):
                yield from columns
            else:
                block = self._block(columns)
                self._graph.move(columns, block)
                yield block

    def _worth_it(self, columns: Sequence[Tensor]) -> bool:
        """Whether a block has fewer nodes than its columns: one for each operator, and one that joins the inputs."""
        return (len(columns) - 1) * len(self._nodes(columns[0])) > 1

    def _nodes(self, tensor: Tensor) -> set[str]:
        """Return the nodes that compute a column from graph inputs, by the names of their results."""
        found: set[str] = set()
        left = [tensor]
        while left:
            one = left.pop()
            node = self._graph.node_of(one)
            if node is not None and one.name not in found:
                found.add(one.name)
                left += [part for part in node.inputs if part is not None]
        return found

    def _kind(self, tensor: Tensor) -> int | None:
        """Return a number for how a column is computed from graph inputs: with which operators, but not with which
        constants.

        None if it cannot be part of a block.
        """
        if tensor.name not in self._kinds:
            description = self._describe(tensor)
            self._kinds[tensor.name] = (
                None if description is None else self._numbers.setdefault(description, len(self._numbers))
            )
        return self._kinds[tensor.name]

    def _describe(self, tensor: Tensor) -> object | None:
        if tensor.element == "string":
            return None
        array, node = self._graph.array_of(tensor), self._graph.node_of(tensor)
        if array is not None:
            return ("constant", tensor.element) if array.size == 1 and array.ndim <= 2 else None
        if node is None:
            return ("input", tensor.element)
        inputs = [one for one in node.inputs if one is not None]
        if (
            node.domain
            or node.op not in _EXACT
            or all(self._graph.array_of(one) is not None for one in inputs)
        ):
            return None
        kinds = tuple(map(self._kind, inputs))
        return None if None in kinds else (node.op, tensor.element, node.attributes, kinds)

    def _block(self, tensors: Sequence[Tensor]) -> Tensor:
        """Return tensors of one kind side by side."""
        import numpy as np

        first = tensors[0]
        arrays = [self._graph.array_of(tensor) for tensor in tensors]
        if arrays[0] is not None:
            if all(tensor == first for tensor in tensors):
                return first
            return self._graph.constant(np.concatenate(arrays, axis=None).reshape(1, -1), first.element)
        nodes = [node for tensor in tensors if (node := self._graph.node_of(tensor))]
        if not nodes:
            return self._graph.call("Concat", *tensors, axis=1)
        inputs = map(self._block, zip(*(node.inputs for node in nodes), strict=True))
        return self._graph.call(nodes[0].op, *inputs, element=first.element, **dict(nodes[0].attributes))
