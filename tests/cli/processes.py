"""Runs the command line in separate processes, in a new session, so that none of them can be overlooked."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.users import User

#: The user who runs the tests.
ME = User(None)


@contextmanager
def started(folder: Path, *words: str, user: User = ME) -> Iterator[subprocess.Popen[str]]:
    """Run `mlbuild` in a folder, with a pipe for standard error. At the end, kill what is left of its session."""
    command = [user.python, "-m", "mlbuild", *words]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **user.options(),
    )
    with process:
        try:
            yield process
        finally:
            for pid in alive(process.pid):
                os.kill(pid, 9)


def alive(session: int) -> list[int]:
    """Return the running processes of a session, without zombies."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                state, _, _, of = (place / "stat").read_text().rpartition(")")[2].split()[:4]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(of) == session and state not in "ZX":
                found.append(int(place.name))
    return found
