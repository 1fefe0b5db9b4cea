"""The split `hash`: by a hash of key columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from mlbuild.data.splits.clusters import Cluster
from mlbuild.data.splits.split import TEST, TRAIN, VALID, Shares, unknown_column
from mlbuild.data.table import Table
from mlbuild.diagnostics import Rejected
from mlbuild.frozen import frozen
from mlbuild.params import ListOf, Name, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Hash(Shares):
    """Split by a hash of key columns: rows with the same key always stay together, in this build and in later ones.

    The hash is computed from the compact JSON list of the seed and the key values (null, true, 15, 2.5, "text",
    "2013-10-01", "2013-10-01T05:00:00"): the first 8 bytes of its SHA-256, read as a big-endian integer and divided
    by 2^64. Rows with a hash below `test` are test rows, and those with a hash of at least 1 - `valid` are validation rows, so changing one
    fraction does not affect the other part.
    """

    discriminator = ("type", "hash")

    key: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, min_items=1, unique=True),
        "Columns to hash. Rows with the same values stay in the same part. Choose columns that identify what must stay together, such as a customer.",
    )

    @property
    def cluster(self) -> Cluster:
        return Cluster(column=self.key)

    def infer(self, table: Table) -> None:
        check_key(self.key, table)

    def _assign(self, rows: pl.DataFrame) -> pl.Series:
        import polars as pl

        return of_keys(rows, self.key, self._part, pl.String)

    def _part(self, key: Sequence[Any]) -> str:
        share = key_hash(self.seed or 0, key) / 2**64
        return TEST if share < self.test else VALID if share >= 1 - self.valid else TRAIN


def check_key(key: Sequence[str], table: Table) -> None:
    """Check that the columns of a key exist.

    Raises:
        Rejected: Paths start with `key`.
    """
    unknown = [unknown_column(name, table.trained, ("key", index)) for index, name in enumerate(key)]
    problems = [problem for problem in unknown if problem]
    if problems:
        raise Rejected(*problems)


def of_keys(
    rows: pl.DataFrame, key: Sequence[str], function: Callable[[tuple[Any, ...]], Any], dtype: Any
) -> pl.Series:
    """Return the value of a function for the key of each row, as a polars type. It is called once for each key."""
    import polars as pl

    keys = pl.DataFrame([rows[name].alias(str(place)) for place, name in enumerate(key)])
    each = keys.unique(maintain_order=True)
    known = each.with_columns(pl.Series("value", [function(values) for values in each.iter_rows()], dtype))
    return keys.join(known, on=keys.columns, how="left", nulls_equal=True, maintain_order="left")["value"]


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def key_hash(seed: int, key: Sequence[Any]) -> int:
    """Return the unsigned 64-bit hash of a key, as `Hash` defines it."""
    import hashlib  # loads OpenSSL, which `check` does not need

    text = _COMPACT.encode([seed, *map(_plain, key)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # also a datetime
        return value.isoformat()
    return value + 0.0 if isinstance(value, float) else value  # -0.0 becomes 0.0
