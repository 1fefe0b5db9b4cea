"""How much of a target each column determines by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

#: The number of groups that the values of a column are divided into.
_GROUPS = 16
#: The number of rows that are enough for it.
_ROWS = 100_000


def associations(rows: pl.DataFrame, dtypes: Mapping[str, str], target: str) -> dict[str, float | None]:
    """Return, for each other column, the share of the entropy of the target that it removes, from 0 to 1.

    This is the uncertainty coefficient (Theil 1970). Values are grouped: numbers and times into 16 groups of about
    the same size, others into the 15 most frequent values and the rest; missing values are one more group. The
    mutual information of a sample is too high on average. Its bias, (groups - 1) (target groups - 1) / 2n, is
    subtracted (Miller 1955). Of more than 100,000 rows, some at regular distances are used.

    None if the target has only one group.
    """
    sample = rows.gather_every(max(-(-rows.height // _ROWS), 1))
    wanted = _groups(sample[target], dtypes[target])
    return {
        name: _certainty(_groups(sample[name], dtype), wanted)
        for name, dtype in dtypes.items()
        if name != target
    }


def _certainty(groups: np.ndarray[Any, Any], targets: np.ndarray[Any, Any]) -> float | None:
    import numpy as np

    width = int(targets.max(initial=0)) + 1
    joint = np.bincount(groups * width + targets, minlength=(int(groups.max(initial=0)) + 1) * width)
    ones, twos = joint.reshape(-1, width).sum(axis=1), joint.reshape(-1, width).sum(axis=0)
    whole = _entropy(twos)
    if whole == 0:
        return None
    information = _entropy(ones) + whole - _entropy(joint)
    bias = (np.count_nonzero(ones) - 1) * (np.count_nonzero(twos) - 1) / (2 * len(groups))
    return min(max((information - float(bias)) / whole, 0.0), 1.0)


def _groups(values: pl.Series, dtype: str) -> np.ndarray[Any, Any]:
    """Return the number of the group of each value, int64 [N]. Missing values are group 0."""
    import numpy as np
    import polars as pl

    missing = np.zeros(len(values), dtype=bool)
    if values.null_count():
        missing = values.is_null().to_numpy()
    if dtype == "string":
        top = values.drop_nulls().value_counts(name="count")
        top = top.top_k(_GROUPS - 1, by=[pl.col("count"), pl.col(values.name)], reverse=[False, True])
        codes = {value: index + 2 for index, value in enumerate(top[values.name].to_list())}
        groups = values.replace_strict(codes, default=1, return_dtype=pl.Int64).fill_null(0).to_numpy()
    else:
        physical = values.to_physical() if values.dtype.is_temporal() else values
        floats = physical.cast(pl.Float64).to_numpy()
        present = np.sort(floats[~missing])
        ends = np.unique(
            present[[len(present) * part // _GROUPS for part in range(_GROUPS)] if len(present) else []]
        )
        groups = np.searchsorted(ends, floats, side="right") + 1
    return np.where(missing, 0, groups).astype(np.int64)


def _entropy(counts: np.ndarray[Any, Any]) -> float:
    """Return the entropy of counts in nats."""
    import numpy as np

    shares = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(shares * np.log(shares)).sum())
