"""The split `stratified`: by chance within each value of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.data.splits.split import Shares, named, suitable_column
from mlbuild.data.table import Table
from mlbuild.frozen import frozen
from mlbuild.params import Name, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Stratified(Shares):
    """Split at random within each value of a column, so that each part has nearly the same mix of values.

    The rows of each value, in the order of the raw 64-bit output of PCG64 with the seed, are first test rows, then
    validation rows. Fractions are rounded to whole rows of each value. At least one row of each value is for training.
    Missing values count as one value.
    """

    discriminator = ("type", "stratified")
    ordered = True

    column: str = field(
        Name("column"),
        "Bool, int or string column whose values should have the same proportions in every part, such as the target.",
    )

    def infer(self, table: Table) -> None:
        suitable_column(self.column, table, "a stratified split needs", ("bool", "int", "string"))

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import numpy as np
        import polars as pl

        column = rows[self.column].alias("value")
        raw = pl.Series("raw", np.random.PCG64(self.seed).random_raw(rows.height), pl.UInt64)
        each = pl.DataFrame([column, raw]).select(
            place=pl.col("raw").rank("ordinal").over("value") - 1, count=pl.len().over("value")
        )
        place, count = each["place"].to_numpy(), each["count"].to_numpy().astype(np.int64)
        test = np.minimum(np.rint(self.test * count), count - 1)
        valid = np.minimum(np.rint(self.valid * count), count - 1 - test)
        return named(np.where(place < test, 2, np.where(place < test + valid, 1, 0)))
