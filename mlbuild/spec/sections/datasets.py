"""The section `datasets`: joined, filtered, split rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlbuild.data.splits.random import Random
from mlbuild.diagnostics import Path
from mlbuild.params import Object
from mlbuild.spec.language import Dataset
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.flow import flow_datasets
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.sections.section import Section, contradictions
from mlbuild.spec.spec import DatasetSpec

#: Stands for an invalid split, so that the steps and the models are still checked. It has all parts.
_ANY = Random(valid=0.2, test=0.2)


class Datasets(Section[Dataset, DatasetSpec]):
    key, one, kind = "datasets", "dataset", Object(Dataset)
    doc = (
        "Datasets by name: tables that models are trained on, made from sources by joins, filters and splits."
    )
    bears = ("table", "dataset")

    def unreadable(self, at: Path) -> Path:
        """If the split is invalid, the steps are still read."""
        return at[:3] if at[2:3] == ("split",) else at[:2]

    def read(self, given: Any, at: Path, faults: frozenset[Path], findings: Findings) -> Dataset | None:
        """Return the dataset. An invalid split is replaced, so that it has no consequences."""
        if at in faults:
            return None
        invalid = (*at, "split") in faults
        dataset: Dataset = self.kind.read(
            {key: part for key, part in given.items() if key != "split" or not invalid}
        )
        problems = [*contradictions(dataset, at)]
        findings.extend(problems)
        places = {problem.at[:3] for problem in problems if problem.severity == "error"}
        if places - {(*at, "split")}:
            return None
        return replace(dataset, split=_ANY) if invalid or places else dataset

    def check(self, project: Project) -> Mapping[str, DatasetSpec | None]:
        return flow_datasets(project.definitions, project.sources, project.findings)

    def uses(self, definition: Dataset) -> Iterator[tuple[str, str]]:
        for table in (definition.from_, *(table for step in definition.steps for table in step.tables())):
            # Sources and datasets share one namespace.
            yield "sources", table
            yield "datasets", table
