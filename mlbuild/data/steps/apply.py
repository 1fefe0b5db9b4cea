"""Runs the steps of a dataset on rows, and keeps what they drop where somebody still needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlbuild.data.steps.step import DatasetStep

if TYPE_CHECKING:
    import polars as pl

#: No column of a table has a name with this character.
_HIDDEN = "\0"


@dataclass(frozen=True)
class Keep:
    """A column to keep under the name `as_`, as it is before the step at `index` drops it."""

    index: int
    column: str
    as_: str


def apply_steps(
    steps: Sequence[DatasetStep], rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame], keep: Iterable[Keep]
) -> pl.DataFrame:
    """The rows that canonical steps leave, and in them the columns that are kept, hidden; `tables` are the others."""
    kept = [*keep]
    for index, step in enumerate(steps):
        hidden = [rows[one.column].alias(_HIDDEN + one.as_) for one in kept if one.index == index]
        rows = step.apply(rows.with_columns(hidden), tables)
    return rows


def shown_columns(rows: pl.DataFrame) -> list[str]:
    """The columns that the steps left."""
    return [name for name in rows.columns if not name.startswith(_HIDDEN)]


def kept_columns(rows: pl.DataFrame) -> dict[str, pl.Series]:
    """The columns that were kept, by the names that they were kept under."""
    return {name.removeprefix(_HIDDEN): rows[name] for name in rows.columns if name.startswith(_HIDDEN)}
