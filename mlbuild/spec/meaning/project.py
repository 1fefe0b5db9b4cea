"""A project while it is checked: its definitions, and what the sections checked so far have become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.spec import DatasetSpec, ModelSpec, OutputSpec, SourceSpec


@dataclass(frozen=True)
class Project:
    """What a section sees while it is checked; `root` is the folder that paths start from."""

    definitions: Definitions
    root: FilePath
    findings: Findings
    sections: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, section: str) -> Mapping[str, Any]:
        """What the definitions of a section have become, None where one is at fault or depends on one that is."""
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
