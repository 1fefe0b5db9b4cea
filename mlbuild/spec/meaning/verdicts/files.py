"""Checks the files that tests and gates name."""

from __future__ import annotations

from mlbuild.data.locators.missing import missing
from mlbuild.diagnostics import Path, Problem
from mlbuild.spec.layers.bounds import HELP
from mlbuild.spec.meaning.project import Project


def file_problem(project: Project, named: str, at: Path) -> Problem | None:
    """Return the problem if a file does not exist, or is outside the project."""
    file = project.root / named
    found = missing(file, named, at, "the folder of the spec")
    if found is None and not project.bounds.hold(file):
        return Problem("outside-project", f"'{named}' is outside this project", at, HELP)
    return found
