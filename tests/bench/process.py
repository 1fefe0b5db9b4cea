"""Whole processes measured: CPU time with all children, peak memory, and pairs against a bare Python."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_ROOT = Path(__file__).parents[2]
#: Several ticks of the clock that a system gives files their times by.
_SETTLE_SECONDS = 0.03

#: What everything is compared with: this interpreter by its full path, doing nothing.
BARE = [sys.executable, "-c", "pass"]

#: What an installer of today writes for a command; those of old pips import `re`, which costs more than the rest.
_SCRIPT = """\
import sys
from mlbuild.__main__ import main
if __name__ == "__main__":
    sys.exit(main())
"""

#: Starts a command from a process that is smaller than any Python that loads `site`, as a child begins with the peak
#: memory of its parent.
_LAUNCHER = """\
import posix, sys
child = posix.fork()
if not child:
    posix.dup2(posix.open("/dev/null", posix.O_RDWR), 1)
    posix.execv(sys.argv[1], sys.argv[1:])
print(posix.wait4(child, 0)[2].ru_maxrss)
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of a command: CPU time with all of its children, and by the clock."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Pairs:
    """Medians over pairs: CPU milliseconds of a command, and how many times those of its partner."""

    milliseconds: float
    ratio: float


def settle() -> None:
    """Let the clock of files move on past what was only just written, as it has where people edit.

    A file as young as the look at it could still change without showing it, so that tools would look into it again.
    """
    time.sleep(_SETTLE_SECONDS)


def environment() -> dict[str, str]:
    """This environment, with this checkout's code, bytecode kept and one thread for each library."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


def mlbuild_script(folder: Path) -> list[str]:
    """The command `mlbuild` as it is installed, run by this interpreter; all of its bytecode is there."""
    script = folder / "mlbuild"
    script.write_text(_SCRIPT)
    command = [sys.executable, str(script)]
    subprocess.run([*command, "--version"], env=environment(), check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(_ROOT / "mlbuild")], check=True)
    return command


def cpu(command: Sequence[str], expected: int = 0) -> float:
    """CPU seconds of a command with all of its children.

    Raises:
        SystemExit: it ended otherwise than expected.
    """
    return cost(command, expected).cpu


def cost(command: Sequence[str], expected: int = 0) -> Cost:
    """What a command costs with all of its children.

    Raises:
        SystemExit: it ended otherwise than expected.
    """
    quiet = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_WRONLY, 0) for number in (1, 2)]
    started = time.perf_counter()
    child = os.posix_spawn(command[0], [*command], environment(), file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != expected:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(usage.ru_utime + usage.ru_stime, wall)


def pairs(
    command: Sequence[str],
    runs: int,
    partner: Sequence[str] = BARE,
    before: Callable[[], object] = lambda: None,
    expected: int = 0,
) -> Pairs:
    """A command and its partner in turn; `before` is done before each run of the command."""
    before()
    cpu(command, expected)  # the first run warms the files
    found = []
    for _ in range(runs):
        other = cpu(partner)
        before()
        found.append((other, cpu(command, expected)))
    return Pairs(median(own for _, own in found) * 1000, median(own / other for other, own in found))


def peak_kilobytes(command: Sequence[str], runs: int = 5) -> int:
    """The median of the peak memory of a command."""
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    found = [
        subprocess.run(launch, env=environment(), check=True, capture_output=True, text=True).stdout
        for _ in range(runs)
    ]
    return int(median(int(text) for text in found))
