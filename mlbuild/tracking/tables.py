"""Compares the rows of a source between two builds, column by column and, with a key, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.engine.decide.records import Action
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from mlbuild.pipeline.parts import WHOLE, stored_table
from mlbuild.tracking.builds import Build, at
from mlbuild.tracking.results import result_of

if TYPE_CHECKING:
    import polars as pl

#: The most rows that are named.
_NAMED = 3


@frozen(eq=False)
class RowChanges:
    """How many rows a key has only in one table, how many have other values, and in which columns; and the keys of some.

    `old` and `new` are the numbers of rows.
    """

    old: int
    new: int
    key: tuple[str, ...]
    added: int
    removed: int
    changed: int
    cells: Mapping[str, int]
    examples: Mapping[str, list[list[str]]]


@frozen(eq=False)
class TableChanges:
    """The columns that differ between two versions of a source, and the rows, if they were compared."""

    source: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    rows: RowChanges | None = None

    def to_json(self) -> dict[str, Any]:
        return vars(self) | {"rows": self.rows and dict(vars(self.rows))}


def table_changes(store: DiskStore, old: Build, new: Build, name: str, *, rows: bool) -> TableChanges | None:
    """Return what differs between two versions of a source; None if nothing does, or one of them is unknown.

    Columns are compared by their digests. With `rows`, those that differ are read and joined by the key that the contract
    promises to be unique, if it has one.
    """
    actions = [result_of(store, build, f"source:{name}") for build in (old, new)]
    if actions[0] is None or actions[1] is None:
        return None
    before, after = (_columns(action) for action in actions if action)
    if before == after:
        return None
    found = TableChanges(
        name,
        tuple(column for column in after if column not in before),
        tuple(column for column in before if column not in after),
        tuple(column for column in after if column in before and before[column] != after[column]),
    )
    key = _key(new, name)
    if not rows or not key or not set(key) <= before.keys() & after.keys():
        return found
    wanted = [*dict.fromkeys([*key, *found.changed])]
    tables = [stored_table(store.contents, action, WHOLE, wanted) for action in actions if action]
    if tables[0] is None or tables[1] is None:
        return found
    values = [column for column in found.changed if column not in key]
    return TableChanges(
        name, found.added, found.removed, found.changed, _compared(tables[0], tables[1], key, values)
    )


def _compared(old: pl.DataFrame, new: pl.DataFrame, key: tuple[str, ...], values: list[str]) -> RowChanges:
    import polars as pl

    names = [*key]
    added = new.join(old.select(names), on=names, how="anti", nulls_equal=True)
    removed = old.join(new.select(names), on=names, how="anti", nulls_equal=True)
    # A column whose dtype changed has other values in every row.
    both = new.join(old, on=names, how="inner", nulls_equal=True, suffix="\0")
    apart = both.select(
        *names,
        *(
            pl.col(name).ne_missing(pl.col(f"{name}\0"))
            if old[name].dtype == new[name].dtype
            else pl.lit(True).alias(name)
            for name in values
        ),
    )
    cells = {name: int(apart[name].sum()) for name in values}
    changed = apart.filter(pl.any_horizontal([pl.col(name) for name in values])) if values else apart.clear()
    examples = {
        what: [[str(cell) for cell in row] for row in table.select(names).head(_NAMED).rows()]
        for what, table in (("added", added), ("removed", removed), ("changed", changed))
    }
    return RowChanges(
        old.height, new.height, key, added.height, removed.height, changed.height, cells, examples
    )


def _columns(action: Action) -> dict[str, str]:
    """Return the digest of each column."""
    prefix = f"{WHOLE}/"
    return {part.removeprefix(prefix): one for part, one in action.digests.items() if part.startswith(prefix)}


def _key(build: Build, name: str) -> tuple[str, ...]:
    """Return the columns that the contract of a source promises to be unique; empty if there are none."""
    contract = at(build.values, "contracts", str(at(build.values, "sources", name, "contract")))
    promised = at(contract, "unique")
    if isinstance(promised, list):
        return tuple(map(str, promised))
    columns = at(contract, "columns")
    alone = (
        [str(one) for one in columns if at(columns, one, "unique") is True]
        if isinstance(columns, dict)
        else []
    )
    return tuple(alone[:1])
