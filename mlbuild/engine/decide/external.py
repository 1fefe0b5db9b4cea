"""What lies outside of a project's results and decides them: files first, and all else that has a content."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

#: Facts that cost little to look at and change when a content does, as JSON.
Token = list[int | str]


class Glance(NamedTuple):
    """A path whose facts are in a token: its name from the project, in which variables of the environment may stand."""

    name: str
    facts: tuple[int, ...]
    has_variables: bool


class External(Protocol):
    """Something outside that a task reads. It is a value, and goes to workers with its task.

    `root` is the folder of the project, from which its place is told.
    """

    @property
    def called(self) -> str:
        """How messages, caches and records name it. No secret is in it, and no path that is not the same elsewhere."""

    def token(self, root: Path) -> Token | None:
        """Facts that change when the content does; None where there is no content."""

    def settled(self, token: Token, at: int) -> bool:
        """Whether what had this token at a time, in ns, cannot have another content now and still have it."""

    def digest(self, root: Path) -> str | None:
        """The sha256 of the content, however long it takes; None where it cannot be read."""

    def glances(self, token: Token) -> Sequence[Glance] | None:
        """The local paths whose facts are this token; None where it takes more than looking at paths to know it."""

    def local(self, root: Path) -> Path:
        """The content as a file of this machine, which must not be changed."""
