"""The dataset step `join`: adds the columns of another table, with at most one of its rows for each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from mlbuild.data.data_warning import DataWarning
from mlbuild.data.faults import Fault, faulty, first
from mlbuild.data.lineage import Finding, Node
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.hints import did_you_mean, listed, meant_as_list
from mlbuild.params import Choice, Json, ListOf, Name, Text, field, write

if TYPE_CHECKING:
    import polars as pl

#: A person should know if an inner join drops a larger share of the rows, or a left join finds partners for fewer.
_MOST_LOST, _FEWEST_FOUND = 0.1, 0.01
#: How many keys are shown as examples, and among how many they are looked for.
_EXAMPLES, _LOOKED_AT = 3, 10_000

_HOW = {
    "left": "keep rows without a match; their added values are missing",
    "inner": "drop rows without a match",
}
_CARDINALITY = {
    "many_to_one": "several rows can match the same row of the other table",
    "one_to_one": "fail if two rows match the same row of the other table",
}


@dataclass(frozen=True)
class Join(DatasetStep):
    """Add the columns of another table from the row that has the same values in the `using` columns.

    Rows keep their order. A missing value does not match any value.
    """

    op = "join"
    discriminator = ("op", "join")

    with_: str = field(Name("table"), "Source or dataset whose columns to add.", key="with")
    using: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns to join on; they have the same name in both tables. The contract of the other table must declare them `unique`.",
    )
    how: Literal["left", "inner"] = field(
        Choice(_HOW), "What to do with rows without a match.", default="left"
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

    def tables(self) -> tuple[str, ...]:
        return (self.with_,)

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        right = others[self.with_]
        problems = [*self._keys(table, right)] or [*self._promises(table, right), *self._names(table, right)]
        if problems:
            raise Rejected(*problems)
        finding = self._finding(table, right, at)
        kept = table.filtered(finding.match, self.using) if self.how == "inner" else table
        names = self._others(right)
        nodes = finding.see(right.nodes(names))
        added = {
            self._renamed(name): self._added(right.columns[name], node)
            for name, node in zip(names, nodes, strict=True)
        }
        return replace(kept.plus(added), afterwards=(*table.afterwards, *finding.see(right.afterwards)))

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        return write(self) | {"with": slots[self.with_]}

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        right = tables[self.with_]
        self._demand_unique(right, "finds several matches for a row")
        if self.cardinality == "one_to_one":
            self._demand_unique(rows, "is not one-to-one")
        right = right.rename({name: self._renamed(name) for name in right.columns})
        return rows.join(right, on=list(self.using), how=self.how, nulls_equal=False, maintain_order="left")

    def counts(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> Json:
        """Count the rows that have a partner."""
        return {"partners": self._matched(rows, tables, "semi").height}

    def findings(
        self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame], counts: Json
    ) -> Iterator[DataWarning]:
        lost = rows.height - counts["partners"]
        inner = self.how == "inner"
        if lost > _MOST_LOST * rows.height if inner else counts["partners"] < _FEWEST_FOUND * rows.height:
            what = "drops them" if inner else "adds no values to them"
            message = f"the join finds no match for {lost:,} of {rows.height:,} rows and {what}"
            alone, there = self._matched(rows, tables, "anti"), tables[self.with_].select(self.using)
            yield DataWarning(
                "join-without-partner",
                message,
                {
                    f"without a match, {listed(self.using)}": _examples(alone),
                    f"in the other table, {listed(self.using)}": _examples(there),
                },
            )

    def _matched(
        self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame], how: Literal["semi", "anti"]
    ) -> pl.DataFrame:
        """Return the keys of the rows that have a partner, or of those that have none."""
        using = list(self.using)
        return rows.select(using).join(tables[self.with_].select(using), on=using, how=how, nulls_equal=False)

    def _keys(self, table: Table, right: Table) -> Iterator[Problem]:
        """Report what is wrong with the `using` columns."""
        for index, name in enumerate(self.using):
            at = ("using", index)
            if name not in table.columns:
                yield Problem("unknown-column", f"unknown column '{name}'", at, _near(name, table))
            elif name not in right.columns:
                yield Problem(
                    "unknown-column", f"'{self.with_}' has no column '{name}'", at, _near(name, right)
                )
            else:
                here, there = table.columns[name].served, right.columns[name].served
                if here.known and there.known and here.dtype != there.dtype:
                    message = f"'{name}' is of dtype {here.dtype} here, but of dtype {there.dtype} in '{self.with_}'"
                    help_ = "declare the same dtype in both contracts"
                    notes = (table.note(name), right.note(name, self.with_))
                    yield Problem("type-mismatch", message, at, help_, notes=notes)

    def _promises(self, table: Table, right: Table) -> Iterator[Problem]:
        """Check that each row has at most one match and, for one_to_one, that this also holds in the other
        direction.
        """
        listed = f"[{', '.join(self.using)}]"
        add = f"add 'unique: {listed}' to the contract of"
        if not right.unique_within(self.using):
            message = (
                f"a row could match several rows of '{self.with_}': it is not declared unique in {listed}"
            )
            wider = self._wider(table, right)
            help_ = f"join using [{', '.join(wider)}]" if wider else f"{add} '{self.with_}'"
            notes = (right.place,) if right.place else ()
            yield Problem("not-unique", message, ("with",), help_, notes=notes)
        if self.cardinality == "one_to_one" and not table.unique_within(self.using):
            message = f"the join may not be one-to-one: this table is not declared unique in {listed}"
            help_ = f"{add} the source that the dataset starts from, or use many_to_one"
            yield Problem("not-unique", message, ("cardinality",), help_)

    def _wider(self, table: Table, right: Table) -> tuple[str, ...]:
        """Return columns of both tables in which the other table is unique; some may have been forgotten in
        `using`.
        """
        wanted, both = set(self.using), set(table.columns)
        return next((names for names in right.promises() if wanted < set(names) <= both), ())

    def _names(self, table: Table, right: Table) -> Iterator[Problem]:
        """Report columns that cannot be added."""
        others = self._others(right)
        if self.prefix and not others:
            message = f"'prefix' has no effect: '{self.with_}' has no columns other than those of 'using'"
            yield Problem("no-effect", message, ("prefix",), "remove it", on="key")
        forgotten = () if right.unique_within(self.using) else self._wider(table, right)
        clashes = [name for name in others if table.has(self._renamed(name)) and name not in forgotten]
        yield from self._clashes(clashes, table, right)
        for name in others:
            column = right.columns[name]
            missing = self.how == "left" or column.served.nullable
            if column.served.dtype == "string" and missing and column.null_token is None:
                message = f"'{name}' of '{self.with_}' can be missing after this join, but no string represents a missing value"
                declared = f"add a 'null_token' to column '{column.node.name}' in the contract"
                help_ = declared if column.node.declared else "derive it after the join"
                notes = (right.note(name, self.with_),)
                yield Problem("missing-null-token", message, ("with",), help_, notes=notes)

    def _clashes(self, names: Sequence[str], table: Table, right: Table) -> Iterator[Problem]:
        """Report the columns that would exist twice. One `prefix` fixes all of them."""
        if names:
            second = listed(f"'{self._renamed(name)}'" for name in names)
            message = f"'{self.with_}' would add a second column {second}"
            help_ = f"add a 'prefix' to tell them apart, such as '{self.with_}_'"
            at = ("prefix",) if self.prefix else ("with",)
            notes = (table.note(self._renamed(names[0])), right.note(names[0], self.with_))
            yield Problem("duplicate-column", message, at, help_, notes=notes)

    def _others(self, right: Table) -> list[str]:
        return [name for name in right.columns if name not in self.using]

    def _renamed(self, name: str) -> str:
        return name if name in self.using else (self.prefix or "") + name

    def _finding(self, table: Table, right: Table, at: Path) -> Finding:
        keys = dict(zip(right.nodes(self.using), table.nodes(self.using), strict=True))
        same = [name for name, key in zip(self.using, keys, strict=True) if key.datum == keys[key].datum]
        return Finding(at, keys, right.chosen, itself=bool(same) and right.unique_within(same))

    def _added(self, column: TableColumn, node: Node) -> TableColumn:
        """Return a column of the other table as it appears here.

        The client sends its value, whatever it was computed from.
        """
        left = self.how == "left"
        return TableColumn(
            node,
            column.served.with_nullable(column.served.nullable or left),
            column.trained.with_nullable(column.trained.nullable or left),
            column.null_token,
            column.sure,
        )

    def _demand_unique(self, rows: pl.DataFrame, otherwise: str) -> None:
        keys = rows.select(self.using)
        repeated = keys.is_duplicated()
        for name in self.using:
            repeated &= keys[name].is_not_null()
        if repeated.any():
            listed = f"[{', '.join(self.using)}]"
            fault = Fault.of(self.using, f"unique {listed}", repeated.arg_true().to_list(), keys)
            raise faulty(f"the join using {listed} {otherwise}", [fault])


def _examples(keys: pl.DataFrame) -> list[Any]:
    """Return the first different keys."""
    some = keys.head(_LOOKED_AT).unique(maintain_order=True).head(_EXAMPLES)
    return first([row[0] if len(row) == 1 else row for row in some.rows()])


def _near(name: str, table: Table) -> str:
    near = meant_as_list(name, table.columns) or did_you_mean(name, table.columns)
    return near or f"available columns: {listed(table.columns)}"
