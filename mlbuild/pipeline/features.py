"""Reads the features of a split, or of some of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.columns import Schema
from mlbuild.diagnostics import data_failure
from mlbuild.engine.graph import Job
from mlbuild.pipeline.parts import BLOCK_BYTES, read_columns

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


class Features(Mapping[str, "pl.Series"]):
    """The feature columns of a split, read on access together with some of the columns after it.

    One query for each of thousands of small columns would take longer than reading the data. All columns at once would
    take more memory. A column that is accessed twice is read twice.

    Raises:
        Failed: Of kind `data`, on access: a client cannot send a value of the column exactly.
    """

    def __init__(self, job: Job, slot: str, split: str, features: Schema) -> None:
        self._job, self._slot, self._split = job, slot, split
        self._features, self._names = features, list(features)
        self._places = {name: place for place, name in enumerate(self._names)}
        self._ahead: dict[str, pl.Series] = {}
        self._largest: int | None = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> pl.Series:
        if name not in self._ahead:
            self._read(self._places[name])
        column = self._ahead.pop(name)
        self._check(column)
        return column

    def _read(self, place: int) -> None:
        """Read one column to learn how large columns are, after that as many as fill a block."""
        count = 1 if self._largest is None else max(1, BLOCK_BYTES // max(1, self._largest))
        names = self._names[place : place + count]
        rows = read_columns(self._job, {name: (self._slot, f"{self._split}/{name}") for name in names})
        for column in rows.iter_columns():
            self._largest = max(self._largest or 0, int(column.estimated_size()))
            self._ahead[column.name] = column

    def _check(self, column: pl.Series) -> None:
        dtype = self._features[column.name].dtype
        if dtype == "int":  # it is sent as a double
            wide = int((~column.is_between(-(2**53), 2**53)).sum())
            self._refuse(column.name, "an integer beyond 2^53", wide, "declare the column as a string")
        if dtype == "string":  # onnxruntime ends a text there
            cut = int(column.str.contains("\0", literal=True).sum())
            self._refuse(column.name, "the character U+0000", cut, "remove it from the data")

    def _refuse(self, name: str, what: str, count: int, help_: str) -> None:
        if count:
            counted = "1 row" if count == 1 else f"{count:,} rows"
            message = f"feature '{name}' has {what} in {counted} of {self._split}; {help_}"
            raise data_failure(message, column=name, rows=count)


class Taken(Mapping[str, "pl.Series"]):
    """Columns of which only some rows are seen: those where a bool array is true. They are taken on access."""

    def __init__(self, columns: Mapping[str, pl.Series], rows: np.ndarray[Any, Any]) -> None:
        self._columns, self._rows = columns, rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, name: str) -> pl.Series:
        return self._columns[name].filter(self._rows)
