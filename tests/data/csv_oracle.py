"""What a csv file means, written down a second time: a machine that reads one character after the other.

It gives the records as Python's `csv` module does in strict mode, which the tests compare too, and the line of whatever
keeps a file from being read, which the module does not know.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import dropwhile


@dataclass(frozen=True)
class Refusal:
    """Why a file is refused: the lines, from 1, one of which must be named."""

    lines: frozenset[int]


def meaning(content: bytes, delimiter: str) -> list[list[str]] | Refusal:
    """The header and the rows of a file, blank lines left out, or why it has none."""
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
    """Each record with the line in which it starts, and whether a lone carriage return ends it; None for a fault."""
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
    """The field that starts at a character, where it ends, and where the fault in it is."""
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
    """The table as Python's `csv` module reads it in strict mode; None where it refuses."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    try:
        records = dropwhile(lambda record: not record, csv.reader(text, delimiter=delimiter, strict=True))
        header = next(records, [])
        return [header, *(record or [""] for record in records if record or len(header) == 1)]
    except (csv.Error, UnicodeDecodeError):
        return None
