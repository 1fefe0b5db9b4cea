"""Chooses what each column of a draft is for: a feature, the key of a group of rows, or nothing yet, with the
reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlbuild.data.contracts import Column
from mlbuild.data.evidence.spellings import unread_form
from mlbuild.data.evidence.words import says_code, says_key
from mlbuild.data.inference import Inferred
from mlbuild.data.rules.unique import Unique
from mlbuild.data.splits.split import TEST, TRAIN
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.drafts.division import Division
from mlbuild.drafts.goal import Goal
from mlbuild.drafts.groups import Group
from mlbuild.drafts.suspects import suspects
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import RESERVED
from mlbuild.ops.date_parts import CLOCK_PARTS

if TYPE_CHECKING:
    import polars as pl

#: A text column is not a category if its values occur in fewer rows than this on average, or if it has more values.
_FEWEST_ROWS, _MOST_VALUES = 4, 1000
#: A part of a date is useful if at least this fraction of test rows has a value that occurs in training.
_MET_AGAIN = 0.5
#: The parts of a date or datetime that can be informative, from coarse to fine.
_PARTS = ("year", "month", "day", "weekday", "hour", "minute")


@frozen
class Roles:
    """The roles of the columns.

    These are the features in the order of the file; the reasons why some of them may give the target away, and why
    other columns are not features; the parts to make from each date and datetime; and the features whose numbers are
    names of categories.
    """

    features: tuple[str, ...]
    suspects: Mapping[str, str]
    left_out: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    codes: Sequence[str]


def choose_roles(inferred: Inferred, goal: Goal, division: Division, groups: Sequence[Group]) -> Roles:
    """Choose the roles of all columns except the target.

    Raises:
        Rejected: There is no column left to learn from.
    """
    examiner = _ColumnExaminer(inferred, goal, division, groups)
    features, left_out = [], dict(inferred.refused)
    for name, column in inferred.columns.items():
        if name == goal.name:
            continue
        why = examiner.objection(name, column)
        if why is None:
            features.append(name)
        else:
            left_out[name] = why
    if not features:
        told = "; ".join(f"'{name}' {why}" for name, why in left_out.items())
        raise Rejected(
            Problem(
                "empty-selection", "no column is left as a feature", help=told or "there is no other column"
            )
        )
    parts = {name: examiner.parts[name] for name in features if name in examiner.parts}
    codes = [name for name in features if name in examiner.codes]
    return Roles(tuple(features), suspects(goal, features), left_out, parts, codes)


class _ColumnExaminer:
    """Examines one column after the other."""

    def __init__(self, inferred: Inferred, goal: Goal, division: Division, groups: Sequence[Group]) -> None:
        self.goal, self.rows, self.taken = goal, goal.rows, frozenset(goal.rows.columns)
        self.doubts, self.every = inferred.doubts, inferred.rows
        self.by_time = division.parts if division.by_time else None
        self.groups = {one.name for one in groups}
        self.time = division.time
        self.divider = getattr(division.split, "column", None) if not division.by_time else None
        self.parts: dict[str, tuple[str, ...]] = {}
        self.codes: set[str] = set()

    def objection(self, name: str, column: Column) -> str | None:
        """Return the reason why a column is not a feature, if there is one."""
        values = self.rows[name].drop_nulls()
        distinct = values.n_unique()
        if distinct <= 1:
            return self._constant(name) if distinct else "is missing in all rows with a target"
        if name in self.goal.answer.names() or name.startswith(RESERVED):
            return "has the name of an output of the artifact; rename it in the data to use it"
        unique = column.rule(Unique).unique or (
            column.dtype == "float" and distinct == len(values) and _is_float_key(name, values)
        )
        if unique and name not in self.time:
            return "is different in every row, so it says nothing about new rows"
        if name == self.divider:
            return "assigns each row to a part"
        if name in self.groups and self.by_time is None:
            return "only identifies groups of rows, so it says nothing about new groups"
        if self._answers(name, column, distinct):
            return f"gives the target away: each of its values corresponds to one value of '{self.goal.name}'"
        if column.dtype == "float" and _is_float_key(name, values):
            return "is an identifier, so its numbers have no meaning"
        named = (says_code(name) or says_key(name)) and distinct > 2
        if column.dtype == "int" and name not in self.time and (name in self.groups or named):
            self.codes.add(name)
            return self._unusable_category(values, distinct, "has numeric codes with few repeated values")
        return self._unusable(name, column, values, distinct)

    def _constant(self, name: str) -> str:
        """Describe a column with one value in the rows with a target. It can have others in rows that are left out."""
        everywhere = self.every[name].drop_nulls().n_unique() == 1
        return f"has the same value in all rows{'' if everywhere else ' with a target'}"

    def _answers(self, name: str, column: Column, distinct: int) -> bool:
        import polars as pl

        target, values = self.rows[self.goal.name], self.rows[name]
        if self.goal.classes:
            # A separate frame, because the cost grows with the number of columns in the frame.
            pairs = pl.DataFrame([values, target]).n_unique()
            return not values.null_count() and distinct == self.goal.classes == pairs
        numeric = column.dtype in ("int", "float") and not values.null_count()
        return numeric and bool((values.cast(target.dtype, strict=False) == target).all())

    def _unusable(self, name: str, column: Column, values: pl.Series, distinct: int) -> str | None:
        if column.dtype == "string":
            return self._unusable_text(name, values, distinct)
        if column.dtype in ("date", "datetime"):
            return self._unusable_moment(name, values)
        if column.dtype == "int" and ((values > 2**53) | (values < -(2**53))).any():
            return "has integers beyond 2^53, which a float64 cannot represent exactly"
        return None

    def _unusable_text(self, name: str, values: pl.Series, distinct: int) -> str | None:
        form = unread_form(values)
        if name in self.doubts:
            return self.doubts[name]
        if form is not None:
            return f"has {form}: '{values[0]}'"
        return self._unusable_category(values, distinct, "is text with few repeated values")

    def _unusable_category(self, values: pl.Series, distinct: int, few: str) -> str | None:
        if len(values) / distinct < _FEWEST_ROWS:
            return f"{few}: {distinct:,} distinct values in {len(values):,} rows"
        if distinct > _MOST_VALUES:
            return f"has {distinct:,} distinct values, and new rows may have others"
        return None

    def _unusable_moment(self, name: str, values: pl.Series) -> str | None:
        """A date is used through its parts.

        Useful are those that differ between rows and whose values occur again.
        """
        parts = tuple(
            part for part in _PARTS if f"{name}_{part}" not in self.taken and self._tells(part, name, values)
        )
        self.parts[name] = parts
        return None if parts else "has no date part with repeated values"

    def _tells(self, part: str, name: str, values: pl.Series) -> bool:
        import polars as pl

        if part in CLOCK_PARTS and values.dtype == pl.Date:
            return False
        # If all days are the same, they stand for months or years, and weekdays carry no information.
        differs = "day" if part == "weekday" else part
        if getattr(values.dt, differs)().n_unique() < 2:
            return False
        if self.by_time is None:
            return True
        if part == "year" and name in self.time and not self.goal.classes:
            return self.by_time[TRAIN][name].dt.year().n_unique() > 1  # numbers can follow a trend
        # In a split by time, the test rows represent future rows.
        train, test = (getattr(self.by_time[which][name].dt, part)() for which in (TRAIN, TEST))
        return int(test.is_in(train.unique().to_list()).sum()) > _MET_AGAIN * len(test)


def _is_float_key(name: str, values: pl.Series) -> bool:
    """Whether whole numbers with a decimal point identify things."""
    return says_key(name) and values.n_unique() > 2 and bool((values == values.round()).all())
