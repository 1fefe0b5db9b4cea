"""Reads tables in CSV."""

from __future__ import annotations

import csv
import io

from mlbuild.serving.model import Model
from mlbuild.serving.reading.rows import Rows, check_count, check_names
from mlbuild.serving.refused import Refused
from mlbuild.shown import shown


def read_table(body: bytes, model: Model, most: int) -> Rows:
    """Return the rows of a CSV file with a header, which are at most `most`. An empty field is a missing value.

    Raises:
        Refused: It is not CSV, or its columns or values are not those of the model.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"the body is not UTF-8 at byte {error.start}") from None
    try:
        header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    except ValueError:
        raise Refused("the body has no header with the names of the columns") from None
    except csv.Error as error:
        raise Refused(f"the body is not CSV: {shown(str(error))}") from None
    check_count(len(rows), most)
    check_names(header, model)
    for row, fields in enumerate(rows):
        if len(fields) != len(header):
            message = f"row {row} has {len(fields)} fields, but the header has {len(header)}"
            raise Refused(message, row=row)
    columns = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else {}
    return Rows(len(rows), [column.from_texts(columns.get(column.name, ())) for column in model.columns])
