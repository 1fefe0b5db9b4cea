"""The folds `stratified`: by chance within each value of a column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.data.folds.folds import NumberedFolds, dealt
from mlbuild.data.splits.split import suitable_column
from mlbuild.data.table import Table
from mlbuild.frozen import frozen
from mlbuild.params import Name, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


@frozen
class StratifiedFolds(NumberedFolds):
    """Divide at random within each value of a column, so that each fold has nearly the same mix of values, as
    `StratifiedKFold` of scikit-learn does with `shuffle=True`.

    Rows are sorted by their value, then by the raw 64-bit output of PCG64 with the seed, and dealt to the folds in
    turn. Missing values count as one value.
    """

    discriminator = ("type", "stratified")
    ordered = True

    column: str = field(
        Name("column"),
        "Bool, int or string column whose values should have the same proportions in every fold, such as the target.",
    )

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def infer(self, table: Table) -> None:
        suitable_column(self.column, table, "stratified folds need", ("bool", "int", "string"))

    def _numbers(self, rows: pl.DataFrame) -> np.ndarray[Any, Any]:
        import numpy as np
        import polars as pl

        raw = pl.Series("raw", np.random.PCG64(self.seed).random_raw(rows.height), pl.UInt64)
        each = pl.DataFrame([rows[self.column].alias("value"), raw]).with_row_index("row")
        return dealt(each.sort("value", "raw", "row")["row"].to_numpy(), self.count)
