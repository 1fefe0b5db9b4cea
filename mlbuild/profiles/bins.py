"""Divides the values of a column into bins. The counts of other rows in the same bins can be added and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: How many bins with about the same number of rows the values of a number are divided into.
MOST = 64
#: The most rows by which their edges are chosen.
_SORTED = 20_000
#: If a text column has at most this many different values, all of them are bins. Otherwise, the most frequent ones are.
ALL, TOP = 100, 20
#: Longer texts are not categories. They are only counted together.
LONGEST = 80


@frozen
class Bins:
    """The bins of a column. The last one is that of missing values."""

    kind: ClassVar[str]
    #: Whether neighboring bins mean similar values.
    ordered: ClassVar[bool]

    @classmethod
    def of(cls, values: Array) -> Self:
        """Choose bins by reference values [N]."""
        raise NotImplementedError

    @property
    def number(self) -> int:
        """The number of bins, with that of missing values."""
        raise NotImplementedError

    def places(self, values: Array) -> Array:
        """Return the bin of each value, int64 [N]."""
        raise NotImplementedError

    def count(self, values: Array) -> Array:
        """Return the number of values in each bin, int64 [number]."""
        import numpy as np

        return np.bincount(self.places(values), minlength=self.number)

    def to_json(self) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        raise NotImplementedError


@frozen
class NumberBins(Bins):
    """Bins between ascending edges: below the first one, from each one up to the next, and above the last one.

    The first edge is the smallest reference value, and the last one is the largest, which belongs to the bin before it. The others are
    in the middle between two values, so that another runtime whose results differ in the last bit counts the same. NaN is missing. The bins from the first to the last edge contain about the same number of reference values each, as
    far as the values are different.
    """

    kind: ClassVar = "numbers"
    ordered: ClassVar = True

    edges: tuple[float, ...]

    @classmethod
    def of(cls, values: Array) -> Self:
        import numpy as np

        known = values[np.isfinite(values)]
        if not len(known):
            return cls(())
        # Rows at regular distances have nearly the same quantiles, at a fraction of the cost.
        some = np.sort(known[np.linspace(0, len(known) - 1, min(_SORTED, len(known))).astype(np.int64)])
        first = np.searchsorted(some, some[np.arange(1, MOST) * len(some) // MOST])
        first = np.unique(first[first > 0])
        inner = some[first - 1] / 2 + some[first] / 2
        return cls((known.min().item(), *np.unique(inner).tolist(), known.max().item()))

    @property
    def number(self) -> int:
        return len(self.edges) + 2

    def places(self, values: Array) -> Array:
        import numpy as np

        found = np.searchsorted(self.edges, values, side="right")
        if self.edges:
            found = found - (values == self.edges[-1])
        return np.where(np.isnan(values), self.number - 1, found)

    def to_json(self) -> dict[str, Any]:
        return {"edges": list(self.edges)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(tuple(value["edges"]))


@frozen
class TextBins(Bins):
    """One bin for each of some texts, then one for all other texts. None is missing."""

    kind: ClassVar = "texts"
    ordered: ClassVar = False

    values: tuple[str, ...]

    @classmethod
    def of(cls, values: Array) -> Self:
        counts = Counter(value for value in values.tolist() if value is not None)
        short = {value: count for value, count in counts.items() if len(value) <= LONGEST}
        ordered = sorted(short, key=lambda value: (-short[value], value))
        return cls(tuple(ordered if len(counts) <= ALL else ordered[:TOP]))

    @property
    def number(self) -> int:
        return len(self.values) + 2

    @cached_property
    def _place(self) -> Mapping[str | None, int]:
        return {value: place for place, value in enumerate(self.values)} | {None: self.number - 1}

    def places(self, values: Array) -> Array:
        import numpy as np

        others, known = self.number - 2, self._place
        return np.fromiter((known.get(value, others) for value in values.tolist()), np.int64, len(values))

    def to_json(self) -> dict[str, Any]:
        return {"values": list(self.values)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(tuple(value["values"]))


#: The classes of bins by their kind.
BINS: Mapping[str, type[Bins]] = {one.kind: one for one in (NumberBins, TextBins)}
