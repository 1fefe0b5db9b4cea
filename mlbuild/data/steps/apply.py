"""Runs the steps of a dataset on rows, and keeps dropped columns that are still needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mlbuild.data.steps.step import DatasetStep
from mlbuild.frozen import frozen
from mlbuild.params import Json

if TYPE_CHECKING:
    import polars as pl

#: No column of a table has this character in its name.
_HIDDEN = "\0"


@frozen
class Keep:
    """A column to keep as `as_`, with its values before the step at `index` drops it."""

    index: int
    column: str
    as_: str


class Report:
    """Records the number of rows before and after each step, and what a person should know of it."""

    def __init__(self) -> None:
        self.steps: list[Json] = []
        self.findings: list[Json] = []

    def step(
        self, step: DatasetStep, before: pl.DataFrame, after: pl.DataFrame, tables: Mapping[str, pl.DataFrame]
    ) -> None:
        counts = step.counts(before, after, tables)
        at = ["steps", len(self.steps)]
        self.findings += [one.to_json() | {"at": at} for one in step.findings(before, tables, counts)]
        self.steps.append({"op": step.op, "rows_before": before.height, "rows_after": after.height, **counts})


def apply_steps(
    steps: Sequence[DatasetStep],
    rows: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
    keep: Iterable[Keep],
    report: Report | None = None,
) -> pl.DataFrame:
    """Apply canonical steps to rows.

    The result also contains the kept columns, hidden. `tables` are the other tables, by slot.
    """
    kept = [*keep]
    for index, step in enumerate(steps):
        hidden = [rows[one.column].alias(_HIDDEN + one.as_) for one in kept if one.index == index]
        before = rows
        rows = step.apply(before.with_columns(hidden), tables)
        if report:
            report.step(step, before, rows, tables)
    return rows


def shown_columns(rows: pl.DataFrame) -> list[str]:
    """Return the columns that are not hidden."""
    return [name for name in rows.columns if not name.startswith(_HIDDEN)]


def kept_columns(rows: pl.DataFrame) -> dict[str, pl.Series]:
    """Return the kept columns by the names that they were kept under."""
    return {name.removeprefix(_HIDDEN): rows[name] for name in rows.columns if name.startswith(_HIDDEN)}
