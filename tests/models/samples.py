"""Small tables with every dtype that learners accept, and rows that are likely to reveal differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from mlbuild.columns import Schema
from mlbuild.models.lightgbm.lowering import ZERO
from mlbuild.models.training import Rows
from tests.models.artifacts import schema

Array = np.ndarray[Any, Any]
CATEGORIES = 12

#: A bool, an int, floats with missing values, zeros and neither, two categories and a vector.
MIXED = schema(
    holes="float?",
    zeros="float?",
    plain="float",
    count="int?",
    flag="bool?",
    kind="category?",
    many="category",
    block="vector",
)
NUMBERS = schema(plain="float", count="int", flag="bool", block="vector")

_SPECIAL = [0.0, -0.0, 1e-36, -1e-36, ZERO, -ZERO, 1.0, -1.0, 5e-324, 1e300, -1e300, np.inf, -np.inf]


def features(rows: int, seed: int = 0) -> pl.DataFrame:
    """Return the columns of `MIXED`."""
    random = np.random.default_rng(seed)
    holes = random.normal(size=rows)
    zeros = np.where(random.random(rows) < 0.4, 0.0, random.normal(size=rows).round(1))
    block = np.eye(3)[random.integers(0, 3, rows)]
    frame = pl.DataFrame(
        {
            "holes": holes,
            "zeros": zeros,
            "plain": random.normal(size=rows) * 10.0 ** random.integers(-3, 4, rows),
            "count": random.integers(0, 6, rows),
            "flag": random.random(rows) < 0.3,
            "kind": random.integers(1, 4, rows).astype(np.float64),
            "many": random.integers(1, CATEGORIES + 1, rows).astype(np.float64),
            "block": pl.Series(block, dtype=pl.Array(pl.Float64, 3)),
        }
    )
    missing = {name: random.random(rows) < 0.2 for name in ("holes", "count", "flag", "kind")}
    return frame.with_columns(
        pl.when(pl.Series(where)).then(None).otherwise(pl.col(name)).alias(name)
        for name, where in missing.items()
    )


def number(frame: pl.DataFrame, seed: int = 0) -> Array:
    """Return a target that depends on every column."""
    random = np.random.default_rng(seed + 1)
    signal = frame.select(
        pl.col("holes").fill_null(1.5)
        + (pl.col("zeros") == 0)
        + pl.col("plain").abs().log1p()
        + pl.col("count").fill_null(-1) / 2
        + pl.col("flag").fill_null(True)
        + (pl.col("many") % 5)
        - (pl.col("kind").fill_null(7) - 2).abs()
    ).to_series()
    return np.asarray(signal.to_numpy() + random.normal(size=frame.height) / 4)


def classes(frame: pl.DataFrame, count: int, seed: int = 0) -> Array:
    """Return the same as class indices of about equal size."""
    values = number(frame, seed)
    return np.searchsorted(np.quantile(values, np.arange(1, count) / count), values).astype(np.int64)


def adversarial(base: pl.DataFrame, columns: Schema, thresholds: Array) -> Rows:
    """Return rows of `base`, with one column after another at missing and special values and at all thresholds +-1
    ULP.
    """
    numbers = np.concatenate(
        [thresholds, np.nextafter(thresholds, np.inf), np.nextafter(thresholds, -np.inf)]
    )
    values = [*_SPECIAL, *numbers.tolist()]
    codes: list[float] = [float(code) for code in range(1, CATEGORIES + 4)] + [1000.0]
    by_dtype = {"float": values, "category": codes}
    parts = [base]
    for name, type_ in columns.items():
        chosen: list[float | None] = [*by_dtype.get(type_.dtype, [])]
        chosen += [None] if type_.nullable else []
        rows = base[np.arange(len(chosen)) % base.height]
        parts.append(rows.with_columns(pl.Series(name, chosen, dtype=base.schema[name])))
    return Rows(pl.concat(parts), columns)
