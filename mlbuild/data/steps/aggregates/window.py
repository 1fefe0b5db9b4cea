"""The dataset step `window`: aggregates the rows of the same key that are earlier than each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.data.casts import schema_of
from mlbuild.data.lineage import Decision, Unknown
from mlbuild.data.steps.aggregates.aggregation import Ranges, aggregated
from mlbuild.data.steps.aggregates.calls import Calls
from mlbuild.data.steps.durations import Duration, Span
from mlbuild.data.steps.finding import Finding
from mlbuild.data.steps.moments import ADVICE, Timeline, row_groups, times_of, untimely
from mlbuild.data.steps.step import DatasetStep, near, unknown_columns
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.expressions.aggregates import LAG, LAST, OF_ORDERED, bind_call
from mlbuild.expressions.rows import polars_dtype
from mlbuild.frozen import frozen
from mlbuild.kinds import Aggregate
from mlbuild.moments import parse_duration
from mlbuild.params import Json, ListOf, MapOf, Name, field, write

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Numbers = np.ndarray[Any, Any]


@frozen
class Window(DatasetStep):
    """For each row, add aggregates of the earlier rows with the same key.

    A row sees neither itself, nor rows with the same time, nor later ones. A row whose key or time is missing sees
    no rows, and no row sees it. Without any row, counts are 0 and all other results are missing. The order of rows
    has no influence, and rows that are added later change nothing for earlier ones. For the artifact, the results
    are raw columns.
    """

    op = "window"
    discriminator = ("op", "window")

    by_: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "A row sees only rows with the same values in these columns.",
        key="by",
    )
    time: str = field(Name("column"), "Date or datetime column that determines which rows are earlier.")
    last: int | str | None = field(
        Span(),
        "How far back a row sees: a duration, or a number of rows. With a number, rows with the same time as the oldest of them are included, too. Default: all earlier rows.",
        default=None,
        examples=("30d", 10),
    )
    known_after: str | None = field(
        Duration(),
        "How long after its `time` all values of a row are known, including the target. A row sees only rows that are known at its own time. Required if a feature is a window over the target, or over a column with `serving: false`.",
        default=None,
        examples=("7d",),
    )
    columns: Mapping[str, str] = field(
        MapOf(Aggregate(OF_ORDERED), min_items=1),
        "New columns by name: the functions of `aggregate`, `LAST(x)` for the latest row and `LAG(x, n)` for the n-th row before, which may be earlier than `last`.",
        examples=({"spend_30d": "SUM(amount)", "orders_30d": "COUNT(*)"},),
    )

    def check(self) -> Iterator[Problem]:
        if isinstance(self.last, str) and parse_duration(self.last) == 0:
            yield Problem("contradiction", "'last' must be longer than 0", ("last",))
        elif isinstance(self.last, str) and parse_duration(self.last) < parse_duration(
            self.known_after or "0d"
        ):
            message = f"no row of the last {self.last} is known yet: 'known_after' is {self.known_after}"
            yield Problem("contradiction", message, ("last",), "increase 'last'")

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        if problems := [*self._problems(table)]:
            raise Rejected(*problems)
        own = table.nodes([*self.by_, self.time])
        chosen = [table.chosen] if table.chosen else []
        what = "a window of earlier rows starts"
        if self.known_after is None:
            match = Decision("", at, (*own, *chosen), what=what, advice=ADVICE)
            return table.plus(self._calls.columns(table, at, match))
        earlier = Finding(at, dict(zip(own[:-1], own[:-1], strict=True)), table.chosen, earlier=True)
        match = Decision("", at, (*own, *earlier.see([own[-1], *chosen])), what=what)
        return table.plus(self._calls.columns(table, at, match, earlier, chosen))

    def doubtful(self, table: Table, at: Path) -> Table:
        return table.plus(
            {name: TableColumn.unknown(Unknown(name, (*at, "columns", name))) for name in self.columns}
        )

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        return write(self) | {"columns": self._calls.trees(table)}

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        import numpy as np
        import polars as pl

        groups, times = row_groups(rows, self.by_), times_of(rows, self.time)
        # A row without a key or a time sees nothing. These rows are the last group.
        blank = (groups < 0) | rows[self.time].is_null().to_numpy()
        groups[blank] = rows.height
        order = np.lexsort((times, groups))
        seen = rows.height - int(blank.sum())
        moments = pl.DataFrame({"group": groups[order], "time": times[order]})
        ranges = self._ranges(moments["group"].to_numpy(), moments["time"].to_numpy(), seen)
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        made: list[pl.Series] = []
        for name, text in self.columns.items():
            call = bind_call(text, schema_of(rows), OF_ORDERED)
            some = rows.select([*call.names])[order] if call.names else rows.select([])
            values = aggregated(call, some, ranges, moments if call.function in (LAST, LAG) else None)
            made.append(
                values.cast(polars_dtype(call.type(can_be_empty=True).dtype)).gather(back).alias(name)
            )
        return rows.with_columns(made)

    def _ranges(self, groups: Numbers, times: Numbers, seen: int) -> Ranges:
        """Return what each row sees, if rows are sorted by group and time, and the first `seen` ones have both."""
        import numpy as np

        total, groups, times = len(groups), groups[:seen], times[:seen]
        rows = Timeline(groups, times)
        first, end = rows.first(groups), rows.before(groups, times, self.known_after)
        start = first
        if isinstance(self.last, int):
            start = np.maximum(first, end - self.last)
            # Together with all rows of the same time: which of them is the first has no meaning.
            start = np.where(start < end, rows.together(np.minimum(start, seen - 1)), end)
        elif self.last is not None:
            start = np.minimum(rows.since(groups, times - parse_duration(self.last)), end)
        blank = np.full(total - seen, total)
        return Ranges(*(np.concatenate([one, blank]) for one in (start, end, first)))

    @property
    def _calls(self) -> Calls:
        return Calls(self.columns, OF_ORDERED, can_be_empty=True)

    def _problems(self, table: Table) -> Iterator[Problem]:
        yield from unknown_columns("by", self.by_, table)
        if self.time not in table.columns:
            yield Problem(
                "unknown-column", f"unknown column '{self.time}'", ("time",), near(self.time, table)
            )
        else:
            yield from untimely(table, self.time, ("time",))
        yield from self._calls.problems(table, [name for name in table.columns if table.has(name)])
