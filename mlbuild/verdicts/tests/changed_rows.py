"""Computes the answers of a model for changed rows. It is imported when a test runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.columns import Schema
from mlbuild.expressions.binding import bind
from mlbuild.frozen import frozen
from mlbuild.verdicts.tests.subject import Subject

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

#: The most rows for which answers are computed, over all values of a grid, and at one time.
_MOST, _AT_ONCE = 1_000_000, 100_000
#: The number of values that are tried if the model does not say which are enough.
_SAMPLED = 33
_UNSEEN = "an unseen value"
_COMMON = 50


@frozen
class Grid:
    """Values of an input. `exact` means that the model makes no difference between any others."""

    values: Sequence[Any]
    exact: bool

    @property
    def text(self) -> str:
        return f"{len(self.values)} values that cover all" if self.exact else f"{len(self.values)} values"


def grid_of(subject: Subject, name: str, rows: pl.DataFrame) -> Grid:
    """Return increasing values of a numeric input: one on each side of every threshold of the trees if the input reaches
    them unchanged, or else some values of the rows.
    """
    import numpy as np

    whole = subject.inputs[name].dtype == "int"
    found = subject.thresholds(name)
    if found is not None:
        # A number that is equal to a threshold is on its lower side.
        values = np.append(found, np.nextafter(found[-1], np.inf)) if len(found) else np.zeros(1)
        if whole:
            values = np.unique(np.append(np.floor(found), np.floor(found[-1:]) + 1)) if len(found) else values
        return Grid([int(one) if whole else float(one) for one in values], exact=True)
    present = rows[name].drop_nulls().unique().sort()
    picked = np.unique(
        np.linspace(0, max(len(present) - 1, 0), min(_SAMPLED, len(present))).round().astype(int)
    )
    return Grid(present.gather(picked).to_list(), exact=False)


def alternatives(subject: Subject, name: str, rows: pl.DataFrame) -> Grid:
    """Return the values that an input can have, including missing."""
    type_ = subject.inputs[name]
    missing = [None] if type_.nullable else []
    if type_.dtype == "bool":
        return Grid([False, True, *missing], exact=True)
    if type_.numeric:
        grid = grid_of(subject, name, rows)
        return Grid([*grid.values, *missing], grid.exact)
    if type_.categories is not None:
        return Grid([*type_.categories, _UNSEEN, *missing], exact=True)
    common = (
        rows[name]
        .drop_nulls()
        .value_counts(sort=True, name="count")
        .sort("count", name, descending=[True, False])
    )
    unseen = [] if type_.temporal else [_UNSEEN]
    return Grid([*common[name].head(_COMMON).to_list(), *unseen, *missing], exact=False)


def thinned(rows: pl.DataFrame, values: int) -> Array:
    """Return the numbers of the rows to use, evenly spread, so that a grid of values does not take too long."""
    import numpy as np

    count = min(rows.height, max(_MOST // max(values, 1), 1))
    return np.linspace(0, max(rows.height - 1, 0), count).round().astype(np.int64)


def scores_over(
    subject: Subject, rows: pl.DataFrame, name: str, values: Sequence[Any]
) -> Iterator[Mapping[str, Array]]:
    """Yield the answers for all rows with each value of an input in turn."""
    import polars as pl

    for value in values:
        column = pl.Series(name, [value], rows[name].dtype).new_from_index(0, rows.height)
        yield answers(subject, rows.with_columns(column))


def answers(subject: Subject, rows: pl.DataFrame) -> Mapping[str, Array]:
    """Return the outputs for rows, in blocks of limited size."""
    import numpy as np

    blocks = [
        subject.run(rows[start : start + _AT_ONCE]) for start in range(0, max(rows.height, 1), _AT_ONCE)
    ]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def changed(rows: pl.DataFrame, change: Mapping[str, Any], subject: Subject) -> pl.DataFrame:
    """Return the rows with the new values of some inputs."""
    schema = Schema(subject.inputs)
    return rows.with_columns(
        bind(tree, schema).to_polars().cast(rows[name].dtype).alias(name) for name, tree in change.items()
    )


def differing(before: pl.DataFrame, after: pl.DataFrame) -> Array:
    """Return which rows differ, where missing values are equal."""
    import polars as pl

    same = pl.all_horizontal(before[name].eq_missing(after[name]) for name in before.columns)
    found: Array = ~pl.select(same).to_series().to_numpy()
    return found
