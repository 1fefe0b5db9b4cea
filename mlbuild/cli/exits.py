"""Exit codes, and which of several failures decides."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlbuild.diagnostics import FailureKind

OK = 0
TASK = 1
USAGE = 2
DATA = 3
GATE = 4
PARITY = 5
STALE = 6
UNREACHABLE = 7
INTERNAL = 70
INTERRUPTED = 130

_BY_KIND: dict[FailureKind, int] = {
    "data": DATA,
    "gate": GATE,
    "parity": PARITY,
    "store": UNREACHABLE,
    "task": TASK,
}
_FIRST_WINS = (INTERRUPTED, INTERNAL, USAGE, UNREACHABLE, DATA, TASK, PARITY, GATE)


def code_of(kinds: Iterable[FailureKind]) -> int:
    """The exit code of a build in which tasks failed in these ways."""
    codes = {_BY_KIND[kind] for kind in kinds}
    return next((code for code in _FIRST_WINS if code in codes), OK)


class UsageError(Exception):
    """The command line asks for what cannot be done; ends with exit code 2."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help
