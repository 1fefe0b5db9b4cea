"""The files that a spec names: whether they are there, and the specs among them as trees."""

from __future__ import annotations

from pathlib import Path as FilePath

from mlbuild.diagnostics import Diagnostic, Path, Problem, Span
from mlbuild.hints import nearest
from mlbuild.regular import SPEC_LIMIT, irregular, read_regular
from mlbuild.spec.bounds import HELP, Bounds
from mlbuild.spec.loader import load
from mlbuild.spec.tree import Document


def read_main(file: FilePath, bounds: Bounds) -> Document | list[Diagnostic]:
    """The tree of a spec file that can be a link, though not beyond its bounds; or what keeps it from being read."""
    if not bounds.hold(file):
        message = "the spec is a link to a file that is not of this project"
        return [Diagnostic("outside-project", message, Span(str(file), 1, 1, 1, 1), HELP)]
    return read_spec(file)


def read_spec(file: FilePath) -> Document | list[Diagnostic]:
    """The tree of a spec file, or what keeps it from being read at all."""
    try:
        content = read_regular(file, SPEC_LIMIT)
    except OSError as error:
        why = error.strerror or "unknown error"
        message = f"the spec cannot be read: {why[0].lower()}{why[1:]}"
        return [Diagnostic("missing-file", message, Span(str(file), 1, 1, 1, 1))]
    return load(content, str(file))


def missing(file: FilePath, named: str, at: Path, start: str) -> Problem | None:
    """The problem that no file is where a spec says; `named` is its path as written, `start` where that starts."""
    mode = _mode(file)
    if mode is None:
        near = nearest(FilePath(named).name, _beside(file))
        help_ = f"did you mean '{FilePath(named).with_name(near)}'?" if near else f"paths start from {start}"
        return Problem("missing-file", f"there is no file '{named}'", at, help_)
    what = irregular(file, mode)
    return Problem("missing-file", f"'{named}' is {what}", at) if what else None


def _mode(file: FilePath) -> int | None:
    """What kind of thing a path leads to; None if to nothing."""
    try:
        return file.stat().st_mode
    except (OSError, ValueError):
        return None


def _beside(file: FilePath) -> list[str]:
    """The names in the folder where a file should be that are like its own up to the suffix, or have its suffix."""
    try:
        names = [entry.name for entry in file.parent.iterdir()]
        return [
            name for name in names if FilePath(name).suffix == file.suffix or FilePath(name).stem == file.stem
        ]
    except (OSError, ValueError):
        return []
