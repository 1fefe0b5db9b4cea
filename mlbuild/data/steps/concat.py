"""The dataset step `concat`: appends the rows of other tables with the same columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.columns import ColumnType
from mlbuild.data.lineage import Computed, Decision, Merged, Node, boundary
from mlbuild.data.steps.joins.matching import differing_dtypes
from mlbuild.data.steps.step import DatasetStep, near
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.params import Json, ListOf, Name, field, write

if TYPE_CHECKING:
    import polars as pl


@frozen
class Concat(DatasetStep):
    """Append the rows of other tables, in the order in which they are listed.

    All tables must have columns with the same names and dtypes. Their order does not matter.
    """

    op = "concat"
    discriminator = ("op", "concat")
    rows = "appended"

    with_: tuple[str, ...] = field(
        ListOf(Name("table"), or_one=True, min_items=1, unique=True),
        "Sources and datasets to append.",
        key="with",
    )

    def tables(self) -> Mapping[str, Path]:
        return {name: ("with", index) for index, name in enumerate(self.with_)}

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        problems = [one for index in range(len(self.with_)) for one in self._problems(table, others, index)]
        if problems:
            raise Rejected(*problems)
        tables = [table, *(others[name] for name in self.with_)]
        shared = _shared(tables)
        merged = [name for name, column in table.columns.items() if column.node not in shared]
        made = {
            name: merged_column(name, [one.columns[name] for one in tables], at) for name in table.columns
        }
        columns = {name: made[name] if name in merged else table.columns[name] for name in table.columns}
        # In the rows of this table, the type of a column that is passed on is another one than in the others.
        both = {name: replace(column, trained=made[name].trained) for name, column in columns.items()}
        return replace(
            table.plus(both),
            dropped=table.without(merged, at).dropped,
            unique=(),
            chosen=_all([one.chosen for one in tables], at),
            ordered=_all([one.ordered for one in tables], at),
            afterwards=tuple(dict.fromkeys(node for one in tables for node in one.afterwards)),
        )

    def doubtful(self, table: Table, at: Path) -> Table:
        return table

    def canonical(self, table: Table, slots: Mapping[str, str]) -> Json:
        return write(self) | {"with": [slots[name] for name in self.with_]}

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        import polars as pl

        # Hidden columns are missing in the appended rows. Nothing needs them there.
        return pl.concat([rows, *(tables[name] for name in self.with_)], how="diagonal")

    def _problems(self, table: Table, others: Mapping[str, Table], index: int) -> Iterator[Problem]:
        name, at = self.with_[index], ("with", index)
        other = others[name]
        for column in table.columns:
            if column in other.columns:
                yield from differing_dtypes(table, column, other, column, name, at)
                yield from _token_problems(table, other, column, name, at)
        missing = [one for one in table.columns if one not in other.columns and table.has(one)]
        if missing:
            message = f"'{name}' has no {_columns(missing)}, which the table before this step has"
            help_ = near(missing[0], other) if len(missing) == 1 else None
            yield Problem("unknown-column", message, at, help_, notes=(table.note(missing[0]),))
        more = [one for one in other.columns if one not in table.columns and other.has(one)]
        if more:
            message = f"'{name}' has the {_columns(more)}, which the table before this step does not have"
            help_ = "make a dataset in which the differing columns are dropped or renamed, and concatenate that dataset"
            yield Problem("unknown-column", message, at, help_, notes=(other.note(more[0], name),))


def _columns(names: Sequence[str]) -> str:
    told = listed(f"'{name}'" for name in names)
    return f"column {told}" if len(names) == 1 else f"columns {told}"


def _token_problems(table: Table, other: Table, column: str, name: str, at: Path) -> Iterator[Problem]:
    """Report strings that can be missing, but not by the same text: a client can send only one."""
    here, there = table.columns[column], other.columns[column]
    missing = here.served.nullable or there.served.nullable
    if (
        here.served.dtype == there.served.dtype == "string"
        and missing
        and here.null_token != there.null_token
    ):
        told = ["no string" if one.null_token is None else f"'{one.null_token}'" for one in (here, there)]
        message = f"{told[0]} represents a missing '{column}' here, but {told[1]} does in '{name}'"
        notes = (table.note(column), other.note(column, name))
        help_ = "declare the same 'null_token' in both contracts, or derive the column after this step"
        yield Problem("missing-null-token", message, at, help_, notes=notes)


def _shared(tables: Sequence[Table]) -> set[Node]:
    """Return the nodes that every table has under the same name, with all that they are computed from.

    These columns are the same in all rows. Any other column is a new one: its rows come from several columns.
    """
    first, *others = tables
    same = {
        column.node
        for name, column in first.columns.items()
        if all(one.columns[name].node is column.node for one in others)
    }
    return {node for node in same if not isinstance(node, Computed) or same.issuperset(boundary([node])[0])}


def merged_column(name: str, columns: Sequence[TableColumn], at: Path) -> TableColumn:
    """Return the column whose rows come from several columns."""
    node = Merged(name, at, tuple(dict.fromkeys(column.node for column in columns)))
    tokens = {column.null_token for column in columns}
    return TableColumn(
        node,
        _common([column.served for column in columns]),
        _common([column.trained for column in columns]),
        tokens.pop() if len(tokens) == 1 else None,
        all(column.sure for column in columns),
    )


def _common(types: Sequence[ColumnType]) -> ColumnType:
    """Return the type of values that have one of these types, which are of the same dtype."""
    known = [one.categories for one in types if one.categories is not None]
    every = tuple(dict.fromkeys(value for categories in known for value in categories))
    unknown = next((one for one in types if not one.known), None)
    nullable = any(one.nullable for one in types)
    categories = every if len(known) == len(types) else None
    return unknown or ColumnType(types[0].dtype, nullable, categories, all(one.finite for one in types))


def _all(decisions: Sequence[Decision | None], at: Path) -> Decision | None:
    """Return what all of these decide."""
    made = tuple(dict.fromkeys(one for one in decisions if one is not None))
    return made[0] if len(made) == 1 else Decision("", at, made) if made else None
