"""Columns of dates and datetimes, which are microseconds since 1970 in the artifact."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.moments import DAY, FIRST, LAST, parse_moment
from mlbuild.serving.columns.column import Column
from mlbuild.serving.refused import Wrong
from mlbuild.shown import shown


@frozen
class Moments(Column):
    """A column of points in time."""

    datatype: ClassVar[str] = "INT64"
    values: ClassVar[tuple[type, ...]] = (str,)
    elements: ClassVar[tuple[type, ...]] = (int,)

    @classmethod
    def missing_of(cls, told: str | None) -> int:
        return int(str(told))

    def of_json(self, value: Any) -> int:
        moment = parse_moment(str(value))
        if moment is None or not self._fits(moment):
            raise Wrong(f"must be {self.wanted}, not '{shown(str(value))}'")
        return moment

    def of_text(self, text: str) -> int:
        return self.of_json(text)

    def of_element(self, value: Any) -> int:
        if value != self.missing and not (FIRST <= value <= LAST and self._fits(value)):
            raise Wrong(f"must be {self.phrase} in microseconds since 1970, not {value}")
        return int(value)

    def _fits(self, moment: int) -> bool:
        return True

    def _shown(self, value: Any) -> str:
        return (datetime(1970, 1, 1) + timedelta(microseconds=value)).isoformat()


@frozen
class DateColumn(Moments):
    """A column of days."""

    dtype: ClassVar[str] = "date"
    phrase: ClassVar[str] = "a date such as 2013-10-01"

    def _fits(self, moment: int) -> bool:
        return moment % DAY == 0

    def json_schema(self) -> Json:
        return {"type": "string", "format": "date"}

    def _shown(self, value: Any) -> str:
        return super()._shown(value)[:10]


@frozen
class DatetimeColumn(Moments):
    """A column of points in time. An offset is converted to UTC."""

    dtype: ClassVar[str] = "datetime"
    phrase: ClassVar[str] = "a datetime such as 2013-10-01T05:00:00"

    def json_schema(self) -> Json:
        return {"type": "string", "format": "date-time"}
