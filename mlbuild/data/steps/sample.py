"""The dataset step `sample`: keeps a part of the rows, chosen by a hash of a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.data.lineage import Decision
from mlbuild.data.splits.hash import key_hash, of_keys
from mlbuild.data.steps.step import DatasetStep, unknown_columns
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Rejected
from mlbuild.frozen import frozen
from mlbuild.params import INT32, Integer, ListOf, Name, Number, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Sample(DatasetStep):
    """Keep a fraction of the keys, with all of their rows.

    Whether a row is kept depends only on its key and the seed, so adding rows later does not change which of the
    others are kept. A key is hashed as in the split `hash`, but with the string "sample" after the seed, so the sample
    is independent of a hash split with the same key.
    """

    op = "sample"
    discriminator = ("op", "sample")
    thins = True

    fraction: float = field(
        Number(above=0, below=1),
        "Fraction of the keys to keep. With few keys, the actual fraction can differ.",
        examples=(0.1,),
    )
    key: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns to hash. Rows with the same values are kept or dropped together, so choose columns that identify a row, or what must stay together, such as a customer.",
    )
    seed: int | None = field(
        Integer(min=0, max=INT32),
        "Random seed of the sample. Default: the `seed` of the project.",
        default=None,
    )

    def seeded(self, seed: int) -> Sample:
        return self if self.seed is not None else replace(self, seed=seed)

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        problems = [*unknown_columns("key", self.key, table)]
        if problems:
            raise Rejected(*problems)
        return table.filtered(Decision("", at, tuple(table.nodes(self.key)), what="rows are sampled"), ())

    def doubtful(self, table: Table, at: Path) -> Table:
        return table

    def apply(self, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        import polars as pl

        return rows.filter(of_keys(rows, self.key, self._kept, pl.Boolean))

    def _kept(self, key: tuple[Any, ...]) -> bool:
        return key_hash(self.seed or 0, ["sample", *key]) / 2**64 < self.fraction
