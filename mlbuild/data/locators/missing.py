"""Checks that the files that a spec names exist, and words what is not installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath

from mlbuild.diagnostics import Path, Problem
from mlbuild.hints import listed, nearest
from mlbuild.regular import irregular


def missing(file: FilePath, named: str, at: Path, start: str) -> Problem | None:
    """Return the problem if there is no such file. `named` is the path as written, relative to `start`."""
    mode = _mode(file)
    if mode is None:
        near = nearest(FilePath(named).name, _beside(file))
        help_ = (
            f"did you mean '{FilePath(named).with_name(near)}'?" if near else f"paths are relative to {start}"
        )
        return Problem("missing-file", f"there is no file '{named}'", at, help_)
    what = irregular(file, mode)
    return Problem("missing-file", f"'{named}' is {what}", at) if what else None


def not_installed(doing: str, libraries: Iterable[str], extra: str, at: Path) -> Problem:
    """Return the problem if something needs libraries that an extra of mlbuild installs."""
    message = f"{doing} needs {listed(libraries)}, which is not installed"
    return Problem("missing-library", message, at, f"in the checkout of mlbuild: pip install '.[{extra}]'")


def _mode(file: FilePath) -> int | None:
    """Return the type of what a path leads to; None if it does not exist."""
    try:
        return file.stat().st_mode
    except (OSError, ValueError):
        return None


def _beside(file: FilePath) -> list[str]:
    """Return the names in the folder of a missing file that equal its name up to the suffix, or have its suffix."""
    try:
        names = [entry.name for entry in file.parent.iterdir()]
        return [
            name for name in names if FilePath(name).suffix == file.suffix or FilePath(name).stem == file.stem
        ]
    except (OSError, ValueError):
        return []
