"""Why a request is not answered."""

from __future__ import annotations

from http import HTTPStatus

from mlbuild.kinds import Json


class Refused(Exception):
    """A request that is not answered. The message is a sentence without an end.

    `row`, `column` and `rule` say which value of the request is wrong, and which rule it violates. `headers` are
    additional headers of the response.
    """

    def __init__(
        self,
        message: str,
        *,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        row: int | None = None,
        column: str | None = None,
        rule: str | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers
        self.row, self.column, self.rule = row, column, rule

    def to_json(self) -> Json:
        place = {"row": self.row, "column": self.column, "rule": self.rule}
        return {"error": str(self)} | {key: value for key, value in place.items() if value is not None}


class Wrong(Exception):
    """A value that a column does not have. The message says what it must be: `must be a number, not true`."""


def wrong_value(wrong: Wrong, column: str, row: int, rule: str = "dtype") -> Refused:
    """Return the refusal of a value of a column."""
    return Refused(f"'{column}' in row {row} {wrong}", row=row, column=column, rule=rule)
