"""Shared by ops that count categories: how often each occurs, and which are frequent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Problem
from mlbuild.ops.vocabulary import fit_vocabulary
from mlbuild.params import Number, field

if TYPE_CHECKING:
    import polars as pl

#: The maximum number of distinct values in one column.
LIMIT = 100_000


def count_words(op: str, column: pl.Series, type_: ColumnType) -> tuple[list[Any], list[int]]:
    """Return the sorted values of the training rows, and how many rows have each.

    Raises:
        Failed: There is no value, there are more than `LIMIT`, or an integer is larger than 2^53.
    """
    words = fit_vocabulary(op, column, replace(type_, categories=None), LIMIT)
    return words, rows_of(words, column)


def rows_of(words: Sequence[Any], column: pl.Series) -> list[int]:
    """Return how many rows have each of these values."""
    rows = dict(column.drop_nulls().alias("word").value_counts(name="rows").iter_rows())
    return [rows.get(word, 0) for word in words]


def min_frequency_field() -> Any:
    """Return the parameter `min_frequency`, which `frequency_problems` checks and `frequent` takes."""
    return field(
        Number(above=0),
        "The smallest number of training rows of a frequent category or, if it is less than 1, the smallest share.",
        default=None,
        examples=(0.01, 20),
    )


def frequency_problems(min_frequency: float | None) -> Iterator[Problem]:
    """Report a number that is neither a share nor a number of rows."""
    if min_frequency is not None and min_frequency >= 1 and not min_frequency.is_integer():
        message = f"'min_frequency' must be a share below 1 or a number of rows, not {min_frequency:g}"
        yield Problem("not-allowed", message, ("min_frequency",))


def frequent(
    counts: Sequence[int], rows: int, min_frequency: float | None, max_categories: int | None
) -> list[bool]:
    """Return which categories are frequent, as scikit-learn's `OneHotEncoder` decides it.

    `min_frequency` is a number of rows or, below 1, a share of `rows`. If that leaves more than `max_categories`,
    including one for all that are not frequent, the most frequent ones remain; of equally frequent ones, the last.
    """
    least = 0 if min_frequency is None else min_frequency * (rows if min_frequency < 1 else 1)
    chosen = [count >= least for count in counts]
    if max_categories is not None and sum(chosen) + (not all(chosen)) > max_categories:
        order = sorted(range(len(counts)), key=lambda place: counts[place])
        kept = {*order[len(order) - (max_categories - 1) :]}
        chosen = [one and place in kept for place, one in enumerate(chosen)]
    return chosen
