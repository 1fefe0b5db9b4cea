"""Columns of datasets as builds stored them, and as clients send them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl

from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore


def stored(folder: Path, result: BuildResult, dataset: str, part: str) -> pl.Series:
    """Return a column of a dataset, such as the part `train/carrier`."""
    digest = result.actions[f"dataset:{dataset}"].digests[part]
    return pl.read_parquet(io.BytesIO(DiskStore.at(folder).contents.get(digest) or b"")).to_series()


def encoded(values: pl.Series) -> Any:
    """Return a column as a client sends it."""
    if values.dtype == pl.String:
        return values.fill_null("").to_numpy().astype(object)[:, None]
    if values.dtype.is_temporal():
        return values.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy()[:, None]
    return values.cast(pl.Float64).to_numpy()[:, None]
