"""What separates the values of a csv file: the delimiter by which its first records are equally wide."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

from mlbuild.data.formats.csv_records import open_text

#: In the order of preference where several make the same table.
DELIMITERS = (",", ";", "\t", "|", " ")
_RECORDS = 200


def find_delimiter(file: Path) -> str:
    """The delimiter that divides the first records into the most columns, all alike; a comma where none does."""
    widths = {delimiter: _width(file, delimiter) for delimiter in DELIMITERS}
    # Blanks stand in texts too: they separate values only where nothing else does.
    if any(width > 1 for delimiter, width in widths.items() if delimiter != " "):
        widths.pop(" ")
    best = max(widths, key=lambda delimiter: widths[delimiter])
    return best if widths[best] > 1 else ","


def _width(file: Path, delimiter: str) -> int:
    """How many columns the first records have, 0 where they differ."""
    with open_text(file, errors="replace") as stream:
        try:
            records = (record for record in csv.reader(stream, delimiter=delimiter, strict=True) if record)
            found = {len(record) for record in islice(records, _RECORDS)}
        except csv.Error:
            return 0
    return found.pop() if len(found) == 1 else 0
