"""Spans of time, as steps name them: `30d`."""

from __future__ import annotations

from typing import Any

from mlbuild.frozen import frozen
from mlbuild.kinds import Json, Kind
from mlbuild.moments import DURATION, DURATION_WORDS, UNITS, parse_duration


@frozen
class Duration(Kind):
    """A whole number of seconds, minutes, hours, days or weeks. A day has 24 hours.

    It is read in the largest unit up to days in which it is a whole number.
    """

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": DURATION, "patternErrorMessage": f"must be {DURATION_WORDS}"}

    def read(self, value: Any) -> str:
        length = parse_duration(value)
        unit = next(unit for unit in ("d", "h", "min", "s") if length % UNITS[unit] == 0)
        return f"{length // UNITS[unit]}{unit}"

    def phrase(self) -> str:
        return DURATION_WORDS


@frozen
class Span(Kind):
    """How far back a window reaches: a number of rows, or a duration."""

    def json_schema(self) -> Json:
        rows = {"title": "number of rows", "type": "integer", "minimum": 1}
        return {"anyOf": [rows, {"title": "duration"} | Duration().json_schema()]}

    def read(self, value: Any) -> int | str:
        return Duration().read(value) if isinstance(value, str) else int(value)

    def phrase(self) -> str:
        return f"a number of rows, or {DURATION_WORDS}"
