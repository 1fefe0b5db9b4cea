"""Statistics of true and false."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from mlbuild.data.statistics.statistics import Counts, Statistics
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl


@frozen
class Flags(Statistics):
    """Statistics of a bool column: how often it is true."""

    dtypes: ClassVar = ("bool",)
    ordered: ClassVar = False

    true: int

    @classmethod
    def of(cls, values: pl.Series, dtype: str) -> Self:
        return cls(dtype=dtype, rows=len(values), missing=values.null_count(), true=int(values.sum() or 0))

    def merged(self, other: Self) -> Self:
        return type(self)(
            dtype=self.dtype,
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            true=self.true + other.true,
        )

    def counts(self) -> Counts:
        return {"false": self.present - self.true, "true": self.true}

    def bars(self, number: int) -> list[int]:
        return [*self.counts().values()]
