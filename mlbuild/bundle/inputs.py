"""The inputs of an artifact, and how polars rows become their tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.frozen import frozen
from mlbuild.lowering.value import ELEMENTS, NAT

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

Arrays = dict[str, "np.ndarray[Any, Any]"]


@frozen
class RawInput:
    """A raw column that is an input of the artifact. `null_token` is a missing string (None: never missing)."""

    name: str
    type: ColumnType
    null_token: str | None = ""


def encode(rows: pl.DataFrame, inputs: tuple[RawInput, ...]) -> Arrays:
    """Convert native rows to the inputs of the artifact: one array [N, 1] for each input."""
    return {item.name: _encode_column(rows[item.name], item).reshape(-1, 1) for item in inputs}


def _encode_column(column: pl.Series, item: RawInput) -> np.ndarray[Any, Any]:
    import numpy as np
    import polars as pl

    element = ELEMENTS[item.type.dtype]
    if element == "string":
        texts = column if item.null_token is None else column.fill_null(item.null_token)
        return np.array(texts.to_list(), dtype=object)
    if element == "int64":
        micros = column.cast(pl.Datetime("us")).cast(pl.Int64).fill_null(NAT)
        return micros.to_numpy()
    return column.cast(pl.Float64).to_numpy()  # with NaN for missing values
