"""The operators that models consist of, each with the rule for the shape of its result.

Lowering writes only these operators, and a model file with any other operator is refused. Each operator takes time
and memory in proportion to its inputs and its result, and reads nothing else. None of them is a loop, a subgraph or
a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

ML = "ai.onnx.ml"

#: Sizes of dimensions. A text is the name of an unknown size.
Shape = tuple[int | str, ...]
Rule = Callable[[Sequence[Shape], Mapping[str, Any]], Shape]


class Misfit(Exception):
    """Inputs or attributes that do not fit together."""


def _first(inputs: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    return inputs[0]


def _broadcast(inputs: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    rank = max(map(len, inputs))
    padded = [(1,) * (rank - len(shape)) + shape for shape in inputs]
    result: list[int | str] = []
    for sizes in zip(*padded, strict=True):
        others = set(sizes) - {1}
        if len(others) > 1:
            raise Misfit
        result.append(others.pop() if others else 1)
    return tuple(result)


def _concat(inputs: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    axis = _axis(inputs[0], attributes["axis"])
    total = 0
    for shape in inputs:
        size = shape[axis] if len(shape) == len(inputs[0]) else None
        if not isinstance(size, int) or _without(shape, axis) != _without(inputs[0], axis):
            raise Misfit
        total += size
    return (*inputs[0][:axis], total, *inputs[0][axis + 1 :])


def _gather(inputs: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    data, places = inputs
    axis = _axis(data, attributes.get("axis", 0))
    return (*data[:axis], *places, *data[axis + 1 :])


def _arg_max(inputs: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    (data,) = inputs
    axis = _axis(data, attributes.get("axis", 0))
    kept = (1,) if attributes.get("keepdims", 1) else ()
    return (*data[:axis], *kept, *data[axis + 1 :])


def _tree_ensemble(inputs: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    rows, width = inputs[0]
    targets = attributes["n_targets"]
    if not isinstance(width, int) or not isinstance(targets, int) or targets < 1:
        raise Misfit
    return rows, targets


def _axis(shape: Shape, axis: Any) -> int:
    if not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        raise Misfit
    return axis % len(shape)


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


#: Operators with a boolean result.
BOOLEAN = frozenset(
    "IsNaN IsInf Equal Less LessOrEqual Greater GreaterOrEqual And Or Not Xor RegexFullMatch".split()
)
_RULES: dict[Rule, str] = {
    _first: "Abs Cast Ceil Clip CumSum Exp Floor Identity IsInf IsNaN Log Neg Not Reciprocal RegexFullMatch Round Softmax Sqrt",
    _broadcast: "Add And Div Equal Greater GreaterOrEqual Less LessOrEqual Mod Mul Or Pow StringConcat Sub Where Xor",
    _concat: "Concat",
    _gather: "Gather",
    _arg_max: "ArgMax",
}
#: By domain and name.
OPERATORS: dict[str, dict[str, Rule]] = {
    "": {op: rule for rule, names in _RULES.items() for op in names.split()},
    ML: {"LabelEncoder": _first, "TreeEnsemble": _tree_ensemble},
}


def shape_of(domain: str, op: str, inputs: Sequence[Shape], attributes: Mapping[str, Any]) -> Shape:
    """Return the shape of the result of an operator.

    Raises:
        Misfit: The inputs or attributes do not fit together.
    """
    try:
        return OPERATORS[domain][op](inputs, attributes)
    except (IndexError, KeyError, ValueError):
        raise Misfit from None
