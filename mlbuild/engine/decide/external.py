"""What is outside a project's results but determines them.

An `External` has a content that can be hashed at any time, such as a file. Something `Outside`, such as a database,
has none until a task has asked it. The `Clock` is outside, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

from mlbuild.frozen import frozen

#: Facts that are cheap to look up and change when a content does, as JSON.
Token = list[int | str]


class Glance(NamedTuple):
    """A path whose facts are in a token.

    `name` is relative to the project, and may contain environment variables.
    """

    name: str
    facts: tuple[int, ...]
    has_variables: bool


class External(Protocol):
    """An external input of a task. It is a value, and is sent to workers with its task.

    `root` is the folder of the project, to which its place is relative.
    """

    @property
    def called(self) -> str:
        """Its name in messages, caches and records.

        It contains no secrets, and no paths that differ on other machines.
        """

    def token(self, root: Path) -> Token | None:
        """Return facts that change when the content does; None if there is no content."""

    def settled(self, token: Token, at: int) -> bool:
        """Whether something that had this token at a time, in ns, cannot have another content now with the same
        token.
        """

    def digest(self, root: Path) -> str | None:
        """Return the SHA-256 of the content, however long this takes; None if it cannot be read."""

    def glances(self, token: Token, root: Path) -> Sequence[Glance] | None:
        """Return the local paths whose facts are in this token; None if looking at paths is not enough."""

    def files(self, root: Path) -> Sequence[Path]:
        """Return the content as local files, which must not be changed: usually one."""


class Outside(Protocol):
    """Something outside that a task asks, such as a database. It is a value, and is sent to workers with its task.

    Nothing of it enters a key, the store or a message, except for these attributes: it can contain secrets.
    """

    @property
    def called(self) -> str:
        """Its name in messages, without secrets."""

    @property
    def place(self) -> str:
        """A text that changes when something else is asked, such as another server. It contains no secrets."""

    @property
    def refresh(self) -> int | None:
        """After how many seconds the task looks again: 0 in each build, None never."""


@frozen
class Clock:
    """The time of a build as something outside: its answer holds until a time that the task names (`Job.until`).

    `now` is that time in seconds since 1970. It is None if results must not depend on it, and in a plan, where tasks
    name no time.
    """

    now: float | None = None

    called: ClassVar[str] = "the clock"
    place: ClassVar[str] = ""
    refresh: ClassVar[int | None] = None
