"""Columns during a computation, with one class for each way in which ONNX represents values and missing values.

Every class can tell which values are missing, choose between two columns, and compare. They work with any
`Algebra`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from mlbuild.frozen import frozen
from mlbuild.lowering.operators import ML
from mlbuild.lowering.value import NAT

T = TypeVar("T")
NAN = float("nan")
#: `a < b` is false if `b <= a` is true. Both are false if one of them is NaN.
_REVERSED = {"Less": "LessOrEqual", "LessOrEqual": "Less"}


class Algebra(Protocol[T]):
    """The operations that an expression is computed with: ONNX operators, run in a graph, on rows or on single values.

    The meaning of an expression is written once, in terms of this interface. `lowering.graph.Graph` emits the
    operators, `rows.Arrays` runs them on whole columns, and `constants.Scalars` on literals.
    """

    def constant(self, value: Any, element: str = "double") -> T:
        """Create a constant; `element` is `double`, `int64`, `string` or `bool`."""

    def call(self, op: str, *inputs: T, element: str | None = None, domain: str = "", **attributes: Any) -> T:
        """Run one ONNX operator with one output."""


@frozen(slots=True)
class TruthOperand(Generic[T]):
    """A bool as two masks: where it is true and where it is false.

    Elsewhere it is missing (Kleene's three-valued logic).
    """

    on: Algebra[T]
    yes: T
    no: T

    def missing(self) -> T:
        return self.on.call("Not", self.on.call("Or", self.yes, self.no))

    def choose(self, condition: T, other: TruthOperand[T]) -> TruthOperand[T]:
        """Return this value where `condition` is true, and `other` elsewhere.

        ONNX's Where does not accept booleans.
        """
        call = self.on.call
        otherwise = call("Not", condition)

        def pick(mine: T, theirs: T) -> T:
            return call("Or", call("And", condition, mine), call("And", otherwise, theirs))

        return TruthOperand(self.on, pick(self.yes, other.yes), pick(self.no, other.no))

    def equals(self, other: TruthOperand[T]) -> TruthOperand[T]:
        call = self.on.call
        same = call("Or", call("And", self.yes, other.yes), call("And", self.no, other.no))
        differ = call("Or", call("And", self.yes, other.no), call("And", self.no, other.yes))
        return TruthOperand(self.on, same, differ)

    def negated(self) -> TruthOperand[T]:
        return TruthOperand(self.on, self.no, self.yes)

    def both(self, other: TruthOperand[T]) -> TruthOperand[T]:
        call = self.on.call
        return TruthOperand(self.on, call("And", self.yes, other.yes), call("Or", self.no, other.no))

    def either(self, other: TruthOperand[T]) -> TruthOperand[T]:
        call = self.on.call
        return TruthOperand(self.on, call("Or", self.yes, other.yes), call("And", self.no, other.no))

    def is_true(self) -> TruthOperand[T]:
        return TruthOperand(self.on, self.yes, self.on.call("Not", self.yes))

    def number(self) -> NumberOperand[T]:
        """Convert to 1, 0 or missing."""
        one, zero, nan = (self.on.constant(value) for value in (1.0, 0.0, NAN))
        known = self.on.call("Where", self.no, zero, nan)
        return NumberOperand(self.on, self.on.call("Where", self.yes, one, known))

    def parts(self) -> tuple[T, T | None]:
        return self.number().parts()


@frozen(slots=True)
class NumberOperand(Generic[T]):
    """A float64; NaN is missing."""

    on: Algebra[T]
    tensor: T

    def missing(self) -> T:
        return self.on.call("IsNaN", self.tensor)

    def choose(self, condition: T, other: NumberOperand[T]) -> NumberOperand[T]:
        return NumberOperand(self.on, self.on.call("Where", condition, self.tensor, other.tensor))

    def unless(self, condition: T) -> NumberOperand[T]:
        """Make the value missing where `condition` is true."""
        return NumberOperand(self.on, self.on.call("Where", condition, self.on.constant(NAN), self.tensor))

    def equals(self, other: NumberOperand[T]) -> TruthOperand[T]:
        call, mine, theirs = self.on.call, self.tensor, other.tensor
        differ = call("Or", call("Less", mine, theirs), call("Less", theirs, mine))
        return TruthOperand(self.on, call("Equal", mine, theirs), differ)

    def before(self, other: NumberOperand[T], op: str) -> TruthOperand[T]:
        """Compare; `op` is `Less` or `LessOrEqual`."""
        call, mine, theirs = self.on.call, self.tensor, other.tensor
        return TruthOperand(self.on, call(op, mine, theirs), call(_REVERSED[op], theirs, mine))

    def among(self, values: Sequence[float]) -> TruthOperand[T]:
        return _settled(self.on, _found(self.on, self.tensor, values, "float64"), self.missing())

    def apply(self, op: str, *others: NumberOperand[T], **attributes: Any) -> NumberOperand[T]:
        """Apply an arithmetic operator. If an operand is missing, the result is missing."""
        return NumberOperand(
            self.on, self.on.call(op, self.tensor, *(item.tensor for item in others), **attributes)
        )

    def parts(self) -> tuple[T, T | None]:
        return self.tensor, None


@frozen(slots=True)
class MomentOperand(Generic[T]):
    """A date or datetime in microseconds as int64. `NAT`, the smallest int64, is missing."""

    on: Algebra[T]
    tensor: T

    def missing(self) -> T:
        return self.on.call("Equal", self.tensor, self.on.constant(NAT, "int64"))

    def choose(self, condition: T, other: MomentOperand[T]) -> MomentOperand[T]:
        return MomentOperand(self.on, self.on.call("Where", condition, self.tensor, other.tensor))

    def equals(self, other: MomentOperand[T]) -> TruthOperand[T]:
        call = self.on.call
        same = call("Equal", self.tensor, other.tensor)
        missing = call("Or", self.missing(), other.missing())
        return _settled(self.on, call("And", same, call("Not", missing)), missing)

    def before(self, other: MomentOperand[T], op: str) -> TruthOperand[T]:
        """Compare; `op` is `Less` or `LessOrEqual`.

        Nothing is less than `NAT`, so only the smaller side is checked for it.
        """
        return TruthOperand(self.on, self._surely(op, other), other._surely(_REVERSED[op], self))

    def _surely(self, op: str, other: MomentOperand[T]) -> T:
        before = self.on.call(op, self.tensor, other.tensor)
        return self.on.call("And", before, self.on.call("Not", self.missing()))

    def among(self, values: Sequence[int]) -> TruthOperand[T]:
        return _settled(self.on, _found(self.on, self.tensor, values, "int64"), self.missing())

    def days(self) -> NumberOperand[T]:
        """Return the number of days since 1970-01-01."""
        day = self.on.call("Div", self.tensor, self.on.constant(86_400_000_000, "int64"))
        number = NumberOperand(self.on, self.on.call("Cast", day, element="double", to=11))
        return number.unless(self.missing())

    def parts(self) -> tuple[T, T | None]:
        return self.tensor, None


@frozen(slots=True)
class TextOperand(Generic[T]):
    """A string. `absent` is true where it is missing, or None if it is never missing."""

    on: Algebra[T]
    tensor: T
    absent: T | None

    def missing(self) -> T:
        if self.absent is not None:
            return self.absent
        return self.on.call("Not", self.on.call("Equal", self.tensor, self.tensor))

    def choose(self, condition: T, other: TextOperand[T]) -> TextOperand[T]:
        call = self.on.call
        tensor = call("Where", condition, self.tensor, other.tensor)
        mine = None if self.absent is None else call("And", condition, self.absent)
        theirs = None if other.absent is None else call("And", call("Not", condition), other.absent)
        return TextOperand(self.on, tensor, _either(self.on, mine, theirs))

    def equals(self, other: TextOperand[T]) -> TruthOperand[T]:
        same = self.on.call("Equal", self.tensor, other.tensor)
        return self._where_present(same, _either(self.on, self.absent, other.absent))

    def among(self, values: Sequence[str]) -> TruthOperand[T]:
        return self._where_present(_found(self.on, self.tensor, values, "object"), self.absent)

    def matches(self, pattern: str) -> TruthOperand[T]:
        """Whether the whole text matches a regular expression."""
        return self._where_present(self.on.call("RegexFullMatch", self.tensor, pattern=pattern), self.absent)

    def present(self) -> TextOperand[T]:
        """Return the empty text where the text is missing."""
        if self.absent is None:
            return self
        empty = self.on.constant("", "string")
        return TextOperand(self.on, self.on.call("Where", self.absent, empty, self.tensor), None)

    def joined(self, other: TextOperand[T]) -> TextOperand[T]:
        """Return this text followed by another. If one is missing, the result is missing."""
        tensor = self.on.call("StringConcat", self.tensor, other.tensor)
        return TextOperand(self.on, tensor, _either(self.on, self.absent, other.absent))

    def _where_present(self, holds: T, absent: T | None) -> TruthOperand[T]:
        call = self.on.call
        if absent is None:
            return TruthOperand(self.on, holds, call("Not", holds))
        return _settled(self.on, call("And", holds, call("Not", absent)), absent)

    def parts(self) -> tuple[T, T | None]:
        return self.tensor, self.absent


Operand = TruthOperand[T] | NumberOperand[T] | MomentOperand[T] | TextOperand[T]


def hold(on: Algebra[T], dtype: str, tensor: T, absent: T | None) -> Operand[T]:
    """Create a column from the fields of `lowering.value.Value`."""
    if dtype == "bool":
        equal = [on.call("Equal", tensor, on.constant(value)) for value in (1.0, 0.0)]
        return TruthOperand(on, *equal)
    if dtype == "string":
        return TextOperand(on, tensor, absent)
    return MomentOperand(on, tensor) if dtype in ("date", "datetime") else NumberOperand(on, tensor)


def hold_literal(on: Algebra[T], dtype: str, value: Any) -> Operand[T]:
    """Create a literal; None is missing."""
    if dtype == "bool":
        yes, no = (on.constant(value is side, "bool") for side in (True, False))
        return TruthOperand(on, yes, no)
    if dtype == "string":
        absent = on.constant(True, "bool") if value is None else None
        return TextOperand(on, on.constant(value or "", "string"), absent)
    if dtype in ("date", "datetime"):
        return MomentOperand(on, on.constant(NAT if value is None else value, "int64"))
    return NumberOperand(on, on.constant(NAN if value is None else value))


def _either(on: Algebra[T], one: T | None, other: T | None) -> T | None:
    if one is None or other is None:
        return other if one is None else one
    return on.call("Or", one, other)


def _settled(on: Algebra[T], yes: T, missing: T) -> TruthOperand[T]:
    """Create a bool: what is neither true nor missing is false."""
    return TruthOperand(on, yes, on.call("Not", on.call("Or", yes, missing)))


def _found(on: Algebra[T], tensor: T, values: Sequence[Any], dtype: str) -> T:
    """Test membership of a tensor in `values` with one lookup, however long the list is."""
    import numpy as np

    code = on.call(
        "LabelEncoder",
        tensor,
        element="int64",
        domain=ML,
        keys_tensor=np.array(values, dtype=dtype),
        values_tensor=np.ones(len(values), dtype="int64"),
        default_tensor=np.zeros(1, dtype="int64"),
    )
    return on.call("Equal", code, on.constant(1, "int64"))
