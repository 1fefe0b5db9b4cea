"""Slices: groups of rows whose metrics are also computed on their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.columns import NUMERIC
from mlbuild.data.casts import schema_of
from mlbuild.data.steps.step import bind_at
from mlbuild.data.table import Table
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.binding import bind
from mlbuild.expressions.filters import never_true
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import (
    Described,
    Expression,
    Integer,
    Json,
    ListOf,
    Name,
    Number,
    Text,
    field,
    write,
)

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

#: Of a column with more values, only the most frequent ones are slices.
MOST_VALUES = 100


@frozen(eq=False)
class Group:
    """The rows of one slice: what they have in common, by column, and their numbers, int64 [n]."""

    values: Mapping[str, Any]
    rows: Array


@frozen
class Slice(Described):
    """Groups of rows to compute the metrics on: one for each value of a column, or the rows that satisfy a condition."""

    column: str | None = field(
        Name("column"), "Column of the dataset: each of its values is a slice.", default=None
    )
    columns: tuple[str, ...] = field(
        ListOf(Name("column"), unique=True),
        "Columns of the dataset: each combination of their values is a slice.",
        default=(),
    )
    bins: tuple[float, ...] = field(
        ListOf(Number()),
        "Edges of the bins of `column`, in ascending order. The first bin is below the first edge, and the last one starts at"
        " the last edge.",
        default=(),
    )
    where: str | None = field(
        Expression(), "SQL condition that the rows of the slice satisfy. Needs `name`.", default=None
    )
    name: str | None = field(
        Text(), "Name of the slice in results. Default: the columns.", default=None, examples=("short_haul",)
    )
    min_rows: int = field(Integer(min=1), "Slices with fewer rows are left out of the results.", default=1)

    @property
    def label(self) -> str:
        return self.name or ", ".join(self._grouped)

    @property
    def _grouped(self) -> tuple[str, ...]:
        return self.columns if self.column is None else (self.column,)

    def check(self) -> Iterator[Problem]:
        given = [key for key in ("column", "columns", "where") if self.values_by_field()[key]]
        if len(given) > 1:
            message = f"a slice has either '{given[0]}' or '{given[1]}'"
            yield Problem("contradiction", message, (given[1],), on="key")
        elif not given:
            yield Problem("missing-key", "a slice needs 'column', 'columns' or 'where'", (), on="key")
        if self.where is not None and self.name is None:
            help_ = "give it a name for the results"
            yield Problem("missing-key", "a slice with 'where' needs 'name'", (), help_, on="key")
        if self.bins and self.column is None:
            yield Problem("no-effect", "'bins' has no effect without 'column'", ("bins",), on="key")
        if any(low >= high for low, high in zip(self.bins, self.bins[1:], strict=False)):
            yield Problem("contradiction", "'bins' must be in ascending order", ("bins",))

    def infer(self, table: Table) -> tuple[str, ...]:
        """Return the columns that the slice depends on.

        Raises:
            Rejected: A column is unknown, or no row can be in the slice. Paths start at this slice.
        """
        if self.where is not None:
            where = bind_at(("where",), self.where, table.trained)
            if where.type.known and where.type.dtype != "bool":
                message = f"a slice needs a condition of dtype bool, but this is of dtype {where.type.dtype}"
                raise Rejected(Problem("type-mismatch", message, ("where",)))
            if never_true(where, table.trained):
                message = "no row can satisfy this condition"
                raise Rejected(Problem("no-effect", message, ("where",), "remove the slice"))
            return tuple(where.names)
        problems = []
        for index, name in enumerate(self._grouped):
            at = ("column",) if self.column is not None else ("columns", index)
            if name not in table.trained:
                near = did_you_mean(name, table.trained) or f"available columns: {listed(table.trained)}"
                problems.append(Problem("unknown-column", f"unknown column '{name}'", at, near))
            elif self.bins and table.trained[name].known and table.trained[name].dtype not in NUMERIC:
                message = (
                    f"'bins' needs a column of numbers, but '{name}' is of dtype {table.trained[name].dtype}"
                )
                problems.append(Problem("wrong-dtype", message, at))
        if problems:
            raise Rejected(*problems)
        return self._grouped

    def canonical(self, table: Table) -> Json:
        """Return what determines the groups, as parameters of a task."""
        where = {} if self.where is None else {"where": bind(self.where, table.trained).tree}
        return write(self) | where | {"called": self.label, "columns_read": list(self.infer(table))}

    def groups(self, rows: pl.DataFrame) -> tuple[list[Group], int]:
        """Return the groups of some rows, and how many groups are left out.

        Groups are in the order of their values. `where` is then a canonical tree.
        """
        import numpy as np

        if not rows.height:
            return [], 0
        if self.where is not None:
            found = rows.select(bind(self.where, schema_of(rows)).to_polars().alias("found"))["found"]
            every = [Group({}, np.flatnonzero(found.fill_null(False).to_numpy()))]
        else:
            every = [*self._by_value(rows)]
        large = [group for group in every if len(group.rows) >= self.min_rows]
        if len(large) > MOST_VALUES:
            kept = sorted(range(len(large)), key=lambda one: -len(large[one].rows))[:MOST_VALUES]
            large = [large[one] for one in sorted(kept)]
        return large, len(every) - len(large)

    def _by_value(self, rows: pl.DataFrame) -> Iterator[Group]:
        import numpy as np
        import polars as pl

        codes = np.zeros(rows.height, np.int64)
        values: list[tuple[Any, ...]] = [()]
        for name in self._grouped:
            column = rows[name]
            if self.bins:
                column = self._binned(column)
            kinds = column.unique().sort(nulls_last=True)
            own = column.replace_strict(
                kinds, pl.Series(range(len(kinds)), dtype=pl.Int64), return_dtype=pl.Int64
            ).to_numpy()
            values = [(*before, value) for before in values for value in kinds.to_list()]
            codes = codes * len(kinds) + own
            held, codes = np.unique(codes, return_inverse=True)
            values = [values[one] for one in held.tolist()]
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(np.bincount(codes, minlength=len(values)))
        for value, group in zip(values, np.split(order, ends[:-1]), strict=True):
            words = (self._bin_words(value[0]),) if self.bins else map(_told, value)
            yield Group(dict(zip(self._grouped, words, strict=True)), group)

    def _binned(self, column: pl.Series) -> pl.Series:
        import numpy as np
        import polars as pl

        places = np.searchsorted(
            np.array(self.bins), column.cast(pl.Float64).fill_null(0).to_numpy(), "right"
        )
        return pl.select(
            pl.when(column.is_not_null()).then(pl.Series(places, dtype=pl.Int64)).alias("places")
        )["places"]

    def _bin_words(self, place: int | None) -> str | None:
        """Return the range of a bin, such as `[0, 10)`; None for missing values."""
        if place is None:
            return None
        bounds = ["-inf", *(f"{bound:g}" for bound in self.bins), "inf"]
        return f"{'[' if place else '('}{bounds[place]}, {bounds[place + 1]})"


def _told(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
