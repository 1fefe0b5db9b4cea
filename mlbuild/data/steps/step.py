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

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        """The table that the step makes; no data is needed.

        `others` are the tables of `tables()` by name; `at` is the path of the step in the spec, for the nodes that it
        makes. A step can add, rename and drop columns; one that it hands on keeps its node and its served type.

        Raises:
            Rejected: with problems whose paths start at this step.
        """
        raise NotImplementedError

    def doubtful(self, table: Table, at: Path) -> Table | None:
        """What can be relied on after the step where `infer` rejects it, so that the rest can be checked.

        What is in doubt is a column of unknown type, of which nothing is reported. None: the rest cannot be checked.
        """
        return None

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        """What decides the result: a definition of the step, with slots as names of tables and trees as expressions."""
        return write(self)

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """The rows that a canonical step makes of these; `tables` are the others by slot.

        The rows that are left keep their order. There can be more columns than `infer` was told of; they are handed on.

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
