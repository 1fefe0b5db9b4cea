"""Tables from outside: files of rows, read as the columns of a contract."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mlbuild.data.casts import cast, polars_type
from mlbuild.data.contracts import Column
from mlbuild.data.faults import MISSING, NAMED_TWICE, Fault
from mlbuild.diagnostics import data_failure, did_you_mean
from mlbuild.params import Described, Json, ListOf, Text, field, write

if TYPE_CHECKING:
    import polars as pl

#: The type of a source without `type:`, by the suffix of its path.
SUFFIXES = {".csv": "csv", ".parquet": "parquet"}


@dataclass(frozen=True)
class Source(Described):
    """A table from outside and the contract that it must keep."""

    path: str = field(Text(), "The file, relative to the folder of the spec.")
    contract: str = field(Text(), "The contract of its columns.")

    def canonical(self, columns: Mapping[str, Column]) -> Json:
        """What decides the rows read, besides the content of the file: valid as `SOURCE` and `columns`."""
        params = {key: value for key, value in write(self).items() if key not in ("path", "contract")}
        kept = ("dtype", "empty_is_null", "null_token")
        return params | {
            "columns": {
                name: {key: write(column)[key] for key in kept if key in write(column)}
                for name, column in columns.items()
            }
        }

    def raw(self, file: Path, names: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
        """Those of the columns `names` that the file has, as they stand in it, and the names of all its columns.

        Raises:
            Failed: of kind `data`, where the file cannot be read.
        """
        raise NotImplementedError

    def read(self, file: Path, columns: Mapping[str, Column]) -> tuple[pl.DataFrame, list[Fault]]:
        """The columns of a contract, in its order, and the faults found on the way; rows in the order of the file.

        A value that does not cast is null and part of a fault; a column that the file lacks is null throughout.

        Raises:
            Failed: of kind `data`, where the file cannot be read.
        """
        import polars as pl

        raw, header = self.raw(file, tuple(columns))
        made, faults = [], []
        for name, column in columns.items():
            if name not in header:
                faults.append(Fault((name,), MISSING, help=did_you_mean(name, header)))
                made.append(pl.Series(name, [None], polars_type(column.dtype)).new_from_index(0, raw.height))
                continue
            if header.count(name) > 1:
                faults.append(Fault((name,), NAMED_TWICE))
            series = raw[name]
            made.append(series)
        return pl.DataFrame(made), faults


@dataclass(frozen=True)
class Csv(Source):
    """A file of comma-separated values with a header, in UTF-8."""

    discriminator = ("type", "csv")

    null_values: tuple[str, ...] = field(
        ListOf(Text(), unique=True), "Texts that stand for a missing value in any column.", default=()
    )
    delimiter: str = field(
        Text(r"^[\t !#-~]$", "one ASCII character"), "What separates the values of a row.", default=","
    )


@dataclass(frozen=True)
class Parquet(Source):
    """A parquet file."""

    discriminator = ("type", "parquet")
