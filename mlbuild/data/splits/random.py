"""The split `random`: by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.data.splits.split import TEST, TRAIN, VALID, Shares
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl


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
        import polars as pl

        order = np.argsort(np.random.PCG64(self.seed).random_raw(rows.height), kind="stable")
        test, valid = round(self.test * rows.height), round(self.valid * rows.height)
        names = np.full(rows.height, TRAIN, dtype=object)
        names[order[:test]] = TEST
        names[order[test : test + valid]] = VALID
        return pl.Series("part", names.tolist(), pl.String)
