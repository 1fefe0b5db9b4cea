"""The profile of a column: the distribution of its reference values, in total and in periods."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.profiles.bins import BINS, Bins, NumberBins, TextBins

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: How many groups of neighboring bins the stability index compares.
GROUPS = 16
#: The dtypes of values that grow with time, so their distribution always changes.
_PASSING = ("date", "datetime")


@frozen
class ColumnProfile:
    """The distribution of a column of a model.

    `role` is `input` or `output`. `bins` is None for private values, and `counts` has the present and the missing ones
    then. `mean` and `sd`, the sample standard deviation, are those of finite numbers. `periods` are the counts of each
    group (see `groups`) in each period, int [periods, groups].
    """

    name: str
    role: str
    dtype: str
    bins: Bins | None
    counts: tuple[int, ...]
    mean: float | None
    sd: float | None
    periods: tuple[tuple[int, ...], ...] = ()

    @staticmethod
    def of(
        name: str,
        role: str,
        dtype: str,
        values: Array,
        *,
        private: bool = False,
        periods: Array | None = None,
    ) -> ColumnProfile:
        """Describe values [N]: floats, or texts if the dtype is `string`. `periods` is the period of each row, or -1."""
        import numpy as np

        bins = (TextBins if dtype == "string" else NumberBins).of(values)
        places = bins.places(values)
        counts = np.bincount(places, minlength=bins.number)
        if private:
            missing = int(counts[-1])
            return ColumnProfile(name, role, dtype, None, (len(values) - missing, missing), None, None)
        mean, sd = (None, None) if dtype == "string" else moments(values)
        whole = ColumnProfile(name, role, dtype, bins, tuple(counts.tolist()), mean, sd)
        if periods is None:
            return whole
        grouped, number = whole.groups[places], int(whole.groups.max()) + 1
        used = periods >= 0
        table = np.bincount(
            periods[used] * number + grouped[used], minlength=(periods.max(initial=-1) + 1) * number
        )
        return replace(whole, periods=tuple(map(tuple, table.reshape(-1, number).tolist())))

    @property
    def watched(self) -> bool:
        """Whether a change of the distribution means something."""
        return self.bins is not None and self.dtype not in _PASSING

    @cached_property
    def groups(self) -> Array:
        """The group of each bin, int64 [bins]: neighboring bins with about the same number of reference rows together. Missing
        values are a group of their own.
        """
        import numpy as np

        present = np.array(self.counts[:-1])
        if self.bins is not None and self.bins.ordered:
            middle = np.cumsum(present) - present / 2  # of the rows of the bin, in order
            groups = (middle * GROUPS / max(present.sum(), 1)).astype(np.int64).clip(0, GROUPS - 1)
        else:
            groups = np.minimum(np.arange(len(present)), GROUPS - 1)
            groups[-1:] = min(len(present) - 1, GROUPS)  # other texts
        _, groups = np.unique(groups, return_inverse=True)
        return np.append(groups, groups.max(initial=-1) + 1)

    def grouped(self, counts: Array) -> Array:
        """Return the counts of the groups from those of the bins."""
        import numpy as np

        return np.bincount(self.groups, weights=counts, minlength=int(self.groups.max()) + 1).astype(np.int64)

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"name": self.name, "role": self.role, "dtype": self.dtype}
        told |= {} if self.bins is None else {self.bins.kind: self.bins.to_json()}
        told |= {"counts": list(self.counts), "mean": self.mean, "sd": self.sd}
        return told | ({"periods": [list(counts) for counts in self.periods]} if self.periods else {})

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> ColumnProfile:
        bins = next((kind.from_json(value[name]) for name, kind in BINS.items() if name in value), None)
        return ColumnProfile(
            value["name"],
            value["role"],
            value["dtype"],
            bins,
            tuple(value["counts"]),
            value["mean"],
            value["sd"],
            tuple(map(tuple, value.get("periods", ()))),
        )


def moments(values: Array) -> tuple[float | None, float | None]:
    """Return the mean and the sample standard deviation of the finite values, as far as they are numbers."""
    import numpy as np

    known = values[np.isfinite(values)]
    with np.errstate(all="ignore"):
        mean = float(known.mean()) if len(known) else math.nan
        sd = float(known.std(ddof=1)) if len(known) > 1 else math.nan
    return tuple(one if math.isfinite(one) else None for one in (mean, sd))  # type: ignore[return-value]
