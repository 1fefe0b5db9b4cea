"""The machine of a build as something outside, for tasks that measure time."""

from __future__ import annotations

from typing import ClassVar

from mlbuild.frozen import frozen
from mlbuild.process.machine import cpu


@frozen
class Machine:
    """This machine as something outside: what a task measures on it holds as long as it has the same model of CPU.

    Other machines measure on their own: only what was asked here counts here, whoever shares the results.
    """

    called: ClassVar[str] = "this machine"
    refresh: ClassVar[int | None] = None

    @property
    def place(self) -> str:
        return cpu()
