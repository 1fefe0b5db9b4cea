"""The section `datasets`: joined, filtered, split rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlbuild.data.folds.random import RandomFolds
from mlbuild.data.splits.random import Random
from mlbuild.data.splits.split import Split
from mlbuild.data.steps.step import DatasetStep
from mlbuild.diagnostics import Path
from mlbuild.params import Object
from mlbuild.spec.language import CLUSTER, DATASET_STEP, FOLD, SPLIT, Dataset
from mlbuild.spec.meaning.contradictions import sound
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.flow import flow_datasets
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.meaning.unclear import unclear_step
from mlbuild.spec.sections.section import Section
from mlbuild.spec.sections.steps import read_steps
from mlbuild.spec.spec import DatasetSpec

#: Stand for an invalid split, which has all parts, for invalid folds and for an invalid cluster, so that the steps and
#: the models are still checked.
_ANY = {"split": Random(valid=0.2, test=0.2), "folds": RandomFolds(), "cluster": None}
_KINDS = {"split": SPLIT, "folds": FOLD, "cluster": CLUSTER}


class Datasets(Section[Dataset, DatasetSpec]):
    key, one, kind = "datasets", "dataset", Object(Dataset)
    doc = (
        "Datasets by name: tables that models are trained on, made from sources by joins, filters and splits."
    )
    bears = ("table", "dataset")

    def unreadable(self, at: Path) -> Path:
        """If the split, the folds, the cluster or a step are invalid, the rest is still read."""
        if len(at) > 2 and at[2] in _KINDS:
            return at[:3]
        return at[:4] if at[2:3] == ("steps",) and len(at) > 3 else at[:2]

    def read(self, given: Any, at: Path, faults: frozenset[Path], findings: Findings) -> Dataset | None:
        """Return the dataset. An invalid split, folds or cluster is replaced, so that it has no consequences."""
        if at in faults:
            return None
        others = {key: part for key, part in given.items() if key not in (*_KINDS, "steps")}
        dataset: Dataset = self.kind.read(others)
        steps = given.get("steps", ())
        return replace(
            dataset,
            steps=read_steps(steps, (*at, "steps"), faults, DATASET_STEP, unclear_step, findings),
            **{
                key: _division(key, given[key], (*at, key), faults, findings)
                for key in _KINDS
                if key in given
            },
        )

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


def _division(key: str, given: Any, at: Path, faults: frozenset[Path], findings: Findings) -> Any:
    """Return the split, the folds or the cluster; a substitute if it is invalid."""
    return _ANY[key] if at in faults else sound(_KINDS[key].read(given), at, findings) or _ANY[key]
