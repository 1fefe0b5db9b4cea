"""The dataset step `asof_join`: adds the columns of the latest earlier row of another table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.data_warning import DataWarning
from mlbuild.data.steps.durations import Duration
from mlbuild.data.steps.finding import Finding
from mlbuild.data.steps.joins.matching import FEWEST_FOUND, Match, demand_unique
from mlbuild.data.steps.moments import ADVICE, Timeline, row_groups, times_of, untimely
from mlbuild.data.steps.step import DatasetStep, near
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.moments import parse_duration
from mlbuild.params import Json, ListOf, Name, Text, field, write

if TYPE_CHECKING:
    import polars as pl


@frozen
class AsofJoin(DatasetStep):
    """For each row, add the columns of the latest earlier row of another table that has the same key.

    Rows of the same time do not match. Rows keep their order, and the added values of rows without a match are
    missing. A missing key or time does not match anything. For the artifact, the added columns are raw columns.
    """

    op = "asof_join"
    discriminator = ("op", "asof_join")

    with_: str = field(Name("table"), "Source or dataset to join.", key="with")
    by_: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns that must be equal; they have the same name in both tables. In the other table, no two rows may have the same values in these columns and `their_time`.",
        key="by",
    )
    time: str = field(Name("column"), "Date or datetime of a row in this table.")
    their_time: str = field(Name("column"), "Date or datetime of a row in the other table.")
    tolerance: str | None = field(
        Duration(),
        "How much earlier a matching row can be. Default: any time.",
        default=None,
        examples=("30d",),
    )
    known_after: str | None = field(
        Duration(),
        "Delay after `their_time` until all values of a row are known. Only rows that are known at the time of a row match. Required if the other table contains the target, or if a feature is one of its columns with `serving: false`.",
        default=None,
        examples=("1d",),
    )
    prefix: str | None = field(
        Text(),
        "Prefix for the names of the added columns.",
        default=None,
        examples=("last_",),
    )

    def check(self) -> Iterator[Problem]:
        if self.tolerance is None:
            return
        if parse_duration(self.tolerance) == 0:
            yield Problem("contradiction", "'tolerance' must be longer than 0", ("tolerance",))
        elif parse_duration(self.tolerance) < parse_duration(self.known_after or "0d"):
            message = f"no row of the last {self.tolerance} is known yet: 'known_after' is {self.known_after}"
            yield Problem("contradiction", message, ("tolerance",), "increase 'tolerance'")

    def tables(self) -> Mapping[str, Path]:
        return {self.with_: ("with",)}

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        right = others[self.with_]
        match = Match(table, right, self.with_, {name: name for name in self.by_}, self.prefix)
        problems = [*match.key_problems({name: ("by", index) for index, name in enumerate(self.by_)})]
        problems += self._time_problems(table, right)
        if not problems:
            problems = [*self._promises(right), *match.column_problems()]
        if problems:
            raise Rejected(*problems)
        known = self.known_after is not None
        finding = Finding(
            at,
            dict(zip(right.nodes(self.by_), table.nodes(self.by_), strict=True)),
            right.chosen,
            # Unless its values are known, the earlier row counts as any row, as if it were this one.
            itself=not known,
            earlier=known,
            times=[*zip(table.nodes([self.time]), right.nodes([self.their_time]), strict=True)],
            advice="" if known else ADVICE,
        )
        late = () if known else finding.late(right.afterwards, right.nodes(right.columns))
        return replace(table.plus(match.added(finding)), afterwards=(*table.afterwards, *late))

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        return write(self) | {"with": slots[self.with_]}

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        right = tables[self.with_]
        keys = [*self.by_, self.their_time]
        demand_unique(
            right, keys, f"the as-of join by [{', '.join(keys)}] finds several rows with the same time"
        )
        found = self._found(rows, right)
        added = right.drop(self.by_)
        added = added.rename({name: (self.prefix or "") + name for name in added.columns})
        return rows.with_columns(
            column.gather(found) if right.height else column.clear(rows.height)
            for column in added.iter_columns()
        )

    def counts(self, rows: pl.DataFrame, made: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> Json:
        """Count the rows that have a match, which always has a time."""
        return {"matched": made.height - made[(self.prefix or "") + self.their_time].null_count()}

    def findings(
        self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame], counts: Json
    ) -> Iterator[DataWarning]:
        lost = rows.height - counts["matched"]
        if counts["matched"] < FEWEST_FOUND * rows.height:
            message = (
                f"the join finds no match for {lost:,} of {rows.height:,} rows and adds no values to them"
            )
            yield DataWarning("unmatched-join", message)

    def _found(self, rows: pl.DataFrame, right: pl.DataFrame) -> pl.Series:
        """Return the number of the row that each row finds in the other table, missing if there is none."""
        import numpy as np
        import polars as pl

        keys = pl.concat([right.select(self.by_), rows.select(self.by_)])
        both = row_groups(keys, self.by_)
        theirs, groups = both[: right.height], both[right.height :]
        moments, times = times_of(right, self.their_time), times_of(rows, self.time)
        usable = np.flatnonzero((theirs >= 0) & right[self.their_time].is_not_null().to_numpy())
        order = usable[np.lexsort((moments[usable], theirs[usable]))]
        line = Timeline(theirs[order], moments[order])
        found = line.before(groups, times, self.known_after)
        there = (groups >= 0) & rows[self.time].is_not_null().to_numpy() & (found > line.first(groups))
        place = order[np.maximum(found - 1, 0)] if len(order) else np.zeros_like(found)
        if self.tolerance is not None and len(order):
            there &= moments[place] >= times - parse_duration(self.tolerance)
        return pl.Series(place, dtype=pl.UInt32).set(pl.Series(~there), None)

    def _time_problems(self, table: Table, right: Table) -> Iterator[Problem]:
        if self.time not in table.columns:
            yield Problem(
                "unknown-column", f"unknown column '{self.time}'", ("time",), near(self.time, table)
            )
        else:
            yield from untimely(table, self.time, ("time",))
        at = ("their_time",)
        if self.their_time not in right.columns:
            message = f"'{self.with_}' has no column '{self.their_time}'"
            yield Problem("unknown-column", message, at, near(self.their_time, right))
        elif self.their_time in self.by_:
            message = f"'{self.their_time}' is also in 'by', so no earlier row has the same key"
            yield Problem("contradiction", message, at, "remove it from 'by'")
        else:
            yield from untimely(right, self.their_time, at, self.with_)

    def _promises(self, right: Table) -> Iterator[Problem]:
        """Check that there is one latest row."""
        keys = [*self.by_, self.their_time]
        if not right.unique_within(keys):
            names = ", ".join(keys)
            message = (
                f"several rows of '{self.with_}' could be the latest: it is not declared unique in [{names}]"
            )
            help_ = f"add 'unique: [{names}]' to the contract of '{self.with_}', or use 'deduplicate' in a dataset"
            notes = (right.place,) if right.place else ()
            yield Problem("not-unique", message, ("with",), help_, notes=notes)
