"""Reads what `mlbuild log compact` writes: the rows of a log as a Parquet file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.kinds import Json

if TYPE_CHECKING:
    import polars as pl

#: The end of the names of such files.
COMPACT = ".parquet"
#: How many rows are read at once.
_AT_ONCE = 1 << 14


class NotALog(Exception):
    """A Parquet file that is not a compacted log. The message is the predicate of a sentence about it."""


def _opened(content: bytes) -> pl.DataFrame:
    """Return the rows of a compacted log.

    Raises:
        NotALog: It is none.
    """
    import polars as pl

    try:
        table = pl.read_parquet(io.BytesIO(content))
    except pl.exceptions.PolarsError:
        raise NotALog("is damaged, or no Parquet file") from None
    schema = table.schema
    sides = all(isinstance(schema.get(side, pl.Struct({})), pl.Struct) for side in ("inputs", "outputs"))
    texts = all(schema.get(key) == pl.String for key in ("id", "model"))
    if not (sides and texts and isinstance(schema.get("ts"), pl.Datetime) and schema.get("row") == pl.Int64):
        raise NotALog("was not written by 'mlbuild log compact'")
    return table


def compacted_frames(content: bytes, schema: Mapping[str, Any], digest: str) -> list[pl.DataFrame]:
    """Return the rows of a compacted log: those of the model as the schema says, and others without values.

    Raises:
        NotALog: It is none, or has other values than the model.
    """
    import polars as pl

    table = _opened(content).with_columns(pl.col("ts").dt.epoch("us"))
    known, wanted = table.schema, {**schema, "ts": pl.Int64}
    own = pl.col("model") == digest
    try:
        found = table.filter(own).select(_as(known, name, dtype) for name, dtype in wanted.items())
    except pl.exceptions.PolarsError:
        raise NotALog("has values that the model cannot have") from None
    heads = ("ts", "id", "row", "model")
    others = table.filter(~own).select(
        pl.col(name) if name in heads else pl.lit(None, dtype).alias(name) for name, dtype in wanted.items()
    )
    return [found, others]


def _as(known: Mapping[str, Any], name: str, dtype: Any) -> pl.Expr:
    """Return a column with a dtype. What a struct lacks is missing."""
    import polars as pl

    if name not in known:
        return pl.lit(None, dtype).alias(name)
    if not isinstance(dtype, pl.Struct):
        return pl.col(name).cast(dtype)
    fields = {one.name for one in known[name].fields}
    return pl.struct(
        (
            pl.col(name).struct.field(one.name).cast(one.dtype)
            if one.name in fields
            else pl.lit(None, one.dtype)
        ).alias(one.name)
        for one in dtype.fields
    ).alias(name)


def rows_of(content: bytes) -> Iterator[Json]:
    """Yield the rows of such a file as records, without the values that were not logged.

    Raises:
        NotALog: It is none.
    """
    needed = ("id", "row", "model", "inputs", "outputs", "left_out", "share")
    table = _opened(content)
    for part in table.select(one for one in needed if one in table.columns).iter_slices(_AT_ONCE):
        for row in part.iter_rows(named=True):
            lost = {*(row.get("left_out") or ())}
            sides = {
                side: {name: value for name, value in (row.get(side) or {}).items() if name not in lost}
                for side in ("inputs", "outputs")
            }
            yield row | sides
