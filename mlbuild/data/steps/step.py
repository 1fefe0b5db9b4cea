"""The base class of dataset steps: a frozen class that can compute the resulting table without data."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from mlbuild.columns import Schema
from mlbuild.data.data_warning import DataWarning
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.expressions.binding import bind
from mlbuild.expressions.typed import Typed
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed, meant_as_list
from mlbuild.params import Described, Json, write

if TYPE_CHECKING:
    import polars as pl


#: What a step makes of the rows: it keeps some of them in their order, or all in another order, repeats each of them,
#: appends rows of other tables, or makes new rows, each from a group of them.
Rows = Literal["kept", "sorted", "repeated", "appended", "grouped"]


@frozen
class DatasetStep(Described):
    """One configured step on the rows of a dataset."""

    op: ClassVar[str]
    rows: ClassVar[Rows] = "kept"
    #: Whether it drops rows only to make the training data smaller. Rows to predict are all kept.
    thins: ClassVar[bool] = False

    def tables(self) -> Mapping[str, Path]:
        """Return the names of the other sources and datasets that the step reads, each with its path below the step."""
        return {}

    def seeded(self, seed: int) -> DatasetStep:
        """Return the step with the seed of the project, if it needs one and has none."""
        return self

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        """Return the table that the step produces. No data is needed.

        `others` are the tables of `tables()`, by name. `at` is the path of the step in the spec, for the nodes that
        it makes. A step can add, rename and drop columns. A column that it passes on keeps its node and its served
        type.

        Raises:
            Rejected: With problems whose paths start at this step.
        """
        raise NotImplementedError

    def doubtful(self, table: Table, at: Path) -> Table:
        """Return what is still known after the step if `infer` rejects it, so that the rest can be checked.

        Whatever is uncertain becomes a column of unknown type, for which nothing is reported.
        """
        return table.opened(at)

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        """Return what determines the result: a definition of the step with slots as table names and trees as
        expressions.
        """
        return write(self)

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Return the rows that a canonical step produces. `tables` are the other tables, by slot.

        There can be more columns than `infer` knew; these are passed on, unless the step makes new rows.

        Raises:
            Failed: Of kind `data`: the rows violate a requirement of the step.
        """
        raise NotImplementedError

    def counts(self, rows: pl.DataFrame, made: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> Json:
        """Return what else is recorded of a step that made rows from `rows`, besides the numbers of both."""
        return {}

    def findings(
        self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame], counts: Json
    ) -> Iterator[DataWarning]:
        """Yield what a person should know about the step on these rows, given its `counts`."""
        yield from ()


def bind_at(at: Path, text: str, schema: Schema, later: Container[str] = ()) -> Typed:
    """Bind the expression at a path of a step. `later` are columns that the step makes.

    Raises:
        Rejected: With problems under that path.
    """
    try:
        return bind(text, schema, later)
    except Rejected as rejected:
        raise Rejected(*(problem.under(*at) for problem in rejected.problems)) from None


def near(name: str, table: Table) -> str:
    """Return a hint for a name that is not a column of a table."""
    hint = meant_as_list(name, table.columns) or did_you_mean(name, table.columns)
    return hint or f"available columns: {listed(table.columns)}"


def unknown_columns(key: str, names: Iterable[str], table: Table) -> Iterator[Problem]:
    """Report the names in a list under a key of a step that are not columns of a table."""
    for index, name in enumerate(names):
        if name not in table.columns:
            yield Problem("unknown-column", f"unknown column '{name}'", (key, index), near(name, table))
