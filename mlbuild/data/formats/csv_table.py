"""Csv files as columns of text: every row has exactly the fields of the header, or the file is refused.

A file means what Python's `csv` module, in strict mode, reads in it. Polars reads it where the two surely agree; where
they may not, the module itself does, and says what is wrong with a file that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.data.formats.csv_records import Records
from mlbuild.data.formats.csv_scan import Scan, blank_lines, scan
from mlbuild.data.formats.refusals import refusal
from mlbuild.data.formats.unread import Unread, reading

if TYPE_CHECKING:
    import polars as pl

#: So many records are made into a table at once where polars does not read them itself.
_BATCH = 1 << 16


def read_csv(file: Path, delimiter: str) -> tuple[pl.DataFrame, list[str]]:
    """All columns as texts, in the order of the header, and the header; an empty field is null or an empty text.

    Blank lines are passed over, unless there is only one column: there they are missing values.

    Raises:
        Failed: of kind `data`: not UTF-8, quotes that do not follow RFC 4180, a row with more or fewer fields.
    """
    header = read_header(file, delimiter)
    if not header:
        raise refusal("csv", "it is empty")
    found = scan(file, delimiter)
    if not (found.sound or found.opens):  # every quote is text, as in `12" pipe`
        found = scan(file, delimiter, quotes=False)
    clear = found.sound and not found.strays and not found.nul
    rows = _read_quickly(file, delimiter, len(header), found) if clear else None
    return (_read_exactly(file, delimiter, len(header)) if rows is None else rows), header


def read_header(file: Path, delimiter: str) -> list[str]:
    """The names of the columns, none for an empty file; blank lines before them count for nothing.

    Raises:
        Failed: of kind `data`, where the first record cannot be read.
    """
    with Records(file, delimiter) as records:
        return next(filter(None, records), [])


def _read_quickly(file: Path, delimiter: str, width: int, found: Scan) -> pl.DataFrame | None:
    """The rows as polars reads them; None where these may not be all of them, or not as wide as the header."""
    import polars as pl

    quote = '"' if found.opens else None
    try:
        with reading(file) as stream:
            rows = pl.read_csv(stream, separator=delimiter, quote_char=quote, infer_schema=False, glob=False)
    except Unread:
        return None
    if rows.height == found.records - 1 and found.delimiters == found.records * (width - 1):
        return rows if rows.width == width else None
    blank = blank_lines(file, delimiter, quotes=found.opens)
    # Before the header polars passes over blank lines itself, behind it they are rows without values.
    leading = sum(1 for place, line in enumerate(blank) if place == line)
    between = [line - leading - 1 for line in blank[leading:]] if width > 1 else []
    delimiters = (found.records - leading - len(between)) * (width - 1)
    # Short rows are filled up: only the number of delimiters shows that there are some.
    if (rows.width, rows.height, found.delimiters) != (width, found.records - leading - 1, delimiters):
        return None
    return rows.filter(~pl.int_range(pl.len()).is_in(between))


def _read_exactly(file: Path, delimiter: str, width: int) -> pl.DataFrame:
    """The rows as the standard library reads them.

    Raises:
        Failed: of kind `data`: what is wrong with the file.
    """
    import polars as pl

    schema = {str(index): pl.String for index in range(width)}
    rows, frames = _rows(file, delimiter, width), [pl.DataFrame(schema=schema)]
    while batch := [*islice(rows, _BATCH)]:
        frames.append(pl.DataFrame(batch, schema=schema, orient="row"))
    return pl.concat(frames)


def _rows(file: Path, delimiter: str, width: int) -> Iterator[list[str]]:
    row = -1
    with Records(file, delimiter) as records:
        for record in records:
            if not record and (row < 0 or width > 1):
                continue
            if width == 1 and records.stray:
                # Such a file may have two line ends where one was meant, and here the second would be a row.
                raise refusal("csv", f"line {records.line} ends in a carriage return without a line feed")
            row += 1
            record = record or [""]
            if len(record) != width:
                fields = "1 field" if len(record) == 1 else f"{len(record)} fields"
                raise refusal("csv", f"row {row} (line {records.line}) has {fields}, the header has {width}")
            if row:
                yield record
