"""The folds `hash`: by a hash of key columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.data.folds.folds import NumberedFolds, different
from mlbuild.data.splits.hash import check_key, key_hash, of_keys
from mlbuild.data.table import Table
from mlbuild.frozen import frozen
from mlbuild.hints import in_words
from mlbuild.params import ListOf, Name, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


@frozen
class HashFolds(NumberedFolds):
    """Divide by a hash of key columns: rows with the same key are always in the same fold, in this build and in later
    ones.

    The key is hashed as in the split `hash`, but with the string "fold" after the seed, so the folds do not depend on
    the parts of a split by the same key. The hash, divided by 2^64 and multiplied by `count`, is rounded down to the
    number of the fold. The folds have different numbers of rows, because their keys have.
    """

    discriminator = ("type", "hash")
    stable = True

    key: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns to hash. Rows with the same values stay in the same fold. Choose columns that identify what must stay together, such as a customer.",
    )

    def columns(self) -> tuple[str, ...]:
        return self.key

    def infer(self, table: Table) -> None:
        check_key(self.key, table)

    def _numbers(self, rows: pl.DataFrame) -> np.ndarray[Any, Any]:
        import polars as pl

        return of_keys(rows, self.key, self._number, pl.Int64).to_numpy()

    def _number(self, key: tuple[Any, ...]) -> int:
        return key_hash(self.seed or 0, ["fold", *key]) * self.count >> 64

    def _why_empty(self, rows: pl.DataFrame) -> str:
        count = rows.select(self.key).n_unique()
        named = in_words([f"'{name}'" for name in self.key])
        values = f"{different(rows, self.key, 'value')} of {named}"
        if count < self.count:
            return f"{values}; use at most {count} folds" if count > 1 else values
        return f"{values}, whose hashes leave it empty; use fewer folds, or another 'seed'"
