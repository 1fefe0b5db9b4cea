"""What every dataset step is: a frozen class that infers, without data, the table that it makes of another."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mlbuild.columns import Schema
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Rejected
from mlbuild.expressions.binding import bind
from mlbuild.expressions.typed import Typed
from mlbuild.params import Described, Json, write

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class DatasetStep(Described):
    """One configured step on the rows of a dataset."""

    op: ClassVar[str]

    def tables(self) -> tuple[str, ...]:
        """The names of the other sources and datasets that it reads."""
        return ()

    def infer(self, table: Table, others: Mapping[str, Table]) -> Table:
        """The table that the step makes; `others` are those of `tables()` by name. No data is needed.

        Raises:
            Rejected: with problems whose paths start at this step.
        """
        raise NotImplementedError

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        """What decides the result: a definition itself, with slots for names of tables and trees for expressions."""
        return write(self)

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """The rows that a canonical step makes of these; `tables` are the others by slot.

        Raises:
            Failed: of kind `data`, where the rows break what the step asks of them.
        """
        raise NotImplementedError


def bind_at(at: Path, text: str, schema: Schema, later: Container[str] = ()) -> Typed:
    """The expression that a step has at a path of its own; `later` are columns that the step makes.

    Raises:
        Rejected: with problems under that path.
    """
    try:
        return bind(text, schema, later)
    except Rejected as rejected:
        raise Rejected(*(problem.under(*at) for problem in rejected.problems)) from None
