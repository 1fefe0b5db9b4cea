"""Lets one test process at a time prepare what they share: pytest may run several."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Wait until no other process prepares a folder. The lock is a file next to it, which git ignores."""
    with folder.with_name(f"{folder.name}.turn").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield
