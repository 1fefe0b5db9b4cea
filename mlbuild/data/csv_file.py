"""Csv files as columns of text: every row has exactly the fields of the header, or the file is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.diagnostics import Failed, data_failure
from mlbuild.regular import Irregular, open_regular

if TYPE_CHECKING:
    import polars as pl

_CHUNK = 1 << 20


def read_csv(file: Path, delimiter: str) -> tuple[pl.DataFrame, list[str]]:
    """All columns as texts, in the order of the header, and the header; an unquoted empty field is null.

    Blank lines are passed over, unless there is only one column: there they are missing values.

    Raises:
        Failed: of kind `data`: not UTF-8, a quote that is not closed, a row with more or fewer fields.
    """
    import polars as pl

    header = next(_records(file, delimiter), None)
    if header is None:
        raise _refusal("it is empty")
    try:
        rows = pl.read_csv(file, separator=delimiter, infer_schema=False, glob=False)
    except pl.exceptions.PolarsError as error:
        _blank_lines(file, delimiter)
        raise _refusal(str(error).splitlines()[0]) from None
    if len(header) > 1 and _delimiters(file, delimiter, header, rows) != (rows.height + 1) * (
        len(header) - 1
    ):
        blank = _blank_lines(file, delimiter)
        rows = rows.filter(~pl.int_range(pl.len()).is_in(blank))
    if rows.width != len(header):
        raise _refusal("its lines do not end in LF or CRLF")
    return rows, header


def read_header(file: Path, delimiter: str) -> list[str]:
    """The names of the columns; the rows are not read.

    Raises:
        Failed: of kind `data`, where the first record cannot be read.
    """
    return next(_records(file, delimiter), [])


@contextmanager
def opened(file: Path, errors: str = "strict") -> Iterator[io.TextIOWrapper]:
    """The text of a file, with its line ends as they are.

    Raises:
        Failed: of kind `data`, where this is not a regular file.
    """
    try:
        raw = open_regular(file)
    except Irregular as error:
        raise _refusal(str(error.strerror)) from None
    with io.TextIOWrapper(io.BufferedReader(raw), "utf-8-sig", errors, newline="") as stream:
        yield stream


def _delimiters(file: Path, delimiter: str, header: list[str], rows: pl.DataFrame) -> int:
    """How many delimiters stand between fields: polars fills short rows up, and only this count shows it."""
    import polars as pl

    wanted, total, quoted = delimiter.encode(), 0, False
    with open_regular(file) as stream:
        while chunk := stream.read(_CHUNK):
            total += chunk.count(wanted)
            quoted = quoted or b'"' in chunk
    if not quoted:
        return total
    inside = rows.select(pl.all().str.count_matches(delimiter, literal=True).sum()).row(0)
    return total - int(sum(inside)) - sum(name.count(delimiter) for name in header)


def _blank_lines(file: Path, delimiter: str) -> list[int]:
    """The positions of blank lines among the rows.

    Raises:
        Failed: of kind `data`, at the first row with more or fewer fields than the header.
    """
    records = _records(file, delimiter)
    width, blank = len(next(records)), []
    for index, record in enumerate(records):
        if not record:
            blank.append(index)
        elif len(record) != width:
            fields = "1 field" if len(record) == 1 else f"{len(record)} fields"
            raise _refusal(f"row {index + 1 - len(blank)} has {fields}, the header has {width}")
    return blank


def _records(file: Path, delimiter: str) -> Iterator[list[str]]:
    """The header and the rows by the standard library: slow, but it says what is wrong where."""
    with opened(file) as stream:
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        started = False
        try:
            for record in reader:
                # Blank lines before the header count for nothing.
                started = started or bool(record)
                if started:
                    yield record
        except UnicodeDecodeError:
            raise _refusal("it is not UTF-8") from None
        except csv.Error:
            message = f"line {reader.line_num}: a quote is not closed, or text follows behind the closing one"
            raise _refusal(message) from None


def _refusal(reason: str) -> Failed:
    return data_failure(f"cannot read the file as csv: {reason}")
