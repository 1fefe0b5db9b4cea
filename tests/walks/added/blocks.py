"""The folds `blocks`: consecutive rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.data.folds.folds import NumberedFolds
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


@frozen
class BlockFolds(NumberedFolds):
    """Divide into blocks of consecutive rows, as `KFold` of scikit-learn does. The seed only says which is the first."""

    discriminator = ("type", "blocks")
    ordered = True

    def _numbers(self, rows: pl.DataFrame) -> np.ndarray[Any, Any]:
        import numpy as np

        return (np.arange(rows.height) * self.count // rows.height + (self.seed or 0)) % self.count
