"""The split `random`: by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.data.splits.split import Shares, named
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Drawn = np.ndarray[Any, np.dtype[np.uint64]]


@frozen
class Random(Shares):
    """Split at random: the same rows in the same order are always split in the same way.

    Rows are sorted by the raw 64-bit output of PCG64 with the seed. The first ones are test rows, the next ones are
    validation rows. Fractions are rounded to whole rows.
    """

    discriminator = ("type", "random")
    ordered = True

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import numpy as np

        drawn = np.random.PCG64(self.seed).random_raw(rows.height)
        test, valid = round(self.test * rows.height), round(self.valid * rows.height)
        is_test = _smallest(drawn, test)
        is_valid = _smallest(drawn, test + valid) & ~is_test
        return named(is_valid + 2 * is_test.astype(np.uint8))


def _smallest(drawn: Drawn, count: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which numbers are among the smallest ones. Of equal numbers, the first ones count as smaller."""
    import numpy as np

    if not count:
        return np.zeros(len(drawn), bool)
    largest = np.partition(drawn, count - 1)[count - 1]
    found: np.ndarray[Any, np.dtype[np.bool_]] = drawn < largest
    found[np.flatnonzero(drawn == largest)[: count - np.count_nonzero(found)]] = True
    return found
