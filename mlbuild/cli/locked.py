"""The options that decide which data a build uses: `--locked`, `--refresh` and `--offline`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from mlbuild.cli.exits import UNREACHABLE, Stopped, UsageError
from mlbuild.pipeline.lockfile import NotLocked


def add_locked(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--locked",
        action="store_true",
        help="do not fetch anything; exit with code 7 before running anything if the build would change mlbuild.lock",
    )


def add_looks(parser: argparse.ArgumentParser) -> None:
    """Add the options that say when sources are fetched."""
    when = parser.add_mutually_exclusive_group()
    when.add_argument(
        "--refresh",
        action="store_true",
        help="fetch all sources from databases and URLs now, regardless of their 'refresh'",
    )
    when.add_argument(
        "--offline", action="store_true", help="do not fetch anything; use the data that was fetched last"
    )


@contextmanager
def held_to_lock(args: argparse.Namespace) -> Iterator[None]:
    """Report which entries of the lock file would change.

    Raises:
        Stopped: Some would.
        UsageError: Data would have to be fetched without changing the lock file.
    """
    if args.locked and args.refresh:
        raise UsageError(
            "--locked and --refresh cannot be used together",
            "--locked uses previously fetched data; remove one of the two",
        )
    try:
        yield
    except NotLocked as unlocked:
        help_ = (
            unlocked.help or f"run 'mlbuild build' without --locked to update {unlocked.file}, and commit it"
        )
        raise Stopped(str(unlocked), help_, UNREACHABLE, [str(one) for one in unlocked.differences]) from None
