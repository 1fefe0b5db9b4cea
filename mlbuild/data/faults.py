"""What is wrong with the values of a table: column, rule, count and sample rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from mlbuild.data.moments import DAY, FIRST, LAST
from mlbuild.params import Json

if TYPE_CHECKING:
    import polars as pl

#: So many rows are shown of a fault.
SAMPLES = 5
MISSING = "column is missing"
NAMED_TWICE = "column is named twice"


@dataclass(frozen=True)
class Fault:
    """A rule of a contract that rows break: `min 0`, `not null`, `parses as int`, `unique [a, b]`.

    `samples` holds the first rows as (row number from 1, value); the value of several columns is a list. A fault
    of a whole column, such as `column is missing`, has the count 0.
    """

    columns: tuple[str, ...]
    rule: str
    count: int = 0
    samples: tuple[tuple[int, Any], ...] = ()
    help: str | None = None

    @classmethod
    def of(cls, columns: Iterable[str], rule: str, rows: Iterable[int], values: pl.DataFrame) -> Fault:
        """The fault of `rows` (from 0), told by their `values` of the columns."""
        names, bad = tuple(columns), list(rows)
        first = values.select(names)[bad[:SAMPLES]]
        shown = [_json(row) for row in first.select(map(_tellable, first.iter_columns())).iter_rows()]
        samples = zip(
            (row + 1 for row in bad), (row[0] if len(names) == 1 else row for row in shown), strict=False
        )
        return cls(names, rule, len(bad), tuple(samples))

    @classmethod
    def from_json(cls, value: Json) -> Fault:
        samples = tuple((row, shown) for row, shown in value["samples"])
        return cls(tuple(value["columns"]), value["rule"], value["count"], samples, value["help"])

    def to_json(self) -> Json:
        samples = [list(sample) for sample in self.samples]
        return {
            "columns": list(self.columns),
            "rule": self.rule,
            "count": self.count,
            "samples": samples,
            "help": self.help,
        }

    def without_samples(self) -> Fault:
        """The fault without any value of the data."""
        return replace(self, samples=())

    def __str__(self) -> str:
        names = ", ".join(f"'{name}'" for name in self.columns)
        one = len(self.columns) == 1
        if not self.count:
            return f"column {names} {self.rule.removeprefix('column ')}"
        subject = f"column {names} breaks" if one else f"columns {names} break"
        rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
        shown = [f"{_shown(value)} (row {row})" for row, value in self.samples]
        more = ["..."] if shown and self.count > len(shown) else []
        return f"{subject} '{self.rule}' in {rows}" + (f": {', '.join(shown + more)}" if shown else "")


def _tellable(column: pl.Series) -> pl.Series:
    """A column that Python has values for; dates of other years than its own are counts since 1970."""
    import polars as pl

    if column.dtype != pl.Date and not isinstance(column.dtype, pl.Datetime):
        return column
    unit = getattr(column.dtype, "time_unit", "days")
    counts = column.cast(pl.Int64)
    length = {"days": DAY, "ms": 1000, "us": 1}.get(unit)
    if length is None or counts.is_between(FIRST // length, LAST // length).all():
        return column
    return (counts.cast(pl.String) + f" {unit} since 1970").alias(column.name)


def _json(value: Any) -> Any:
    """A value as JSON tells it: dates in ISO form, infinities as text."""
    if isinstance(value, (tuple, list)):
        return [_json(part) for part in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_shown(part) for part in value) + "]"
    if isinstance(value, str):
        return f"'{value}'"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
