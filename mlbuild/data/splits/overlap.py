"""Finds what a split or folds do not keep apart: equal rows, and rows of one thing, that are in several parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from mlbuild.data.data_warning import DataWarning
from mlbuild.data.evidence.promises import groups_rows
from mlbuild.data.evidence.words import says_key
from mlbuild.hints import listed

if TYPE_CHECKING:
    import polars as pl

#: How many values are shown as examples.
_EXAMPLES = 3


def equal_rows(parts: Mapping[str, pl.DataFrame]) -> Iterator[DataWarning]:
    """Yield which parts have rows that are equal in all columns."""
    import polars as pl

    hashes = {name: rows.hash_rows(seed=0) for name, rows in parts.items()}
    if pl.concat(hashes.values()).n_unique() == sum(map(len, hashes.values())):
        return  # most tables have no equal rows at all, which is faster to find out
    for first, second in combinations(parts, 2):
        count = int(hashes[second].is_in(hashes[first].unique().implode()).sum())
        if count:
            rows = f"{count:,} of {parts[second].height:,} {second} rows"
            yield DataWarning("split-overlap", f"{rows} are equal to a {first} row in all columns")


def shared_keys(parts: Mapping[str, pl.DataFrame], what: str = "parts of the split") -> Iterator[DataWarning]:
    """Yield which columns that group rows have a value in two parts; `what` the parts are."""
    for name in next(iter(parts.values())).columns:
        if says_key(name):
            yield from _shared({part: rows[name] for part, rows in parts.items()}, name, what)


def shared_groups(parts: Mapping[str, pl.DataFrame], columns: Sequence[str]) -> Iterator[DataWarning]:
    """Yield how many groups of rows with equal values in some columns are in two parts, so that no metric orders all their rows.

    A column that `shared_keys` tells about is left out.
    """
    import polars as pl

    rows = pl.concat([one.select(columns) for one in parts.values()])
    if len(columns) == 1 and groups_rows(columns[0], rows[columns[0]]):
        return
    held = pl.concat([one.select(columns).unique() for one in parts.values()])
    several, every = held.filter(held.is_duplicated()).unique().height, rows.unique().height
    if several:
        names = listed(f"'{name}'" for name in columns)
        message = f"{several:,} of {every:,} groups of {names} have rows in several parts of the split"
        yield DataWarning("split-overlap", f"{message}: the model's metrics order only some of their rows")


def _shared(parts: Mapping[str, pl.Series], name: str, what: str) -> Iterator[DataWarning]:
    import polars as pl

    values = pl.concat(parts.values()).drop_nulls()
    if not groups_rows(name, values):
        return
    pairs = pl.DataFrame(
        {
            "value": pl.concat(parts.values()),
            "part": pl.concat(
                [pl.Series([part]).new_from_index(0, len(some)) for part, some in parts.items()]
            ),
        }
    ).drop_nulls()
    shared = pairs.unique().group_by("value").len().filter(pl.col("len") > 1)["value"].sort()
    if len(shared):
        message = f"{len(shared):,} of {values.n_unique():,} values of '{name}' have rows in several {what}"
        where = f"in several {what.split()[0]}, {name}"
        yield DataWarning("split-overlap", message, {where: shared.head(_EXAMPLES).to_list()})
