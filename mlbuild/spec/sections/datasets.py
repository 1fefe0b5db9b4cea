"""The section `datasets`: joined, filtered, split rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mlbuild.params import Object
from mlbuild.spec.language import Dataset
from mlbuild.spec.meaning.flow import flow_datasets
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.sections.section import Section
from mlbuild.spec.spec import DatasetSpec


class Datasets(Section[Dataset, DatasetSpec]):
    key, one, kind = "datasets", "dataset", Object(Dataset)
    doc = (
        "Datasets by name: tables that models are trained on, made from sources by joins, filters and splits."
    )
    bears = ("table", "dataset")

    def check(self, project: Project) -> Mapping[str, DatasetSpec | None]:
        return flow_datasets(project.definitions, project.sources, project.findings)

    def uses(self, definition: Dataset) -> Iterator[tuple[str, str]]:
        for table in (definition.from_, *(table for step in definition.steps for table in step.tables())):
            # Sources and datasets share one namespace.
            yield "sources", table
            yield "datasets", table
