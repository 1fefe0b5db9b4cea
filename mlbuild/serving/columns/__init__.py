"""The columns that clients send, one class for each dtype of a contract."""

from __future__ import annotations

from mlbuild.kinds import Json
from mlbuild.serving.columns.column import Column
from mlbuild.serving.columns.moments import DateColumn, DatetimeColumn
from mlbuild.serving.columns.numbers import BoolColumn, FloatColumn, IntColumn
from mlbuild.serving.columns.texts import StringColumn

#: By dtype.
COLUMNS: dict[str, type[Column]] = {
    one.dtype: one for one in (BoolColumn, IntColumn, FloatColumn, StringColumn, DateColumn, DatetimeColumn)
}
#: The types of numpy's arrays, by the names of types in the Open Inference Protocol.
NUMPY = {"FP64": "float64", "INT64": "int64", "BYTES": "object"}


def column_of(told: Json) -> Column:
    """Return the column that `contract.json` describes. A string without missing values has none."""
    cls = COLUMNS[told["dtype"]]
    return cls(told["name"], told["nullable"], cls.missing_of(told["missing"]))
