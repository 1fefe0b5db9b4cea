"""Options that are numbers or sizes: how they are parsed, and their defaults in the environment."""

from __future__ import annotations

import argparse
import os
import re

from mlbuild import api
from mlbuild.cli.exits import UsageError


def number(text: str, least: int = 0) -> int:
    """Parse an integer that is at least `least`."""
    if not _short(text) or not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"'{text}' is not an integer >= {least}")
    return int(text)


def count(text: str) -> int:
    """Parse an integer that is at least 1."""
    return number(text, least=1)


def size(text: str) -> int:
    """Parse a number of bytes, or of KiB (K), MiB (M) and so on."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found or not _short(found[1]) or not float(found[1]):
        raise argparse.ArgumentTypeError(f"'{text}' is not a size, such as 500M or 2G")
    power = " KMGT".index(found[2].upper() or " ")
    return int(float(found[1]) * 1024**power)


def _short(text: str) -> bool:
    """Whether a number has at most as many digits as any that makes sense; Python refuses to parse very long ones."""
    return len(text) <= 18


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Let a command say how many tasks run in parallel."""
    parser.add_argument(
        "-j",
        "--jobs",
        type=count,
        metavar="N",
        help="run up to N tasks in parallel; 1 runs them in this process (default: $MLBUILD_JOBS, or one per core)",
    )


def cores(threads: int | None = None, jobs: int | None = None) -> tuple[int, int]:
    """Return how many cores and jobs a build uses: what was given, or the defaults in the environment.

    Raises:
        UsageError: A variable is not a number.
    """
    threads = threads or _from_environment("MLBUILD_THREADS") or api.available_threads()
    return threads, jobs or _from_environment("MLBUILD_JOBS") or threads


def _from_environment(name: str) -> int | None:
    text = os.environ.get(name)
    if not text:
        return None
    try:
        return count(text)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"{name}: {error}") from None
