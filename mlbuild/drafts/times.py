"""Finds the time of the rows: dates, periods such as `1970 Q1`, years, and numbers that count the time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from mlbuild.columns import TEMPORAL
from mlbuild.data.evidence.words import words
from mlbuild.data.inference import Inferred
from mlbuild.drafts.periods import periods
from mlbuild.expressions.written import column_sql
from mlbuild.frozen import frozen
from mlbuild.shown import visible

if TYPE_CHECKING:
    import polars as pl

#: Words of columns that say when something happened, and words of dates that are properties of a thing.
_TIMES = frozenset(
    "date datetime day days hour month months period quarter qtr season session time timestamp trend visit wave "
    "week weeks year yr t epoch".split()
)
_OF_THINGS = frozenset(
    "birth birthday birthdate born dob built deadline due end established expires expiration expiry founded "
    "graduation hire hired opened until vintage".split()
)
#: Names of outcomes. A time next to one of them is how long it took.
_OUTCOMES = frozenset(
    "cens censor censored censoring dead death delta died event fail failed failure status survived".split()
)
#: The whole numbers of the parts of a time, from coarse to fine, with their names and the weight of the part before.
_UNITS: Mapping[str, tuple[frozenset[str], int, int, int]] = {
    "year": (frozenset({"year", "yr", "yyyy"}), 0, 2500, 1),
    "quarter": (frozenset({"quarter", "qtr", "qtrs"}), 1, 4, 10),
    "month": (frozenset({"month", "mon", "mo", "mth"}), 1, 12, 100),
    "week": (frozenset({"week", "wk"}), 0, 53, 100),
    "day": (frozenset({"day"}), 1, 31, 100),
}
#: With fewer different times, rows are not split by time.
_FEWEST = 3


@frozen(eq=False)
class Timeline:
    """The time of the rows: the columns that contain it, and a value for each row, in the order of time.

    `calendar` is whether it is a date or a year rather than the time since a start, which can be different for each
    group of rows. `text` is whether the column contains texts, whose order a spec cannot express.
    """

    columns: tuple[str, ...]
    values: pl.Series
    calendar: bool
    expression: str = ""
    text: bool = False

    @property
    def name(self) -> str:
        return " and ".join(f"'{visible(column)}'" for column in self.columns)


def timelines(inferred: Inferred, rows: pl.DataFrame, target: str) -> Iterator[Timeline]:
    """Yield the times of the rows, the most likely first: in order, then by name."""
    found = list(_found(inferred, rows, target))
    yield from sorted(found, key=lambda one: (not one.calendar, -len(one.columns), not _in_order(one.values)))


def passed_over(
    inferred: Inferred, rows: pl.DataFrame, target: str, times: Iterable[Timeline]
) -> Iterator[str]:
    """Yield why columns are not the time of the rows, although their names or types suggest it."""
    used = {column for one in times for column in one.columns}
    for name, column in inferred.columns.items():
        moment = column.dtype in TEMPORAL
        if name == target or name in used or not (moment or (says_time(name) and column.dtype != "bool")):
            continue
        values, different = rows[name], rows[name].n_unique()
        if _OF_THINGS & words(name):
            why = "its name suggests a fixed property, such as a date of birth"
        elif values.null_count():
            why = f"it is missing in {values.null_count():,} rows"
        elif different < _FEWEST:
            why = f"it has only {different} different values" if different > 1 else "it has only one value"
        elif column.dtype == "string":
            why = "its values are not dates that 'read' can parse"
        elif _in_order(values):
            why = "another column says whether an event happened, so it may be a duration"
        else:
            why = "its values are not in order"
        yield f"not split by time '{visible(name)}': {why}"


def says_time(name: str) -> bool:
    """Whether the name of a column suggests that it is the time of the rows."""
    return bool(_TIMES & words(name)) and not _OF_THINGS & words(name)


def _found(inferred: Inferred, rows: pl.DataFrame, target: str) -> Iterator[Timeline]:
    whole = {}
    for name, column in inferred.columns.items():
        values = rows[name]
        if name == target or values.null_count() or values.n_unique() < _FEWEST:
            continue
        if column.dtype in TEMPORAL and not _OF_THINGS & words(name):
            yield Timeline((name,), values, calendar=True)
        elif column.dtype == "string" and (numbers := periods(values)) is not None:
            yield Timeline((name,), numbers, calendar=True, text=True)
        elif column.dtype == "int" or (column.dtype == "float" and bool((values == values.round()).all())):
            whole[name] = values
        elif column.dtype == "float" and says_time(name) and _in_order(values):
            yield from _numbers(inferred, name, values)
    yield from _of_parts(inferred, rows, target)
    for name, values in whole.items():
        if says_time(name) and _in_order(values):
            yield from _numbers(inferred, name, values)


def _numbers(inferred: Inferred, name: str, values: pl.Series) -> Iterator[Timeline]:
    """Yield the timeline of numbers in order, unless they are how long something took."""
    outcome = any(_OUTCOMES & words(other) for other in inferred.columns if other != name)
    if not outcome and not _UNITS["year"][0] & words(name):
        yield Timeline((name,), values, calendar=False, expression=column_sql(name))


def _of_parts(inferred: Inferred, rows: pl.DataFrame, target: str) -> Iterator[Timeline]:
    """Yield the timeline of a year and parts of it in other columns, or of a month and a day in order."""
    parts = dict[str, str]()
    for name, column in inferred.columns.items():
        for unit, (names, low, high, _) in _UNITS.items():
            if unit in parts or name == target or not names & words(name) or _OF_THINGS & words(name):
                continue
            values, whole = rows[name], column.dtype == "int"
            if whole and not values.null_count() and low <= values.min() <= values.max() <= high:  # type: ignore[operator]  # numbers
                parts[unit] = name
    if "month" in parts or "quarter" in parts or "week" in parts:
        coarse = next(unit for unit in ("month", "quarter", "week") if unit in parts)
        chosen = ["year", coarse, *(["day"] if coarse == "month" else [])]
    else:
        chosen = ["year"]
    used = [unit for unit in chosen if unit in parts]
    while used and used[0] == "year" and rows[parts["year"]].n_unique() == 1:
        used = used[1:]
    if not used or (used[0] != "year" and len(used) == 1):
        return
    values, expression = rows[parts[used[0]]], column_sql(parts[used[0]])
    for unit in used[1:]:
        weight = _UNITS[unit][3]
        values = values * weight + rows[parts[unit]]
        expression = f"{expression} * {weight} + {column_sql(parts[unit])}"
    if len(used) == 3:
        expression = f"({column_sql(parts[used[0]])} * 100 + {column_sql(parts[used[1]])}) * 100 + {column_sql(parts[used[2]])}"
    if values.n_unique() >= _FEWEST and ("year" in used or _in_order(values)):
        yield Timeline(tuple(parts[unit] for unit in used), values, calendar=True, expression=expression)


def _in_order(values: pl.Series) -> bool:
    return bool(values.is_sorted() or values.is_sorted(descending=True))
