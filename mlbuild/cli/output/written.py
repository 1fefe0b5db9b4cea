"""Writes results to files that people name on the command line."""

from __future__ import annotations

from pathlib import Path

from mlbuild.cli.exits import UNREACHABLE, Stopped
from mlbuild.regular import writing_regular
from mlbuild.shown import shown


def written_file(name: str, content: bytes) -> Path:
    """Write a file, and return its path.

    Raises:
        Stopped: It cannot be written.
    """
    try:
        with writing_regular(Path(name)) as file:
            file.write(content)
    except OSError as error:
        message = f"cannot write '{shown(name)}': {(error.strerror or str(error)).casefold()}"
        raise Stopped(message, code=UNREACHABLE) from None
    return Path(name)
