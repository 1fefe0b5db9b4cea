"""The base class of the statistics of ordered values: a histogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from mlbuild.data.statistics.histogram import Histogram
from mlbuild.data.statistics.statistics import Counts, Statistics
from mlbuild.frozen import frozen


@frozen
class Binned(Statistics):
    """Statistics of a column whose values are counted in a histogram."""

    ordered: ClassVar = True

    histogram: Histogram

    def counts(self) -> Counts:
        return self.histogram.counts

    def aligned(self, other: Self) -> tuple[Counts, Counts]:
        shift = max(self.histogram.shift, other.histogram.shift)
        return self.histogram.at(shift), other.histogram.at(shift)

    def to_json(self) -> dict[str, Any]:
        return super().to_json() | {"histogram": self.histogram.to_json()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return super().from_json({**value, "histogram": Histogram.from_json(value["histogram"])})
