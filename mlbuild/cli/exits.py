"""Exit codes, and which one applies if there are several failures."""

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
#: The reader of the output has gone, as with `| head`: the code that shells use for a program that SIGPIPE ended.
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
    """Return the exit code of a build in which tasks failed in these ways."""
    codes = {_BY_KIND[kind] for kind in kinds}
    return next((code for code in _FIRST_WINS if code in codes), OK)


class Stopped(Exception):
    """The command ends here. Contains a sentence, what to do about it, and further lines."""

    def __init__(
        self, message: str, help: str | None = None, code: int = USAGE, lines: Sequence[str] = ()
    ) -> None:
        super().__init__(told(message))
        self.help, self.code, self.lines = help and told(help), code, tuple(map(told, lines))

    def text(self) -> list[str]:
        """Return the lines of text."""
        help_ = [f"  help: {self.help}"] if self.help else []
        return [f"mlbuild: {self}", *(f"  {line}" for line in self.lines), *help_]

    def content(self) -> dict[str, object]:
        """Return the content for the document of the command."""
        return {"error": {"message": str(self), "help": self.help, "lines": list(self.lines)}}


class UsageError(Stopped):
    """The command line is invalid. The exit code is 2."""
