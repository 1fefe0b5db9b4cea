"""Reads a file in a separate process first, if the library that reads it can crash on damaged files.

Tasks run in workers, so a crash fails only one task. Commands that read a file themselves test it with this.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from signal import Signals

from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.format import Format
from mlbuild.data.formats.refusals import refusal
from mlbuild.diagnostics import Failed

#: Seconds. A file that takes longer is read without this test.
_PATIENCE = 60.0
_PROGRAM = "import sys; sys.path[:] = {path}; from mlbuild.data.crashes import main; main()"


def try_reading(form: Format, file: Path) -> None:
    """Check that reading a file does not crash the process.

    Raises:
        Failed: Of kind `data`: it would.
    """
    if form.can_crash:
        _try(form.type, file.absolute())


@cache
def _try(kind: str, file: Path) -> None:
    command = [sys.executable, "-c", _PROGRAM.format(path=sys.path), kind, str(file)]
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode < 0:
            name = Signals(-done.returncode).name
            raise refusal(kind, f"it is damaged: reading it crashes the process ({name})")


def main() -> None:
    """Read a whole file. Errors are ignored here, because the next reader finds and reports them again."""
    name, file = sys.argv[1:]
    form = FORMATS.named(name)()
    with suppress(Failed, OSError):
        form.raw(Path(file), form.header(Path(file)))
