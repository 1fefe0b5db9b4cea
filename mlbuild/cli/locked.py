"""Ends a command with `--locked` that would change the lock file."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from mlbuild.cli.exits import UNREACHABLE, Stopped
from mlbuild.pipeline.lockfile import NotLocked


def add_locked(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--locked",
        action="store_true",
        help="if the build would change mlbuild.lock, run nothing and exit with code 7",
    )


@contextmanager
def held_to_lock() -> Iterator[None]:
    """Report which entries of the lock file would change.

    Raises:
        Stopped: Some would.
    """
    try:
        yield
    except NotLocked as unlocked:
        help_ = f"run 'mlbuild build' without --locked to update {unlocked.file}, and commit it"
        raise Stopped(str(unlocked), help_, UNREACHABLE, [str(one) for one in unlocked.differences]) from None
