"""Compares the outputs of a model file with those of the trained pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from mlbuild.frozen import frozen
from mlbuild.params import Json

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: What is compared: a column between preprocessing and learner; an output of numbers, such as scores; or an output
#: of other values, such as classes, which must be identical.
Of = Literal["features", "numbers", "values"]

#: The tolerance of outputs that are numbers: |a - b| <= SCORE * max(1, |b|).
SCORE = 1e-9


@frozen
class Compared:
    """One comparison: the number of rows, the largest difference, the number of rows that differ too much, and the
    first of them.
    """

    of: Of
    what: str
    rows: int
    largest: float
    wrong: int
    first: int | None = None
    column: str | None = None

    def plus(self, other: Compared) -> Compared:
        """Add the comparison of the following rows to this one."""
        first = self.first if self.wrong else None if other.first is None else self.rows + other.first
        largest = max(self.largest, other.largest)
        return replace(
            self, rows=self.rows + other.rows, largest=largest, wrong=self.wrong + other.wrong, first=first
        )

    def to_json(self) -> Json:
        told: Json = {"what": self.what} | ({"column": self.column} if self.column else {})
        told |= {"rows": self.rows, "max_difference": self.largest}
        return told | ({"mismatches": self.wrong, "first_row": self.first} if self.wrong else {})


def compare_output(what: str, got: Array, wanted: Array) -> Compared:
    """Compare an output of the artifact with the native one: numbers within the tolerance of scores, other values
    exactly.
    """
    import numpy as np

    if holds_numbers(wanted):
        return compare("numbers", what, got, wanted, SCORE * np.maximum(1.0, np.abs(np.nan_to_num(wanted))))
    if got.shape != wanted.shape:
        return _misshapen("values", what, wanted)
    return _of_rows("values", what, (got != wanted).any(axis=1), float((got != wanted).any()))


def holds_numbers(array: Array) -> bool:
    return bool(array.dtype.kind == "f")


def compare(
    of: Of, what: str, got: Array, wanted: Array, bound: Array, column: str | None = None
) -> Compared:
    """Compare values. Equal values, NaN with NaN, and equal infinities pass; other values must be within `bound`."""
    import numpy as np

    if got.shape != wanted.shape:
        return _misshapen(of, what, wanted, column)
    with np.errstate(invalid="ignore"):
        difference = np.abs(got - wanted)
    difference[(got == wanted) | (np.isnan(got) & np.isnan(wanted))] = 0.0
    difference[np.isnan(difference)] = np.inf
    largest = float(difference.max(initial=0.0))
    return _of_rows(of, what, (difference > bound).any(axis=1), largest, column)


def _of_rows(of: Of, what: str, differs: Array, largest: float, column: str | None = None) -> Compared:
    """Create a comparison from the rows that differ too much."""
    wrong = differs.nonzero()[0]
    first = int(wrong[0]) if wrong.size else None
    return Compared(of, what, len(differs), largest, wrong.size, first, column)


def _misshapen(of: Of, what: str, wanted: Array, column: str | None = None) -> Compared:
    return Compared(of, what, len(wanted), float("inf"), max(len(wanted), 1), 0, column)
