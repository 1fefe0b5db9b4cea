"""Clusters of rows that are not independent of each other, such as those of a customer or of a day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.columns import TEMPORAL
from mlbuild.data.table import Table
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.moments import DURATION, DURATION_WORDS, parse_duration
from mlbuild.params import Described, ListOf, Name, Text, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

COLUMNS = ListOf(Name("column"), or_one=True, min_items=1, unique=True)


@frozen
class Cluster(Described):
    """Rows that are not independent of each other: those with the same values, or from the same period."""

    column: tuple[str, ...] = field(
        COLUMNS,
        "Columns whose values the rows of a cluster share, such as a customer. Missing values are equal.",
    )
    every: str | None = field(
        Text(DURATION, DURATION_WORDS),
        "Length of a period: rows of a cluster are in the same period. Periods are counted from 1970. Needs a"
        " date or datetime column.",
        default=None,
        examples=("1d",),
    )

    def check(self) -> Iterator[Problem]:
        if self.every is not None and len(self.column) > 1:
            yield Problem("contradiction", "'every' needs a single column", ("every",), on="key")
        elif self.every is not None and not parse_duration(self.every):
            yield Problem("contradiction", "'every' must be longer than 0", ("every",))

    def infer(self, table: Table) -> None:
        """Check that the columns exist, and that the one of a period is a time.

        Raises:
            Rejected: With problems whose paths start at this cluster.
        """
        problems = []
        for index, name in enumerate(self.column):
            at = ("column", index) if self.column[1:] else ("column",)
            if name not in table.trained:
                near = did_you_mean(name, table.trained) or f"available columns: {listed(table.trained)}"
                problems.append(Problem("unknown-column", f"unknown column '{name}'", at, near))
                continue
            type_ = table.trained[name]
            if self.every is not None and type_.known and type_.dtype not in TEMPORAL:
                message = f"'every' needs a date or datetime column, but '{name}' is of dtype {type_.dtype}"
                problems.append(Problem("wrong-dtype", message, at))
        if problems:
            raise Rejected(*problems)

    def numbers(self, rows: pl.DataFrame) -> np.ndarray[Any, Any]:
        """Return the number of the cluster of each row, int64 [N] from 0."""
        import numpy as np
        import polars as pl

        found = np.zeros(rows.height, np.int64)
        for name in self.column:
            values = rows[name]
            if self.every is not None:
                values = values.cast(pl.Datetime("us")).cast(pl.Int64) // parse_duration(self.every)
            own = values.rank("dense").fill_null(0).to_numpy().astype(np.int64)
            width = int(own.max(initial=0)) + 1
            found = np.unique(found * width + own, return_inverse=True)[1].astype(np.int64)
        return found
