"""Finds the delimiter of a CSV file: the one that gives the first records the same width."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

from mlbuild.data.formats.texts.csv_dialect import Dialect

#: In order of preference, if several give the same table.
DELIMITERS = (",", ";", "\t", "|", " ")
_RECORDS = 200


def find_delimiter(file: Path, encoding: str) -> str:
    """Return the delimiter that splits the first records into the same and largest number of columns, or a comma."""
    widths = {delimiter: _width(file, encoding, delimiter) for delimiter in DELIMITERS}
    # Spaces also occur in texts, so they are a delimiter only if nothing else is.
    if any(width > 1 for delimiter, width in widths.items() if delimiter != " "):
        widths.pop(" ")
    best = max(widths, key=lambda delimiter: widths[delimiter])
    return best if widths[best] > 1 else ","


def _width(file: Path, encoding: str, delimiter: str) -> int:
    """Return the number of columns of the first records; 0 if it varies."""
    with Dialect(encoding=encoding).open(file, errors="replace") as stream:
        try:
            records = (record for record in csv.reader(stream, delimiter=delimiter, strict=True) if record)
            found = {len(record) for record in islice(records, _RECORDS)}
        except csv.Error:
            return 0
    return found.pop() if len(found) == 1 else 0
