"""The split `every`: every n-th row is for the test."""

from __future__ import annotations

from mlbuild.frozen import frozen

from typing import TYPE_CHECKING

from mlbuild.data.splits.split import TEST, TRAIN, Split
from mlbuild.params import Integer, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Every(Split):
    """Use every n-th row for the test, starting with the first one, and all others for training."""

    discriminator = ("type", "every")
    ordered = True

    n: int = field(Integer(min=2), "Distance between two test rows.", default=5)

    @property
    def has_valid(self) -> bool:
        return False

    @property
    def has_test(self) -> bool:
        return True

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import polars as pl

        test = pl.int_range(rows.height, eager=True) % self.n == 0
        return pl.DataFrame({"test": test}).select(pl.when("test").then(pl.lit(TEST)).otherwise(pl.lit(TRAIN)))[
            "literal"
        ]  # fmt: skip
