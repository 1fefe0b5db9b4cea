"""Exit codes, and which of several failures decides."""

from __future__ import annotations

from mlbuild.shown import told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
#: The reader of what is told has gone, as `| head` does: as a shell says it of a program that SIGPIPE ended.
CUT_OFF = 141

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


class Stopped(Exception):
    """The command ends here: what is told is a sentence, what to do about it, and lines below."""

    def __init__(
        self, message: str, help: str | None = None, code: int = USAGE, lines: Sequence[str] = ()
    ) -> None:
        super().__init__(told(message))
        self.help, self.code, self.lines = help and told(help), code, tuple(map(told, lines))

    def text(self) -> list[str]:
        """The lines that people read."""
        help_ = [f"  help: {self.help}"] if self.help else []
        return [f"mlbuild: {self}", *(f"  {line}" for line in self.lines), *help_]

    def content(self) -> dict[str, object]:
        """What the document of the command holds."""
        return {"error": {"message": str(self), "help": self.help, "lines": list(self.lines)}}


class UsageError(Stopped):
    """The command line asks for what cannot be done; ends with exit code 2."""
