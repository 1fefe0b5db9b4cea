"""The dataset step `join`: matches each row with at most one row of another table, or only looks whether there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from mlbuild.data.data_warning import DataWarning
from mlbuild.data.faults import first
from mlbuild.data.steps.finding import Finding
from mlbuild.data.steps.joins.matching import FEWEST_FOUND, Match, demand_unique
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.params import Choice, Json, ListOf, MapOf, Name, Text, field, write

if TYPE_CHECKING:
    import polars as pl

#: Warn if an inner join drops a larger share of the rows, or a left join finds matches for a smaller one.
_MOST_LOST = 0.1
#: How many keys are shown as examples, and among how many they are looked for.
_EXAMPLES, _LOOKED_AT = 3, 10_000

_HOW = {
    "left": "add the columns of the other table, and keep rows without a match; their added values are missing",
    "inner": "add the columns of the other table, and drop rows without a match",
    "semi": "keep the rows with a match, and add no columns",
    "anti": "keep the rows without a match, and add no columns",
}
_CARDINALITY = {
    "many_to_one": "several rows can match the same row of the other table",
    "one_to_one": "fail if two rows match the same row of the other table",
}


@frozen
class Join(DatasetStep):
    """Match each row with the row of another table that has the same key, and add its columns.

    The key is named by `using` or `on`. Rows keep their order. A missing value does not match any value.
    """

    op = "join"
    discriminator = ("op", "join")
    usual = ("using",)

    with_: str = field(Name("table"), "Source or dataset to join.", key="with")
    using: tuple[str, ...] | None = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns to join on that have the same name in both tables. Unless `how` is semi or anti, the contract of the other table must declare them `unique`.",
        default=None,
        examples=(["id"],),
    )
    on: Mapping[str, str] | None = field(
        MapOf(Name("column"), min_items=1, names=Name("column")),
        "Columns to join on, instead of `using`: names in this table, each with its name in the other table.",
        default=None,
        examples=({"customer": "id"},),
    )
    how: Literal["left", "inner", "semi", "anti"] = field(
        Choice(_HOW), "What to add, and what to do with rows without a match.", default="left"
    )
    cardinality: str = field(
        Choice(_CARDINALITY),
        "How many rows can match the same row of the other table. The build checks it.",
        default="many_to_one",
    )
    prefix: str | None = field(
        Text(),
        "Prefix for the names of the added columns.",
        default=None,
        examples=("weather_",),
    )

    def check(self) -> Iterator[Problem]:
        if self.using is None and self.on is None:
            yield Problem("missing-key", "a join needs 'using' or 'on'", ())
        elif self.using is not None and self.on is not None:
            message = "a join has either 'using' or 'on', not both"
            yield Problem("contradiction", message, ("on",), "put all keys under 'on'", on="key")
        there: dict[str, str] = {}
        for name, other in (self.on or {}).items():
            if other in there:
                message = f"'{there[other]}' and '{name}' are both joined on '{other}'"
                yield Problem("contradiction", message, ("on", name), "compare them in a filter instead")
            there[other] = name
        if not self._adds:
            if self.prefix is not None:
                message = f"'prefix' has no effect: a join with 'how: {self.how}' adds no columns"
                yield Problem("no-effect", message, ("prefix",), "remove it", on="key")
            if self.cardinality != "many_to_one":
                message = f"'cardinality' has no effect on a join with 'how: {self.how}'"
                yield Problem("no-effect", message, ("cardinality",), "remove it", on="key")

    def tables(self) -> Mapping[str, Path]:
        return {self.with_: ("with",)}

    @property
    def keys(self) -> Mapping[str, str]:
        """The columns here that must equal columns of the other table."""
        return self.on if self.on is not None else {name: name for name in self.using or ()}

    @property
    def _adds(self) -> bool:
        return self.how in ("left", "inner")

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        right = others[self.with_]
        match = Match(table, right, self.with_, self.keys, self.prefix, optional=self.how == "left")
        problems = [*match.key_problems(self._paths())]
        if not problems and self._adds:
            forgotten = () if right.unique_within(self.keys.values()) else self._wider(match)
            problems = [*self._promises(match), *match.column_problems(forgotten)]
        if problems:
            raise Rejected(*problems)
        finding = self._finding(table, right, at)
        sure = self.keys if self.how in ("inner", "semi") else ()
        kept = table if self.how == "left" else table.filtered(finding.match, sure)
        joined = kept.plus(match.added(finding)) if self._adds else kept
        late = finding.late(right.afterwards, right.nodes(right.columns))
        return replace(joined, afterwards=(*table.afterwards, *late))

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        return write(replace(self, using=None, on=dict(self.keys))) | {"with": slots[self.with_]}

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        right = tables[self.with_]
        here = {there: name for name, there in self.keys.items()}
        if self._adds:
            demand_unique(right, [*here], f"the join {self._said} finds several matches for a row")
            if self.cardinality == "one_to_one":
                demand_unique(rows, [*self.keys], f"the join {self._said} is not one-to-one")
        else:
            right = right.select([*here])
        right = right.rename({name: here.get(name, (self.prefix or "") + name) for name in right.columns})
        return rows.join(right, on=[*self.keys], how=self.how, nulls_equal=False, maintain_order="left")

    def counts(self, rows: pl.DataFrame, made: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> Json:
        """Count the rows that have a match."""
        if self.how == "anti":
            return {"matched": rows.height - made.height}
        if self.how != "left":
            return {"matched": made.height}
        # A column without missing values in the other table is missing here only where there is no match.
        added = tables[self.with_].drop(self.keys.values())
        full = next((column.name for column in added if not column.null_count()), None)
        if full is None:
            return {"matched": self._matched(rows, tables, "semi").height}
        return {"matched": made.height - made[(self.prefix or "") + full].null_count()}

    def findings(
        self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame], counts: Json
    ) -> Iterator[DataWarning]:
        lost = rows.height - counts["matched"]
        inner = self.how == "inner"
        if not self._adds:  # to drop rows is what it is for
            return
        if lost > _MOST_LOST * rows.height if inner else counts["matched"] < FEWEST_FOUND * rows.height:
            what = "drops them" if inner else "adds no values to them"
            message = f"the join finds no match for {lost:,} of {rows.height:,} rows and {what}"
            alone, there = self._matched(rows, tables, "anti"), tables[self.with_].select(self.keys.values())
            yield DataWarning(
                "unmatched-join",
                message,
                {
                    f"without a match, {listed(self.keys)}": _examples(alone),
                    f"in the other table, {listed(self.keys.values())}": _examples(there),
                },
            )

    def _matched(
        self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame], how: Literal["semi", "anti"]
    ) -> pl.DataFrame:
        """Return the keys of the rows that have a match, or of those that have none."""
        here, there = [*self.keys], [*self.keys.values()]
        right = tables[self.with_].select(there)
        return rows.select(here).join(right, left_on=here, right_on=there, how=how, nulls_equal=False)

    @property
    def _said(self) -> str:
        """How messages name the key."""
        same = all(name == there for name, there in self.keys.items())
        names = [name if same else f"{name} = {there}" for name, there in self.keys.items()]
        return f"{'using' if same else 'on'} [{', '.join(names)}]"

    def _paths(self) -> dict[str, Path]:
        """Return the path of each key below this step."""
        if self.on is not None:
            return {name: ("on", name) for name in self.on}
        return {name: ("using", index) for index, name in enumerate(self.using or ())}

    def _promises(self, match: Match) -> Iterator[Problem]:
        """Check that each row has at most one match and, for one_to_one, that this also holds in the other
        direction.
        """
        table, right = match.table, match.right
        here, there = ", ".join(self.keys), ", ".join(self.keys.values())
        if not right.unique_within(self.keys.values()):
            message = (
                f"a row could match several rows of '{self.with_}': it is not declared unique in [{there}]"
            )
            wider = self._wider(match)
            add = f"add 'unique: [{there}]' to the contract of '{self.with_}'"
            help_ = f"join using [{', '.join(wider)}]" if wider else add
            notes = (right.place,) if right.place else ()
            yield Problem("not-unique", message, ("with",), help_, notes=notes)
        if self.cardinality == "one_to_one" and not table.unique_within(self.keys):
            message = f"the join may not be one-to-one: this table is not declared unique in [{here}]"
            help_ = f"add 'unique: [{here}]' to the contract of the source that the dataset starts from, or use many_to_one"
            yield Problem("not-unique", message, ("cardinality",), help_)

    def _wider(self, match: Match) -> tuple[str, ...]:
        """Return columns of both tables in which the other table is unique; some may have been forgotten in
        `using`.
        """
        wanted, both = set(self.using or ()), set(match.table.columns)
        if not wanted:
            return ()
        return next((names for names in match.right.promises() if wanted < set(names) <= both), ())

    def _finding(self, table: Table, right: Table, at: Path) -> Finding:
        keys = dict(zip(right.nodes(self.keys.values()), table.nodes(self.keys), strict=True))
        equal = [there.datum == here.datum for there, here in keys.items()]
        same = [name for name, one in zip(self.keys.values(), equal, strict=True) if one]
        return Finding(
            at,
            keys,
            right.chosen,
            itself=bool(same) and right.identified_by(same),
            any_row=not right.identified_by(self.keys.values()),
        )


def _examples(keys: pl.DataFrame) -> Sequence[Any]:
    """Return the first different keys."""
    some = keys.head(_LOOKED_AT).unique(maintain_order=True).head(_EXAMPLES)
    return first([row[0] if len(row) == 1 else row for row in some.rows()])
