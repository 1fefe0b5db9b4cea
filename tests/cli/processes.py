"""The command line in processes of its own, in a session of its own, so that none of them can be overlooked."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.users import User

#: Who runs the tests.
ME = User(None)


@contextmanager
def started(folder: Path, *words: str, user: User = ME) -> Iterator[subprocess.Popen[str]]:
    """`mlbuild` in a folder, with its error stream piped; whatever is left of its session is killed at the end."""
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
    """The processes of a session that run; one that has ended and that nobody asked about does not."""
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
