"""Finds out whether the first line of a CSV file is a header, or already a row."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path

from mlbuild.data.formats.texts.csv_dialect import Dialect

_RECORDS = 200
_FEWEST = 5


def find_names(file: Path, dialect: Dialect) -> tuple[str, ...]:
    """Return made-up names for the columns of a file without a header; empty if it has one.

    It has none if the first line has a number in every column of numbers, and a text of the rows in every column of
    texts. Numbers that follow each other, such as years, can be names.
    """
    with dialect.open(file, errors="replace") as stream:
        reader = csv.reader(stream, delimiter=dialect.delimiter)
        try:
            first, *rows = islice(filter(None, reader), _RECORDS)
        except (csv.Error, ValueError):
            return ()
    if len(rows) < _FEWEST or any(len(row) != len(first) for row in rows):
        return ()
    columns = [[text.strip() for text in column if text.strip()] for column in zip(*rows, strict=True)]
    numbers = [index for index, column in enumerate(columns) if column and all(map(_is_number, column))]
    if (
        not numbers
        or not all(_is_number(first[index]) for index in numbers)
        or _follow([first[index] for index in numbers])
    ):
        return ()
    texts = [index for index in range(len(first)) if index not in numbers]
    known = all(first[index].strip() in columns[index] for index in texts)
    return tuple(f"c{index + 1}" for index in range(len(first))) if known else ()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.strip().upper() == "NA"
    return True


def _follow(texts: Sequence[str]) -> bool:
    """Whether numbers are names: a single whole one, or whole ones at the same distance."""
    if not all(text.strip().isdigit() for text in texts):
        return False
    steps = {int(after) - int(before) for before, after in pairwise(texts)}
    return len(steps) == 0 or (len(steps) == 1 and steps != {0} and len(texts) > 2)
