"""Reads JSON records: one, a list of them, or `{"rows": [...]}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlbuild.serving.columns.column import told
from mlbuild.serving.model import Model
from mlbuild.serving.reading.documents import decode, repeated_key
from mlbuild.serving.reading.rows import Rows, check_count, check_names
from mlbuild.serving.refused import Refused
from mlbuild.shown import shown

_ROWS = "rows"


def read_records(body: bytes, model: Model, most: int) -> Rows:
    """Return the rows of a body, which are at most `most`.

    Raises:
        Refused: It is not JSON, a row is none of the model, or a key is there twice.
    """
    content = decode(body)
    records = _records(content)
    check_count(len(records), most)
    width = len(model.names)
    try:
        values = [*map(model.getter, records)]
        known = not any(len(record) != width for record in records)
    except (KeyError, TypeError, IndexError):
        known = False
    if not known:
        for row, record in enumerate(records):
            if not isinstance(record, dict):
                raise Refused(f"row {row} must be an object, not {told(record)}", row=row)
            check_names(record, model, row)
    columns = [*zip(*values, strict=True)] if records else [()] * width
    found = [column.from_json(some) for column, some in zip(model.columns, columns, strict=True)]
    is_wrapped = isinstance(content, dict) and content.get(_ROWS) is records
    _check_keys(body, model, columns, is_wrapped)
    return Rows(len(records), found)


def _check_keys(body: bytes, model: Model, columns: Sequence[tuple[Any, ...]], is_wrapped: bool) -> None:
    """Check that no key is there twice in a body with valid records, whose values are `columns`."""
    strings = [len(columns[place]) - columns[place].count(None) for place in model.written]
    repeated = repeated_key(body, sum(map(len, columns)) + sum(strings) + is_wrapped)
    if repeated is None:
        return
    key, row = repeated
    if key not in model.places:
        raise Refused(f"key '{shown(key)}' is there twice")
    raise Refused(f"column '{key}' of row {row} is there twice", row=row, column=key, rule="duplicate")


def _records(body: Any) -> list[Any]:
    if isinstance(body, list):
        return body
    if not isinstance(body, dict):
        raise Refused(f"the body must be an object or a list, not {told(body)}")
    rows = body.get(_ROWS)
    if not isinstance(rows, list):  # values of columns are never lists
        return [body]
    if len(body) > 1:
        other = next(key for key in body if key != _ROWS)
        raise Refused(f"unknown key '{shown(other)}' next to '{_ROWS}'")
    return rows
