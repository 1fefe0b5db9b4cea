"""Reads the records of a CSV file with Python's `csv` module in strict mode: slow, but it knows what is wrong and
where.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterator
from pathlib import Path

from mlbuild.data.formats.refusals import not_utf8, refusal, refuse_others
from mlbuild.diagnostics import Failed
from mlbuild.regular import open_regular

#: Far above the module's default limit for a field, and not larger than a 32-bit C long.
_LONGEST = 2**31 - 1
_LINE_END = re.compile(r"\r\n?|\n")
_TWICE = 'double a quote inside a quoted field: ""'


class Records(Iterator[list[str]]):
    """A context manager and iterator over all records, including the header.

    A blank line is a record without fields.

    `line` is the number of the line where the last record starts. `stray` is true if a carriage return without a
    line feed ended that record.

    Raises:
        Failed: Of kind `data`: not UTF-8, a NUL byte, or a quote that is not closed or has text after it.
    """

    def __init__(self, file: Path, delimiter: str) -> None:
        csv.field_size_limit(_LONGEST)
        self.line, self.stray = 0, False
        self._file, self._stream = file, open_text(file)
        self._field = re.compile(rf'(?P<quoted>"[^"]*(?:""[^"]*)*)|[^{re.escape(delimiter)}\r\n]*')
        self._ends = ("", delimiter, "\r", "\n")
        self._text: list[str] = []
        self._source = self._lines()
        self._reader = csv.reader(self._source, delimiter=delimiter, strict=True)

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *raised: object) -> None:
        self._source.close()
        self._stream.close()

    def __next__(self) -> list[str]:
        self.line = self._reader.line_num + 1
        self._text.clear()
        try:
            record = next(self._reader)
        except csv.Error:
            raise self._bad_quote() from None
        self.stray = self._text[-1].endswith("\r")
        return record

    def _lines(self) -> Generator[str, None, None]:
        try:
            for line in self._stream:
                if "\0" in line:
                    raise refusal("csv", f"line {self.line + len(self._text)} contains a NUL byte")
                self._text.append(line)
                yield line
        except UnicodeDecodeError:
            raise not_utf8(self._file, "csv") from None

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
                    where = "" if opened == closed else f"that starts on line {opened}"
                    help_ = rf"csv has no escape \"; {_TWICE}" if text[end - 2] == "\\" else _TWICE
                    return refusal(
                        "csv",
                        f"line {closed}: unexpected text after the closing quote of a field{where}",
                        help_,
                    )
            at = end + 1
        raise AssertionError("the csv module refuses quotes only")

    def _line_of(self, text: str, at: int) -> int:
        return self.line + len(_LINE_END.findall(text, 0, at))


def open_text(file: Path, errors: str = "strict") -> io.TextIOWrapper:
    """Open a file as text, without converting line ends.

    Raises:
        Failed: Of kind `data`: this is not a text file.
    """
    refuse_others(file, "csv")
    return io.TextIOWrapper(io.BufferedReader(open_regular(file)), "utf-8-sig", errors, newline="")
