"""The section `datasets`: joined, filtered, split rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlbuild.data.splits.random import Random
from mlbuild.data.splits.split import Split
from mlbuild.data.steps.step import DatasetStep
from mlbuild.diagnostics import Path
from mlbuild.params import Object
from mlbuild.spec.language import DATASET_STEP, SPLIT, Dataset
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.flow import flow_datasets
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.meaning.unclear import unclear_step
from mlbuild.spec.sections.section import Section, sound
from mlbuild.spec.sections.steps import read_steps
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
        """If the split or a step is invalid, the rest is still read."""
        if at[2:3] == ("split",):
            return at[:3]
        return at[:4] if at[2:3] == ("steps",) and len(at) > 3 else at[:2]

    def read(self, given: Any, at: Path, faults: frozenset[Path], findings: Findings) -> Dataset | None:
        """Return the dataset. An invalid split is replaced, so that it has no consequences."""
        if at in faults:
            return None
        others = {key: part for key, part in given.items() if key not in ("split", "steps")}
        dataset: Dataset = self.kind.read(others)
        steps = given.get("steps", ())
        return replace(
            dataset,
            steps=read_steps(steps, (*at, "steps"), faults, DATASET_STEP, unclear_step, findings),
            split=self._split(given, (*at, "split"), faults, findings),
        )

    def _split(self, given: Any, at: Path, faults: frozenset[Path], findings: Findings) -> Split | None:
        if "split" not in given:
            return None
        return _ANY if at in faults else sound(SPLIT.read(given["split"]), at, findings) or _ANY

    def check(self, project: Project) -> Mapping[str, DatasetSpec | None]:
        return flow_datasets(project.definitions, project.sources, project.findings)

    def uses(self, definition: Dataset) -> Iterator[tuple[str, str]]:
        readers: list[DatasetStep | Split] = [
            *definition.steps,
            *([definition.split] if definition.split else []),
        ]
        for table in (definition.from_, *(table for reader in readers for table in reader.tables())):
            # Sources and datasets share one namespace.
            yield "sources", table
            yield "datasets", table
