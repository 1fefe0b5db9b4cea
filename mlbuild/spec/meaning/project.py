"""A project during its check: its definitions, and the results of the sections checked so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path as FilePath
from typing import Any

from mlbuild.data.locators.missing import missing
from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.spec.layers.bounds import HELP, Bounds
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.spec import DatasetSpec, ModelSpec, OutputSpec, SourceSpec


@frozen
class Project:
    """What a section sees during its check. Paths are relative to the folder `root`, and lead to files in `bounds`.

    For a build that is `offline`, what is fetched need not exist.
    """

    definitions: Definitions
    root: FilePath
    bounds: Bounds
    findings: Findings
    offline: bool = False
    sections: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, section: str) -> Mapping[str, Any]:
        """Return the checked definitions of a section, None if one is invalid or depends on something invalid."""
        return self.sections.get(section, {})

    @property
    def sources(self) -> Mapping[str, SourceSpec | None]:
        return self.of("sources")

    @property
    def datasets(self) -> Mapping[str, DatasetSpec | None]:
        return self.of("datasets")

    @property
    def models(self) -> Mapping[str, ModelSpec | None]:
        return self.of("models")

    @property
    def outputs(self) -> Mapping[str, OutputSpec | None]:
        return self.of("outputs")

    def file_problem(self, named: str, at: Path) -> Problem | None:
        """Return the problem if a file that a test or a gate names does not exist, or is outside the project."""
        file = self.root / named
        found = missing(file, named, at, "the folder of the spec")
        if found is None and not self.bounds.hold(file):
            return Problem("outside-project", f"'{named}' is outside this project", at, HELP)
        return found
