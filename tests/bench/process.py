"""Measures whole processes: CPU time including all children, peak memory, and pairs with a bare Python."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from mlbuild.frozen import frozen

_ROOT = Path(__file__).parents[2]
#: Several ticks of the clock of the file system.
_SETTLE_SECONDS = 0.03

#: What everything is compared with: this interpreter, by its full path, doing nothing.
BARE = [sys.executable, "-c", "pass"]

#: The script that a current installer writes for a command. Those of old versions of pip import `re`, which costs
#: more than the rest.
_SCRIPT = """\
import sys
from mlbuild.__main__ import main
if __name__ == "__main__":
    sys.exit(main())
"""

#: Starts a command from a process that is smaller than any Python that loads `site`, because a child starts with
#: its parent's peak memory.
_LAUNCHER = """\
import posix, sys
child = posix.fork()
if not child:
    posix.dup2(posix.open("/dev/null", posix.O_RDWR), 1)
    posix.execv(sys.argv[1], sys.argv[1:])
print(posix.wait4(child, 0)[2].ru_maxrss)
"""


@frozen
class Cost:
    """The seconds of a command: CPU time including all children, and wall time."""

    cpu: float
    wall: float


@frozen
class Pairs:
    """Medians over pairs: CPU milliseconds of a command, and the ratio to its partner."""

    milliseconds: float
    ratio: float


def settle() -> None:
    """Wait until the clock of the file system has moved past what was just written, as it has in normal use.

    A file that is as young as a look at it could still change invisibly, so tools would read it again.
    """
    time.sleep(_SETTLE_SECONDS)  # a clock has no event to wait for


def environment() -> dict[str, str]:
    """Return this environment with this checkout's code, with bytecode caching, and with one thread for each
    library.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


def mlbuild_script(folder: Path) -> list[str]:
    """Install mlbuild below a folder, with all of its bytecode compiled. Return the command for this interpreter.

    Python looks for modules beside the script first. The libraries are those of this environment.
    """
    site = folder / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--compile", "--target", str(site)]
    subprocess.run([*pip, str(_ROOT)], check=True, stdout=subprocess.DEVNULL)
    script = site / "mlbuild-command"
    script.write_text(_SCRIPT)
    return [sys.executable, str(script)]


def cpu(command: Sequence[str], expected: int = 0) -> float:
    """Return the CPU seconds of a command with all of its children.

    Raises:
        SystemExit: The exit code is not the expected one.
    """
    return cost(command, expected).cpu


def cost(command: Sequence[str], expected: int = 0) -> Cost:
    """Return the cost of a command with all of its children.

    Raises:
        SystemExit: The exit code is not the expected one.
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
    """Run a command and its partner alternately; `before` is called before each run of the command."""
    before()
    cpu(command, expected)  # the first run warms up the files
    found = []
    for _ in range(runs):
        other = cpu(partner)
        before()
        found.append((other, cpu(command, expected)))
    return Pairs(median(own for _, own in found) * 1000, median(own / other for other, own in found))


def peak_kilobytes(command: Sequence[str], runs: int = 5) -> int:
    """Return the median of the peak memory of a command."""
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    found = [
        subprocess.run(launch, env=environment(), check=True, capture_output=True, text=True).stdout
        for _ in range(runs)
    ]
    return int(median(int(text) for text in found))
