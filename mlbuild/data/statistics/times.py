"""Statistics of dates and times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

from mlbuild.data.statistics.statistics import Counts, Statistics, added, regrouped
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl


@frozen
class Times(Statistics):
    """Statistics of a date or datetime column: the first and the last value, and the number of values in each month.

    A month is counted as 12 times its year plus its number, from 1 to 12.
    """

    dtypes: ClassVar = ("date", "datetime")
    ordered: ClassVar = True

    distinct: int | None
    first: str | None
    last: str | None
    months: Mapping[int, int]

    @classmethod
    def of(cls, values: pl.Series, dtype: str) -> Self:
        import polars as pl

        present = values.drop_nulls()
        month = present.dt.year().cast(pl.Int64) * 12 + present.dt.month().cast(pl.Int64)
        counted = month.rename("month").value_counts(name="count").sort("month")
        ends = [present.min(), present.max()] if len(present) else [None, None]
        first, last = (None if one is None else one.isoformat() for one in ends)  # type: ignore[union-attr]  # polars' own types do not tell
        return cls(
            dtype=dtype,
            rows=len(values),
            missing=values.null_count(),
            distinct=present.n_unique(),
            first=first,
            last=last,
            months=dict(zip(counted["month"].to_list(), counted["count"].to_list(), strict=True)),
        )

    def merged(self, other: Self) -> Self:
        ends = [(part.first, part.last) for part in (self, other) if part.first and part.last]
        return type(self)(
            dtype=self.dtype,
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            distinct=None,
            first=min((first for first, _ in ends), default=None),
            last=max((last for _, last in ends), default=None),
            months=dict(sorted(added(self.months, other.months).items())),
        )

    def counts(self) -> Counts:
        return self.months

    def bars(self, number: int) -> list[int]:
        """Return counts over intervals of the same number of months, as far as possible."""
        if not self.months:
            return []
        first, last = min(self.months), max(self.months)
        return regrouped([self.months.get(month, 0) for month in range(first, last + 1)], number)

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> Self:
        months = value["months"]
        assert isinstance(months, dict)
        return super().from_json({**value, "months": {int(month): count for month, count in months.items()}})
