"""Faults in the values of a table: column, rule, count and sample rows. Also how failures quote values."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from mlbuild.columns import text_of
from mlbuild.diagnostics import Failed, Failure, data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.moments import DAY, FIRST, LAST
from mlbuild.params import Json
from mlbuild.shown import cut, shown, told

if TYPE_CHECKING:
    import polars as pl

#: The maximum number of sample rows for a fault.
SAMPLES = 5
#: The maximum number of lines below the message of a failure.
_LINES = 100
MISSING = "column is missing"
NAMED_TWICE = "column appears twice"


@frozen
class Fault:
    """A rule of a contract that rows violate: `min 0`, `not null`, `parses as int`, `unique [a, b]`.

    `samples` contains the first rows as (row number from 1, value), or as (row number,) without values. The value
    of several columns is a list. A fault of a whole column, such as `column is missing` or `max_age 2d`, has the count 0. One of the whole table has no
    columns.
    `lines_before` is the number of lines before the first row, if each row is one line of a file. `share` is the
    share of the rows, of which `max_share` is allowed. With the level `warn`, it is not a reason to fail. `at` is the
    path of the rule in the contract, as far as it is known. `quotes` are the columns with values that `help` quotes,
    besides `columns`.
    """

    columns: tuple[str, ...]
    rule: str
    count: int = 0
    samples: tuple[tuple[int, Any] | tuple[int], ...] = ()
    help: str | None = None
    lines_before: int | None = None
    share: float | None = None
    max_share: float = 0.0
    level: str = "error"
    at: tuple[str, ...] = field(default=(), compare=False)
    quotes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "help", self.help and told(self.help))

    @classmethod
    def of(cls, columns: Iterable[str], rule: str, rows: Iterable[int], values: pl.DataFrame) -> Fault:
        """Create the fault for `rows` (numbered from 0), with their `values` of the columns as samples."""
        names, bad = tuple(columns), list(rows)
        first = values.select(names)[bad[:SAMPLES]]
        shown = [_json(row) for row in first.select(map(_tellable, first.iter_columns())).iter_rows()]
        samples = zip(
            (row + 1 for row in bad), (row[0] if len(names) == 1 else row for row in shown), strict=False
        )
        share = len(bad) / values.height if values.height else None
        return cls(names, rule, len(bad), tuple(samples), share=share)

    @classmethod
    def from_json(cls, value: Json) -> Fault:
        samples = tuple((row, *rest[:1]) for row, *rest in value["samples"])
        columns, before = tuple(value["columns"]), value.get("lines_before")
        more = {key: value[key] for key in ("share", "max_share", "level") if key in value}
        at, quotes = (tuple(map(str, value.get(key, ()))) for key in ("at", "quotes"))
        return cls(
            columns,
            value["rule"],
            value["count"],
            samples,
            value["help"],
            before,
            at=at,
            quotes=quotes,
            **more,
        )

    def to_json(self) -> Json:
        samples = [list(sample) for sample in self.samples]
        lines = {} if self.lines_before is None else {"lines_before": self.lines_before}
        place = {key: [*names] for key, names in (("at", self.at), ("quotes", self.quotes)) if names}
        return {
            "columns": list(self.columns),
            "rule": self.rule,
            "count": self.count,
            "samples": samples,
            "help": self.help,
            "share": self.share,
            "max_share": self.max_share,
            "level": self.level,
            **lines,
            **place,
        }

    def after(self, rows: int, file: str) -> Fault:
        """Return the fault of one of several files, which comes after a number of rows."""
        samples = tuple((row + rows, *value) for row, *value in self.samples)
        first = f"row {self.samples[0][0]} of '{file}'" if self.samples else f"'{file}'"
        help_ = f"{self.help}; first in {first}" if self.help else f"first in {first}"
        return replace(self, samples=samples, help=help_)

    def joined(self, other: Fault) -> Fault:
        """Return the fault of both, where the other one is about the same rule in later rows."""
        return replace(
            self, count=self.count + other.count, samples=(*self.samples, *other.samples)[:SAMPLES]
        )

    def without_values(self) -> Fault:
        """Return the fault without any text from the data, which the help can also quote."""
        return replace(self, samples=tuple((sample[0],) for sample in self.samples), help=None)

    def keeping(self, private: Collection[str]) -> Fault:
        """Return the fault without values if it is about one of these columns."""
        return self.without_values() if {*private} & {*self.columns, *self.quotes} else self

    def __str__(self) -> str:
        if not self.columns:
            return f"the table violates '{shown(self.rule)}'"
        names = listed(f"'{shown(name)}'" for name in self.columns)
        one = len(self.columns) == 1
        subject = f"column {names} violates" if one else f"columns {names} violate"
        if not self.count:
            if self.rule in (MISSING, NAMED_TWICE):
                return f"column {names} {self.rule.removeprefix('column ')}"
            return f"{subject} '{shown(self.rule)}'"
        rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
        first = [_sample(sample, self.lines_before) for sample in self.samples]
        more = ["..."] if first and self.count > len(first) else []
        if self.max_share and self.share is not None:
            rows += f" ({_percent(self.share)}, at most {_percent(self.max_share)} allowed)"
        return f"{subject} '{shown(self.rule)}' in {rows}" + (f": {', '.join(first + more)}" if first else "")


def _percent(share: float) -> str:
    return f"{100 * share:.4g}%"


def _tellable(column: pl.Series) -> pl.Series:
    """Convert a column to values that Python can represent. Dates with other years become counts since 1970."""
    import polars as pl

    if column.dtype != pl.Date and not isinstance(column.dtype, pl.Datetime):
        return column
    unit = getattr(column.dtype, "time_unit", "days")
    counts = column.cast(pl.Int64)
    if unit == "ns" and (counts % 1000 != 0).any():  # Python has only microseconds
        zone = "%:z" if getattr(column.dtype, "time_zone", None) else ""
        return column.dt.to_string(f"%Y-%m-%dT%H:%M:%S%.9f{zone}")
    length = {"days": DAY, "ms": 1000, "us": 1}.get(unit)
    if length is None or counts.is_between(FIRST // length, LAST // length).all():
        return column
    return (counts.cast(pl.String) + f" {unit} since 1970").alias(column.name)


def _json(value: Any) -> Any:
    """Convert a value for JSON reports: dates as ISO text, infinities as text, long texts shortened."""
    if isinstance(value, (tuple, list)):
        return [_json(part) for part in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, (int, float, type(None))) else cut(str(value))


def _sample(sample: tuple[Any, ...], lines_before: int | None) -> str:
    row, *values = sample
    place = f"row {row}" if lines_before is None else f"line {row + lines_before}"
    return f"{_shown(values[0])} ({place})" if values else place


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(part) for part in value) + "]"
    if isinstance(value, str):
        return f"'{shown(value)}'"
    return "null" if value is None else text_of(value)


def faulty(message: str, faults: Iterable[Fault]) -> Failed:
    """Create the failure for data with these faults, to be raised."""
    return data_failure(message, violations=[fault.to_json() for fault in faults])


def failure_lines(failure: Failure) -> list[str]:
    """Return the lines below the message of a failure: the faults of the data, the first values, or other lines."""
    try:
        faults = [Fault.from_json(fault) for fault in failure.details.get("violations", ())]
        values = [_shown(value) for value in failure.details.get("values", ())]
        named = failure.details.get("examples", {}).items()
        examples = [f"{name}: {', '.join(map(_shown, some))}" for name, some in named]
        others = [*failure.details.get("lines", ())]
    except (AttributeError, KeyError, TypeError, ValueError):  # the failure is from a damaged store
        return []
    mixed = len({fault.level for fault in faults}) > 1
    lines = [_line(fault, mixed) for fault in faults]
    lines += [", ".join(values)] if values else []
    lines += examples
    lines += map(str, others)
    more = [f"and {len(lines) - _LINES:,} more (use --json to see all)"] if len(lines) > _LINES else []
    return [*map(told, lines[:_LINES]), *more]


def _line(fault: Fault, mixed: bool) -> str:
    told = f"{fault} ({fault.help})" if fault.help else f"{fault}"
    return f"{told} (only a warning)" if mixed and fault.level != "error" else told


def first(values: Sequence[Any]) -> list[Any]:
    """Return the first values, in the form that the details of a failure contain."""
    return [*map(_json, values[:SAMPLES])]


def without_values(failure: Failure) -> Failure:
    """Return the failure without values, for private data: only columns, rules, counts and row numbers."""
    details = dict(failure.details)
    try:
        faults = [Fault.from_json(fault) for fault in details.pop("violations", ())]
    except (AttributeError, KeyError, TypeError, ValueError):
        faults = []
    if faults:
        details["violations"] = [fault.without_values().to_json() for fault in faults]
    for foreign in ("values", "examples", "cause", "columns", "traceback"):
        details.pop(foreign, None)
    return replace(failure, message=str(details.pop("unquoted", failure.message)), details=details)
