"""Statistics of texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mlbuild.data.statistics.statistics import Counts, Statistics, added
from mlbuild.frozen import frozen
from mlbuild.profiles.bins import ALL, LONGEST, TOP

if TYPE_CHECKING:
    import polars as pl


@frozen
class Texts(Statistics):
    """Statistics of a string column.

    `values` counts the most frequent values, and `others` is the number of rows with another value. Lengths are in
    characters. `complete` is whether all values are counted.
    """

    dtypes: ClassVar = ("string",)
    ordered: ClassVar = False

    distinct: int | None
    values: Mapping[str, int]
    others: int
    complete: bool
    shortest: int | None
    longest: int | None
    mean_length: float | None

    @classmethod
    def of(cls, values: pl.Series, dtype: str) -> Self:
        import polars as pl

        table = values.drop_nulls().value_counts(name="count")
        lengths = pl.col("length")
        rows = table.with_columns(pl.col(values.name).str.len_chars().cast(pl.Int64).alias("length"))
        total, shortest, longest = rows.select(
            (lengths * pl.col("count")).sum().alias("total"),
            lengths.min().alias("shortest"),
            lengths.max().alias("longest"),
        ).row(0)
        short = rows.filter(lengths <= LONGEST)
        top = short.top_k(ALL + 1, by=[pl.col("count"), pl.col(values.name)], reverse=[False, True])
        counts = dict(zip(top[values.name].to_list(), top["count"].to_list(), strict=True))
        present = len(values) - values.null_count()
        return cls(
            dtype=dtype,
            rows=len(values),
            missing=values.null_count(),
            distinct=table.height,
            **_limited(counts, present, complete=short.height == table.height),
            shortest=shortest,
            longest=longest,
            mean_length=total / present if present else None,
        )

    def merged(self, other: Self) -> Self:
        """Return the statistics of both. If one of them does not count all values, the most frequent ones are estimates."""
        present = self.present + other.present
        lengths = [part for part in (self, other) if part.present]
        sums = [(part.mean_length or 0) * part.present for part in lengths]
        limited = _limited(added(self.values, other.values), present, self.complete and other.complete)
        return type(self)(
            dtype=self.dtype,
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            distinct=len(limited["values"]) if limited["complete"] else None,
            **limited,
            shortest=min((part.shortest for part in lengths if part.shortest is not None), default=None),
            longest=max((part.longest for part in lengths if part.longest is not None), default=None),
            mean_length=sum(sums) / present if present else None,
        )

    def without_values(self) -> Self:
        lengths: dict[str, Any] = {"shortest": None, "longest": None, "mean_length": None}
        return replace(self, values={}, others=self.present, complete=False, **lengths)

    def counts(self) -> Counts:
        return self.values

    def aligned(self, other: Self) -> tuple[Counts, Counts]:
        """Return the counts of the values that one of them counts; all others are one more value.

        A value that the other does not count is not more frequent there than those that it counts. Within this limit,
        it gets the count that is closest to the same share.
        """
        return self._counts_like(other), other._counts_like(self)

    def _counts_like(self, other: Texts) -> Counts:
        most = 0 if self.complete else min(self.values.values(), default=self.present)
        scale = self.present / max(other.present, 1)
        found = {
            value: self.values.get(value, min(round(other.values.get(value, 0) * scale), most))
            for value in dict.fromkeys([*self.values, *other.values])
        }
        return {**found, None: max(self.present - sum(found.values()), 0)}

    def bars(self, number: int) -> list[int]:
        """Return the counts of the most frequent values, in descending order."""
        return [*self.values.values()][:number]


def _limited(counts: Mapping[str, int], present: int, complete: bool) -> dict[str, Any]:
    """Return the fields for counts: all if they are few, otherwise the highest, and the number of rows that are left."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    complete = complete and len(ordered) <= ALL
    values = dict(ordered[: ALL if complete else TOP])
    return {"values": values, "others": present - sum(values.values()), "complete": complete}
