"""Finds the columns that say which rows belong together: the ids of persons, animals or places with several rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mlbuild.data.evidence.words import is_being, says_code, says_entity, says_key, says_kind
from mlbuild.data.inference import Inferred
from mlbuild.drafts.times import Timeline, says_time
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

#: The fewest different values of a key, by how clearly the name of the column says that it is one.
_NAMED, _SUGGESTED, _FEWEST = 5, 8, 20
#: With more times, rows of a group are a series rather than a few measurements.
MOST_WAVES = 12


@frozen
class Group:
    """A column whose equal values belong together, and the number of different ones.

    New rows can be about things that are `sampled`, such as persons. Others, such as states, are all known.
    """

    name: str
    count: int
    sampled: bool


def groups(inferred: Inferred, rows: pl.DataFrame, target: str, times: Sequence[Timeline]) -> list[Group]:
    """Return the columns that group rows, the one to split by first."""
    found = {one.name: one for one in _found(inferred, rows, target, times)}
    order = sorted(found.values(), key=lambda one: -one.count)
    # Rows that a coarser key keeps together stay together by the finer one too.
    if order:
        coarser = [one for one in order if one.count >= _FEWEST and _nested(rows, order[0].name, one.name)]
        first = min(coarser, key=lambda one: one.count, default=order[0])
        order = [first, *(one for one in order if one is not first)]
    return order


def _nested(rows: pl.DataFrame, fine: str, coarse: str) -> bool:
    import polars as pl

    return fine == coarse or pl.DataFrame([rows[fine], rows[coarse]]).n_unique() == rows[fine].n_unique()


def _found(inferred: Inferred, rows: pl.DataFrame, target: str, times: Sequence[Timeline]) -> Iterator[Group]:
    in_time = {column for one in times for column in one.columns}
    numeric = [name for name, column in inferred.columns.items() if column.dtype in ("int", "float")]
    counting = [rows[name] for name in numeric if name != target and says_time(name)]
    moments = [*(one.values for one in times), *counting]
    for name, column in inferred.columns.items():
        if name == target or name in in_time or column.dtype not in ("int", "string", "float"):
            continue
        values = rows[name]
        named = says_entity(name) or says_code(name)
        if column.dtype == "float" and not (named and bool((values == values.round()).all())):
            continue
        count = values.n_unique()
        if values.null_count() or count < _NAMED or rows.height == count:
            continue
        if _is_key(name, values, count):
            yield Group(name, count, not says_kind(name))
        elif rows.height >= 2 * count and _is_unit(values, count, moments):
            yield Group(name, count, named and not says_kind(name))


def _is_key(name: str, values: pl.Series, count: int) -> bool:
    import polars as pl

    text = values.dtype == pl.String
    if says_key(name) and not says_kind(name):
        return count >= _SUGGESTED or is_being(name)
    blocks = int((values != values.shift(1)).fill_null(True).sum()) == count
    if says_entity(name) and not says_key(name):
        return count >= (_NAMED if is_being(name) and (text or blocks) else _SUGGESTED if blocks else _FEWEST)
    if count < _FEWEST or not blocks:
        return False
    sizes = values.value_counts(name="rows")["rows"]
    # The same number of rows for each value, one after the other, is how repeated measurements are written.
    numbered = text or bool((values.unique().sort().diff().drop_nulls() == 1).all())
    return numbered and sizes.n_unique() == 1


def _is_unit(values: pl.Series, count: int, moments: Sequence[pl.Series]) -> bool:
    """Whether a column and a time, but neither of them alone, determine the row."""
    import polars as pl

    if count < _SUGGESTED or not (values.dtype == pl.String or _in_blocks(values, count)):
        return False
    return any(
        3 <= times.n_unique() < len(values) / 2
        and pl.DataFrame([values.alias("unit"), times.alias("time")]).n_unique() == len(values)
        for times in moments
        if times.name != values.name
    )


def _in_blocks(values: pl.Series, count: int) -> bool:
    runs = int((values != values.shift(1)).fill_null(True).sum())
    return runs == count or bool((values.unique().sort().diff().drop_nulls() == 1).all())
