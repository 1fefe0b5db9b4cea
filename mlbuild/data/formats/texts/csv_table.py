"""Reads CSV files as columns of text. If a row does not have exactly the fields of the header, the file is refused.

A file means what Python's `csv` module reads in strict mode. Polars reads the file if the two certainly agree.
Otherwise the module itself reads it, and reports what is wrong if it cannot.

Polars also converts columns of numbers while it reads them, which is much faster than to convert their texts. It does
so if the result is certainly the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.data.formats.refusals import refusal
from mlbuild.data.formats.texts.csv_dialect import Dialect
from mlbuild.data.formats.texts.csv_records import Records
from mlbuild.data.formats.texts.csv_scan import CsvScan, blank_lines, has_blank_start, scan
from mlbuild.data.formats.unread import Unread, reading
from mlbuild.frozen import frozen
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl

#: The number of records that are converted to a table at a time, if polars does not read the file.
_BATCH = 1 << 16
#: How many of the last bytes of a file show its last row.
_END = 1 << 20


@frozen
class Wanted:
    """What to convert while reading: `nulls` are the texts that mean a missing value, and `numbers` the names of the
    columns that may become numbers, each with the dtype `int` or `float`.

    A column becomes numbers only if each of its texts is a number of this dtype in 64 bits, empty, or one of `nulls`.
    """

    nulls: Sequence[str] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)


def read_csv(
    file: Path, dialect: Dialect, progress: Report = silent, wanted: Wanted | None = None
) -> tuple[pl.DataFrame, list[str]]:
    """Return all columns, in the order of the header, and the header.

    They are texts, of which only `nulls` are missing, or numbers. Of several columns with one name, only the first one
    can be numbers.

    Blank lines are skipped. In a file with only one column, they are rows with an empty text.

    Raises:
        Failed: Of kind `data`: not in the encoding, quotes that do not follow RFC 4180, or a row with more or fewer
            fields.
    """
    import polars as pl

    wanted = wanted or Wanted()
    header = read_header(file, dialect)
    if not header:
        raise refusal("csv", "it is empty")
    rows = _read_quickly(file, dialect, header, wanted)
    if rows is None:
        rows = _read_exactly(file, dialect, len(header), progress)
    if wanted.nulls:
        rows = rows.with_columns(
            texts.set(texts.is_in([*wanted.nulls]), None) for texts in rows if texts.dtype == pl.String
        )
    return rows, header


def read_header(file: Path, dialect: Dialect) -> list[str]:
    """Return the column names; empty for an empty file. Blank lines before the header are ignored.

    Raises:
        Failed: Of kind `data`: the first record cannot be read.
    """
    if dialect.names:
        return [*dialect.names]
    with Records(file, dialect) as records:
        return next(filter(None, records), [])


def _read_quickly(file: Path, dialect: Dialect, header: Sequence[str], wanted: Wanted) -> pl.DataFrame | None:
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
            if _may_end_in_a_long_row(plain, dialect.delimiter, dialect.quote, len(header)):
                return None
            quote = quote if found.opens else ""
            if wanted.numbers:
                rows = _read_sound(plain, dialect, quote, header, found, wanted)
                if rows is not None and _are_numbers(rows, plain, dialect.delimiter, quote, found):
                    return rows
            return _read_sound(plain, dialect, quote, header, found, Wanted())
    except UnicodeDecodeError:
        return None


def _may_end_in_a_long_row(file: Path, delimiter: str, quote: str, width: int) -> bool:
    """Whether a file ends with a delimiter in a row that may have too many fields.

    Polars ignores an empty field too many there, and a short row elsewhere hides it from the count of delimiters.
    """
    with file.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _END))
        last = stream.read().rpartition(b"\n")[2]
    if not last.endswith(delimiter.encode()):
        return False
    return last.count(delimiter.encode()) != width - 1 or (bool(quote) and quote.encode() in last)


def _are_numbers(rows: pl.DataFrame, file: Path, delimiter: str, quote: str, found: CsvScan) -> bool:
    """Whether the columns of numbers have the values of their texts.

    Polars refuses most texts that are not numbers. It reads texts beyond the range of a float as infinite, and a text
    of spaces as a missing value.
    """
    import numpy as np

    numbers = [values for values in rows if values.dtype.is_numeric()]
    if any(np.isinf(values.to_numpy()).any() for values in numbers if values.dtype.is_float()):
        return False
    missing = any(values.null_count() for values in numbers)
    return not (missing and found.blanks and has_blank_start(file, delimiter, quote))


def _types(header: Sequence[str], numbers: Mapping[str, str]) -> list[pl.DataType]:
    import polars as pl

    first = {name: index for index, name in reversed([*enumerate(header)])}
    types: list[pl.DataType] = [pl.String()] * len(header)
    for name, dtype in numbers.items():
        if name in first:
            types[first[name]] = pl.Int64() if dtype == "int" else pl.Float64()
    return types


def _keep_empty(version: str) -> dict[str, Any]:
    """Return the option to read an empty field as an empty text, which polars 2 calls otherwise."""
    if int(version.partition(".")[0]) < 2:
        return {"missing_utf8_is_empty_string": True}
    return {"empty_string_is_null": False}


def _read_sound(
    file: Path, dialect: Dialect, quote: str, header: Sequence[str], found: CsvScan, wanted: Wanted
) -> pl.DataFrame | None:
    """Read the rows of a file with polars.

    None if these may not be all rows, if their width differs from that of the header, or if a text is not a number.
    """
    import numpy as np
    import polars as pl

    heads, width = 0 if dialect.names else 1, len(header)
    try:
        with reading(file) as stream:
            rows = pl.read_csv(
                stream,
                has_header=bool(heads),
                separator=dialect.delimiter,
                quote_char=quote or None,
                infer_schema=False,
                schema_overrides=_types(header, wanted.numbers) if wanted.numbers else None,
                null_values=[*wanted.nulls] or None,
                **_keep_empty(pl.__version__),
                glob=False,
            )
    except Unread:
        return None
    # Polars takes a name such as `^a$` for a pattern, even in most methods of a single column.
    rows = rows.rename({name: str(index) for index, name in enumerate(rows.columns)})
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
