"""The base class of the statistics of a column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mlbuild.data.casts import polars_type
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

#: How often values occur. The keys of an ordered column are numbers.
Counts = Mapping[Any, int]


@frozen
class Statistics:
    """What is known about the values of a column.

    The fields of a subclass are its JSON. `merged` of the statistics of two tables gives those of both tables
    together. Fields that this cannot give exactly are None then.
    """

    #: The dtypes that the class describes.
    dtypes: ClassVar[tuple[str, ...]]
    #: Whether keys that are close to each other mean similar values.
    ordered: ClassVar[bool]

    dtype: str
    rows: int
    missing: int

    @classmethod
    def of(cls, values: pl.Series, dtype: str) -> Self:
        """Compute the statistics of a column. They do not depend on the order of the rows."""
        raise NotImplementedError

    @classmethod
    def blank(cls, rows: int, dtype: str) -> Self:
        """Return the statistics of a column in which all values are missing."""
        import polars as pl

        return cls.of(pl.Series([None] * rows, dtype=polars_type(dtype)), dtype)

    def merged(self, other: Self) -> Self:
        """Return the statistics of the rows of both."""
        raise NotImplementedError

    def without_values(self) -> Self:
        """Return only counts, for private values."""
        return self

    def counts(self) -> Counts:
        """Return how many values there are of each key."""
        raise NotImplementedError

    def aligned(self, other: Self) -> tuple[Counts, Counts]:
        """Return the counts of both with keys of the same meaning."""
        return self.counts(), other.counts()

    def bars(self, number: int) -> list[int]:
        """Return at most `number` counts that show how the values are distributed, in order."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(**value)

    @property
    def present(self) -> int:
        """The number of values that are not missing."""
        return self.rows - self.missing


def added(one: Mapping[Any, int], other: Mapping[Any, int]) -> dict[Any, int]:
    """Return the sums of counts."""
    return dict(Counter(one) + Counter(other))


def regrouped(counts: Sequence[int], number: int) -> list[int]:
    """Return at most `number` sums of neighbouring counts, of the same number of counts as far as possible."""
    number = min(number, len(counts))
    edges = [len(counts) * index // number for index in range(number + 1)] if number else [0]
    return [sum(counts[start:end]) for start, end in pairwise(edges)]
