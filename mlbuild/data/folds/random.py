"""The folds `random`: by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.data.folds.folds import NumberedFolds, dealt
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


@frozen
class RandomFolds(NumberedFolds):
    """Divide at random into folds of nearly equal size, as `KFold` of scikit-learn does with `shuffle=True`.

    Rows are sorted by the raw 64-bit output of PCG64 with the seed, and dealt to the folds in turn.
    """

    discriminator = ("type", "random")
    ordered = True

    def _numbers(self, rows: pl.DataFrame) -> np.ndarray[Any, Any]:
        import numpy as np

        order = np.argsort(np.random.PCG64(self.seed).random_raw(rows.height), kind="stable")
        return dealt(order, self.count)
