"""What `fetch:S` asks: tables outside that have no content until they are fetched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from mlbuild.frozen import frozen
from mlbuild.kinds import Choice, Json, Kind
from mlbuild.moments import DURATION, DURATION_WORDS, UNITS, parse_duration
from mlbuild.progress import Report

#: The answers to when a source is fetched again, besides a duration.
REFRESH = {
    "always": "in each build",
    "never": "only with `--refresh`, or if the request changes",
}


@frozen
class Wanted:
    """What a source needs of a table outside: the names of its columns there with their dtypes in the contract, and
    those that are unique together.
    """

    columns: Mapping[str, str]
    unique: Sequence[str]


class Opened(Protocol):
    """A table outside that is being read. All answers are about one state of it."""

    def version(self) -> str | None:
        """Return a text that changes when the content does, if finding it costs less than the content."""

    def write(self, file: Path, progress: Report) -> int | None:
        """Write the content into a new file, in the format of the source, and return the number of rows; None if it is
        not known without reading the file.

        The same rows give the same bytes, in whatever order they arrive.

        Raises:
            Failed: Of kind `data`: there is no such table, or not all of its values can be represented.
        """


@frozen
class Remote:
    """A table outside that can be asked. It is an `Outside` of the engine.

    `called` and `place` contain no secrets. `refresh` is the number of seconds after which it is fetched again: 0 in
    each build, None never.
    """

    called: str
    place: str
    refresh: int | None

    @property
    def libraries(self) -> tuple[str, ...]:
        """The distributions whose versions can change the content."""
        return ()

    def request(self, wanted: Wanted) -> Json:
        """Return what determines the content, besides the state of the world. It contains no secrets."""
        raise NotImplementedError

    def uses(self) -> tuple[type, ...]:
        """Return the classes that read the table."""
        return (type(self),)

    def opened(self, request: Json) -> AbstractContextManager[Opened]:
        """Open the table that `request` describes.

        Raises:
            Failed: Of kind `store`: it is out of reach.
        """
        raise NotImplementedError


@frozen
class Refresh(Kind):
    """When a source is fetched again: `always`, `never`, or after a duration."""

    def json_schema(self) -> Json:
        choice = {"title": "always or never"} | Choice(REFRESH).json_schema()
        duration = {"title": "duration", "type": "string", "pattern": DURATION}
        return {"anyOf": [choice, duration | {"patternErrorMessage": f"must be {DURATION_WORDS}"}]}

    def read(self, value: Any) -> str:
        return str(value)

    def phrase(self) -> str:
        return f"always, never, or {DURATION_WORDS}"


def seconds_of(refresh: str) -> int | None:
    """Return after how many seconds a source is fetched again: 0 for `always`, None for `never`."""
    if refresh in REFRESH:
        return 0 if refresh == "always" else None
    return parse_duration(refresh) // UNITS["s"]
