"""Spans of time, as steps name them: `30d`."""

from __future__ import annotations

from typing import Any

from mlbuild.frozen import frozen
from mlbuild.kinds import Json, Kind

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
#: The years 1 to 9999 are fewer days than this, and no sum of two spans is beyond 64 bits in microseconds.
_PATTERN = r"^[0-9]{1,6}[smhdw]$"
_WHAT = "a duration such as 12h, 30d or 4w"


def microseconds(duration: str) -> int:
    return int(duration[:-1]) * _SECONDS[duration[-1]] * 1_000_000


@frozen
class Duration(Kind):
    """A whole number of seconds, minutes, hours, days or weeks. A day has 24 hours."""

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": _PATTERN, "patternErrorMessage": f"must be {_WHAT}"}

    def canonical(self, value: Any) -> str:
        """Return the duration in the largest unit in which it is a whole number."""
        seconds = microseconds(value) // 1_000_000
        unit = next(unit for unit in "wdhms" if seconds % _SECONDS[unit] == 0)
        return f"{seconds // _SECONDS[unit]}{unit}"

    def phrase(self) -> str:
        return _WHAT


@frozen
class Span(Kind):
    """How far back a window reaches: a number of rows, or a duration."""

    def json_schema(self) -> Json:
        rows = {"title": "number of rows", "type": "integer", "minimum": 1}
        return {"anyOf": [rows, {"title": "duration"} | Duration().json_schema()]}

    def read(self, value: Any) -> int | str:
        return value if isinstance(value, str) else int(value)

    def canonical(self, value: Any) -> int | str:
        return Duration().canonical(value) if isinstance(value, str) else int(value)

    def phrase(self) -> str:
        return f"a number of rows, or {_WHAT}"
