"""Versions of installed distributions, of Python and of the platform."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path


def versions(names: Iterable[str]) -> dict[str, str | None]:
    """Return the version of each distribution (None: not installed), and those of Python and the platform."""
    installed = _installed(tuple(sys.path))
    found = {name: installed.get(_folded(name)) or _by_metadata(name) for name in sorted(set(names))}
    return {**found, **_interpreter()}


def listed(names: Iterable[str]) -> bool:
    """Whether the versions of all installed distributions can be determined from the folders in `sys.path`."""
    installed = _installed(tuple(sys.path))
    return all(_folded(name) in installed or _by_metadata(name) is None for name in set(names))


def is_installed(package: Path) -> bool:
    """Whether an installer has put a package where it is, into a folder of `sys.path`.

    With each version it also changes the folder that contains the package, as for every other library.
    """
    module = f"{package.name}/__init__.py,"
    for information in package.parent.glob(f"{package.name}*.dist-info"):
        with suppress(OSError), (information / "RECORD").open(encoding="utf-8", errors="replace") as file:
            if any(line.startswith(module) for line in file):
                return str(package.parent) in sys.path
    return False


@cache
def _interpreter() -> Mapping[str, str]:
    python = ".".join(str(number) for number in sys.version_info[:3])
    return {"python": f"{sys.implementation.name} {python}", "platform": sysconfig.get_platform()}


@cache
def _installed(paths: tuple[str, ...]) -> Mapping[str, str]:
    """Return versions by normalized name, from the names of `*.dist-info` folders, without opening files."""
    found: dict[str, str] = {}
    for path in paths:
        try:
            entries = sorted(entry.name for entry in os.scandir(path or "."))
        except OSError:  # a zip file, or a folder that does not exist
            continue
        for entry in entries:
            name, dash, version = entry.removesuffix(".dist-info").partition("-")
            if entry.endswith(".dist-info") and dash:
                found.setdefault(_folded(name), version)
    return found


@cache
def _by_metadata(name: str) -> str | None:
    """Return the version of something that is not installed as a `.dist-info` folder. This is slow."""
    import importlib.metadata

    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).casefold()
