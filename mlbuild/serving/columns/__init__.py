"""The columns that clients send, one class for each dtype of a contract."""

from __future__ import annotations

from mlbuild.serving.columns.column import Column
from mlbuild.serving.columns.moments import DateColumn, DatetimeColumn
from mlbuild.serving.columns.numbers import BoolColumn, FloatColumn, IntColumn
from mlbuild.serving.columns.texts import StringColumn

#: By dtype.
COLUMNS: dict[str, type[Column]] = {
    one.dtype: one for one in (BoolColumn, IntColumn, FloatColumn, StringColumn, DateColumn, DatetimeColumn)
}
