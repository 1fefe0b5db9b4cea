"""Parquet: columns with types."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from mlbuild.data.formats.format import Format
from mlbuild.data.formats.refusals import refusal, refuse_others
from mlbuild.data.formats.unread import Unread, reading
from mlbuild.frozen import frozen
from mlbuild.progress import Report, silent
from mlbuild.regular import open_regular

if TYPE_CHECKING:
    from io import FileIO

    import polars as pl

#: A Parquet file starts and ends with this.
_MARK = b"PAR1"


@frozen
class Parquet(Format):
    """A Parquet file. Its columns are converted to the dtypes of the contract."""

    type = "parquet"
    suffixes = (".parquet",)
    other_suffixes = (".pq",)
    can_crash = True

    def header(self, file: Path) -> list[str]:
        refuse_others(file, self.type)
        try:
            with reading(file) as stream:
                return _scan(stream).collect_schema().names()
        except (Unread, OSError) as error:
            reason = _damage(file) or f"it is damaged ({error})"
            raise refusal(self.type, reason, unquoted=_damage(file) or "it is damaged") from None

    def raw(
        self, file: Path, names: Sequence[str], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        import polars.selectors as cs

        header = self.header(file)
        wanted = [name for name in names if name in header]
        try:
            with reading(file) as stream:
                return _scan(stream).select(cs.by_name(*wanted)).collect(), header
        except (Unread, OSError) as error:
            faults = dict(_unreadable(file, wanted))
            told = [f"column '{name}': {cause}" for name, cause in faults.items()] or [str(error)]
            raise refusal(
                self.type, "; ".join(told), unquoted="some of its columns cannot be read", columns=faults
            ) from None

    def write(self, rows: pl.DataFrame, stream: IO[bytes]) -> None:
        rows.write_parquet(stream)


def _damage(file: Path) -> str | None:
    """Describe what is wrong with a file, from its first and last bytes."""
    with io.BufferedReader(open_regular(file)) as stream:
        start = stream.read(len(_MARK))
        if start != _MARK:
            return "it is not a parquet file" if start else "it is empty"
        stream.seek(-len(_MARK), os.SEEK_END)
        return None if stream.read() == _MARK else "it is truncated"


def _scan(stream: FileIO) -> pl.LazyFrame:
    import polars as pl

    return pl.scan_parquet(stream, glob=False, hive_partitioning=False)


def _unreadable(file: Path, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the columns that cannot be read, each with the cause."""
    import polars.selectors as cs

    for name in names:
        try:
            with reading(file) as stream:
                _scan(stream).select(cs.by_name(name)).collect()
        except Unread as error:
            yield name, str(error)
