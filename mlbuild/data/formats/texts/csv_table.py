"""Reads CSV files as columns of text. If a row does not have exactly the fields of the header, the file is refused.

A file means what Python's `csv` module reads in strict mode. Polars reads the file if the two certainly agree.
Otherwise the module itself reads it, and reports what is wrong if it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.data.formats.refusals import refusal
from mlbuild.data.formats.texts.csv_dialect import Dialect
from mlbuild.data.formats.texts.csv_records import Records
from mlbuild.data.formats.texts.csv_scan import CsvScan, blank_lines, scan
from mlbuild.data.formats.unread import Unread, reading
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl

#: The number of records that are converted to a table at a time, if polars does not read the file.
_BATCH = 1 << 16


def read_csv(file: Path, dialect: Dialect, progress: Report = silent) -> tuple[pl.DataFrame, list[str]]:
    """Return all columns as text, in the order of the header, and the header.

    An empty field is null or an empty text.

    Blank lines are skipped. In a file with only one column, they are missing values.

    Raises:
        Failed: Of kind `data`: not in the encoding, quotes that do not follow RFC 4180, or a row with more or fewer
            fields.
    """
    header = read_header(file, dialect)
    if not header:
        raise refusal("csv", "it is empty")
    rows = _read_quickly(file, dialect, len(header))
    return (_read_exactly(file, dialect, len(header), progress) if rows is None else rows), header


def read_header(file: Path, dialect: Dialect) -> list[str]:
    """Return the column names; empty for an empty file. Blank lines before the header are ignored.

    Raises:
        Failed: Of kind `data`: the first record cannot be read.
    """
    if dialect.names:
        return [*dialect.names]
    with Records(file, dialect) as records:
        return next(filter(None, records), [])


def _read_quickly(file: Path, dialect: Dialect, width: int) -> pl.DataFrame | None:
    """Read the rows with polars, if they certainly are what the standard library reads; otherwise, return None."""
    try:
        with dialect.plain(file) as plain:
            if plain is None:
                return None
            found, quote = scan(plain, dialect.delimiter, dialect.quote), dialect.quote
            if not (found.sound or found.opens):  # every quote is text, as in `12" pipe`
                found, quote = scan(plain, dialect.delimiter, ""), ""
            if not found.sound or found.strays or found.nul:
                return None
            return _read_sound(plain, dialect, quote if found.opens else "", width, found)
    except UnicodeDecodeError:
        return None


def _read_sound(file: Path, dialect: Dialect, quote: str, width: int, found: CsvScan) -> pl.DataFrame | None:
    """Read the rows of a file with polars.

    None if these may not be all rows, or if their width differs from that of the header.
    """
    import numpy as np
    import polars as pl

    heads = 0 if dialect.names else 1
    try:
        with reading(file) as stream:
            rows = pl.read_csv(
                stream,
                has_header=bool(heads),
                separator=dialect.delimiter,
                quote_char=quote or None,
                infer_schema=False,
                glob=False,
            )
    except Unread:
        return None
    if rows.height == found.records - heads and found.delimiters == found.records * (width - 1):
        return rows if rows.width == width else None
    blank = blank_lines(file, dialect.delimiter, quote)
    # Polars skips blank lines before the header. After it, they are rows without values.
    leading = int((blank == np.arange(len(blank))).sum())
    if leading and not heads:
        return None
    between = blank[leading:] - leading - heads if width > 1 else blank[:0]
    delimiters = (found.records - leading - len(between)) * (width - 1)
    # Polars fills up short rows. Only the number of delimiters shows that there are some.
    if (rows.width, rows.height, found.delimiters) != (width, found.records - leading - heads, delimiters):
        return None
    kept = np.ones(rows.height, bool)
    kept[between] = False
    return rows.filter(pl.Series(kept))


def _read_exactly(file: Path, dialect: Dialect, width: int, progress: Report) -> pl.DataFrame:
    """Read the rows with the standard library.

    Raises:
        Failed: Of kind `data`: something is wrong with the file.
    """
    import polars as pl

    schema = {str(index): pl.String for index in range(width)}
    rows, frames, height = _rows(file, dialect, width), [pl.DataFrame(schema=schema)], 0
    while batch := [*islice(rows, _BATCH)]:
        frames.append(pl.DataFrame(batch, schema=schema, orient="row"))
        height += len(batch)
        progress(height, None, "rows")
    return pl.concat(frames)


def _rows(file: Path, dialect: Dialect, width: int) -> Iterator[list[str]]:
    row = 0 if dialect.names else -1
    wanted = "'names' has" if dialect.names else "the header has"
    with Records(file, dialect) as records:
        for record in records:
            if not record and (row < 0 or width > 1):
                continue
            if width == 1 and records.stray:
                # Such a file may have two line ends where one was meant. The second would be a row here.
                raise refusal("csv", f"line {records.line} ends in a carriage return without a line feed")
            row += 1
            record = record or [""]
            if len(record) != width:
                fields = "1 field" if len(record) == 1 else f"{len(record)} fields"
                raise refusal("csv", f"row {row} (line {records.line}) has {fields}, but {wanted} {width}")
            if row:
                yield record
