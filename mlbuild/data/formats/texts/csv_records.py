"""Reads the records of a CSV file with Python's `csv` module in strict mode: slow, but it knows what is wrong and
where.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterator
from pathlib import Path

from mlbuild.data.formats.refusals import refusal
from mlbuild.data.formats.texts.csv_dialect import Dialect
from mlbuild.diagnostics import Failed

#: Far above the module's default limit for a field, and not larger than a 32-bit C long.
_LONGEST = 2**31 - 1
_LINE_END = re.compile(r"\r\n?|\n")


class Records(Iterator[list[str]]):
    """A context manager and iterator over all records, including the header.

    A blank line is a record without fields.

    `line` is the number of the line where the last record starts. `stray` is true if a carriage return without a
    line feed ended that record.

    Raises:
        Failed: Of kind `data`: not in the encoding, a NUL byte, or a quote that is not closed or has text after it.
    """

    def __init__(self, file: Path, dialect: Dialect) -> None:
        csv.field_size_limit(_LONGEST)
        self.line, self.stray = 0, False
        self._file, self._dialect = file, dialect
        try:
            self._stream = dialect.open(file)
        except UnicodeDecodeError:
            raise dialect.undecodable(file) from None
        delimiter, quote = dialect.delimiter, dialect.quote
        mark = re.escape(quote)
        quoted = f"{mark}[^{mark}]*(?:{mark}{mark}[^{mark}]*)*" if quote else "(?!)"
        self._field = re.compile(rf"(?P<quoted>{quoted})|[^{re.escape(delimiter)}\r\n]*")
        self._ends = ("", delimiter, "\r", "\n")
        self._text: list[str] = []
        self._source = self._lines()
        if quote:
            self._reader = csv.reader(self._source, delimiter=delimiter, quotechar=quote, strict=True)
        else:
            self._reader = csv.reader(self._source, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *raised: object) -> None:
        self._source.close()
        self._stream.close()

    def __next__(self) -> list[str]:
        self._text.clear()
        try:
            record = next(self._reader)
        except csv.Error:
            raise self._bad_quote() from None
        self.stray = self._text[-1].endswith("\r")
        return record

    def _lines(self) -> Generator[str, None, None]:
        comment = self._dialect.comment
        try:
            for number, line in enumerate(self._stream, 1 + self._dialect.skip_rows):
                if not self._text:
                    if comment and line.startswith(comment):
                        continue
                    self.line = number
                if "\0" in line:
                    raise refusal("csv", f"line {number} contains a NUL byte")
                self._text.append(line)
                yield line
        except UnicodeDecodeError:
            raise self._dialect.undecodable(self._file) from None

    def _bad_quote(self) -> Failed:
        """Return the failure for wrong quotes in the current record."""
        text, at = "".join(self._text), 0
        while at <= len(text):
            found = self._field.match(text, at)
            assert found is not None, "every text starts with a field, even if it is empty"
            end = found.end()
            if found["quoted"] is not None:
                opened, closed = self._line_of(text, at), self._line_of(text, end)
                if end == len(text):
                    return refusal("csv", f"line {opened}: a quoted field is never closed")
                end += 1
                if text[end : end + 1] not in self._ends:
                    where = "" if opened == closed else f" that starts on line {opened}"
                    quote = self._dialect.quote
                    help_ = f"double a quote inside a quoted field: {quote}{quote}"
                    if text[end - 2] == "\\":
                        help_ = f"csv has no escape \\{quote}; {help_}"
                    return refusal(
                        "csv",
                        f"line {closed}: unexpected text after the closing quote of a field{where}",
                        help_,
                    )
            at = end + 1
        raise AssertionError("the csv module refuses quotes only")

    def _line_of(self, text: str, at: int) -> int:
        return self.line + len(_LINE_END.findall(text, 0, at))
