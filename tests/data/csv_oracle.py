"""A second definition of what a CSV file means: a state machine that reads one character after the other.

It gives the same records as Python's `csv` module in strict mode, which the tests compare too, and the line of
whatever makes a file invalid, which the module does not know.
"""

from __future__ import annotations

import csv
import io
import re
from itertools import dropwhile

from mlbuild.frozen import frozen


@frozen
class Refusal:
    """Why a file is refused: the lines, from 1, one of which the message must name."""

    lines: frozenset[int]


def meaning(content: bytes, delimiter: str) -> list[list[str]] | Refusal:
    """Return the header and the rows of a file without blank lines, or why it is refused."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        first = _table(before, delimiter)
        others = first.lines if isinstance(first, Refusal) else frozenset[int]()
        return Refusal(others | {_line(before, len(before))})
    return _table(text, delimiter)


def _table(text: str, delimiter: str) -> list[list[str]] | Refusal:
    table: list[list[str]] = []
    for line, record, stray in _records(text, delimiter):
        if record is None:
            return Refusal(frozenset([line]))
        width = len(table[0]) if table else len(record)
        if width == 1 and stray and (table or record):
            return Refusal(frozenset([line]))
        if not record and (not table or width > 1):
            continue
        if len(record or [""]) != width:
            return Refusal(frozenset([line]))
        table.append(record or [""])
    return table or Refusal(frozenset())


def _records(text: str, delimiter: str) -> list[tuple[int, list[str] | None, bool]]:
    """Return each record with its first line, and whether a lone carriage return ends it; None for a fault."""
    found: list[tuple[int, list[str] | None, bool]] = []
    at = start = 0
    fields: list[str] = []
    while at < len(text):
        field, at, fault = _field(text, at, delimiter)
        if fault is not None:
            return [*found, (_line(text, fault), None, False)]
        fields.append(field)
        if text[at : at + 1] == delimiter:
            at += 1
            if at < len(text):
                continue
            fields.append("")
        stray = text[at : at + 1] == "\r" and text[at : at + 2] != "\r\n"
        blank = len(fields) == 1 and at == start
        found.append((_line(text, start), [] if blank else fields, stray))
        at += 2 if text[at : at + 2] == "\r\n" else 1
        start, fields = at, []
    return found


def _field(text: str, at: int, delimiter: str) -> tuple[str, int, int | None]:
    """Return the field that starts at a character, its end, and the position of the fault in it."""
    value, quoted, opened = "", text[at : at + 1] == '"', at
    at += quoted
    while at < len(text):
        char = text[at]
        if char == "\0":
            return value, at, at
        if not quoted and (char == delimiter or char in "\r\n"):
            return value, at, None
        if quoted and char == '"':
            if text[at + 1 : at + 2] == '"':
                at += 1
            else:
                after = text[at + 1 : at + 2]
                return value, at + 1, None if after in ("", delimiter, "\r", "\n") else at
        value, at = value + char, at + 1
    return value, at, opened if quoted else None


def _line(text: str, at: int) -> int:
    return 1 + len(re.findall(r"\r\n?|\n", text[:at]))


def standard(content: bytes, delimiter: str) -> list[list[str]] | None:
    """Return the table as Python's `csv` module reads it in strict mode; None if it refuses the file."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    try:
        records = dropwhile(lambda record: not record, csv.reader(text, delimiter=delimiter, strict=True))
        header = next(records, [])
        return [header, *(record or [""] for record in records if record or len(header) == 1)]
    except (csv.Error, UnicodeDecodeError):
        return None
