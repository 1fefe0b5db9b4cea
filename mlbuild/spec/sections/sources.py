"""The section `sources`: tables from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlbuild.data.sources import Source
from mlbuild.spec.language import SOURCE
from mlbuild.spec.meaning.flow import flow_sources
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.sections.section import Section
from mlbuild.spec.spec import SourceSpec


class Sources(Section[Source, SourceSpec]):
    key, one, kind = "sources", "source", SOURCE
    doc = "Sources by name: tables in files or databases, each with the contract that it must satisfy."
    bears = ("table", "source")

    def check(self, project: Project) -> Mapping[str, SourceSpec | None]:
        return flow_sources(
            project.definitions, project.root, project.bounds, project.findings, project.offline
        )

    def uses(self, definition: Source) -> Iterator[tuple[str, str]]:
        yield "contracts", definition.contract
