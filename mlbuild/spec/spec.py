"""The checked spec: frozen values with all names resolved, all defaults filled in, and all columns typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

from mlbuild.columns import ColumnType, Schema
from mlbuild.data.contracts import Contract
from mlbuild.data.folds.folds import Folds
from mlbuild.data.locators.locator import Located
from mlbuild.data.serving import Serving
from mlbuild.data.slices import Slice
from mlbuild.data.sources import Source
from mlbuild.data.splits.clusters import Cluster
from mlbuild.data.splits.split import Split
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path
from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Answer
from mlbuild.models.learner import Learner
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.searches.search import Search
from mlbuild.models.thresholds.threshold import Threshold
from mlbuild.ops.stages import Stage
from mlbuild.params import Json
from mlbuild.spec.shipping import Importance
from mlbuild.spec.text.tree import Document
from mlbuild.spec.trials import family
from mlbuild.verdicts.baselines.baseline import Baseline
from mlbuild.verdicts.gates.gate import Gate
from mlbuild.verdicts.tests.test import Test


@frozen
class SourceSpec:
    """A source with its contract, located relative to the folder of the spec."""

    name: str
    source: Source
    located: Located
    contract_name: str
    contract: Contract
    table: Table

    @property
    def at(self) -> Path:
        return ("sources", self.name)


@frozen
class DatasetStage:
    """A dataset step in context. `others` are the other tables that it reads, by name.

    `at` is where the step is written. If a dataset continues another one, that is in the other one.
    """

    step: DatasetStep
    others: Mapping[str, Table]
    before: Table
    after: Table
    at: Path


@frozen
class DatasetSpec:
    """A source and all steps from there on, including those of datasets that this one continues.

    `split` and `folds` have a seed. `cluster` is that of the split if the spec has none. `table` is the result of the last step.
    """

    name: str
    source: str
    stages: tuple[DatasetStage, ...]
    split: Split | None
    folds: Folds | None
    cluster: Cluster | None
    table: Table

    @property
    def at(self) -> Path:
        return ("datasets", self.name)

    @cached_property
    def canonical_steps(self) -> list[Json]:
        """What the steps say, in one form for all ways to write it: expressions are trees."""
        return [one.step.canonical(one.before, {name: name for name in one.others}) for one in self.stages]


@frozen
class TargetSpec:
    """What a model predicts: the type of the target in the training rows, and the answer with its defaults."""

    type: ColumnType
    answer: Answer

    @property
    def column(self) -> str:
        return self.answer.column


@frozen
class StoppingSpec:
    """When training ends early: after `rounds` rounds without a better `metric` on the rows of `split`."""

    split: str
    rounds: int
    metric: str


@frozen
class CombinationSpec:
    """A combination of the parameters of a matrix, and the names of its models, one for each seed."""

    label: str
    settings: Mapping[str, Any]
    models: tuple[str, ...]


@frozen
class TrialsSpec:
    """How a model is chosen among others: it has the best `metric` on the rows `on`.

    Either `groups` are the combinations of its matrix, or a `search` makes the trials.
    """

    metric: Metric
    on: str
    groups: tuple[CombinationSpec, ...]
    search: Search | None


@frozen
class ModelSpec:
    """A learner on the features of a dataset.

    `features` are the columns of the dataset in the order of the spec. `stages` are the preprocessing steps on
    their served types, and `matrix` is what the learner gets. `steps_at` is where the list of steps is written, and
    `places` is where parameters are that are not under `params`. If the model is chosen among `trials`, `learner` has the
    parameters of one of them.
    """

    name: str
    learner: Learner
    dataset: str
    features: tuple[str, ...]
    stages: tuple[Stage, ...]
    matrix: Schema
    target: TargetSpec
    metrics: tuple[Metric, ...]
    slices: tuple[Slice, ...]
    threshold: Threshold | None
    early_stopping: StoppingSpec | None
    cross_validation: bool
    seed: int
    steps_at: Path
    places: Mapping[Path, Path] = field(default_factory=dict, compare=False)
    trials: TrialsSpec | None = None

    @property
    def at(self) -> Path:
        return ("models", family(self.name))


@frozen
class OutputSpec:
    """What is shipped. `serving` is the computation from the inputs of the artifact to the features of the model.

    `verify_rows` is a number of real rows, or None for all.
    """

    name: str
    model: str
    verify_rows: int | None
    serving: Serving
    importance: Importance
    baseline: Baseline | None
    gates: tuple[Gate, ...]
    report: bool

    @property
    def at(self) -> Path:
        return ("outputs", self.name)


@frozen
class TestSpec:
    """A test of an output. `others` are the rows of the tests that it compares with, by name."""

    name: str
    test: Test
    others: Mapping[str, Mapping[str, Any]]

    @property
    def output(self) -> str:
        return self.test.output

    @property
    def at(self) -> Path:
        return ("tests", self.name)


@frozen
class Spec:
    """A project without errors. Sources and datasets share one namespace.

    Specs with the same meaning are equal: places and files are not compared. `parts` are the individual files,
    starting with the main one. `profiles` and `settings` are what was merged into them.
    """

    document: Document = field(compare=False)
    parts: tuple[Document, ...] = field(compare=False)
    profiles: tuple[str, ...] = field(compare=False)
    settings: tuple[str, ...] = field(compare=False)
    project: str
    description: str | None
    seed: int
    sections: Mapping[str, Mapping[str, Any]]

    def of(self, section: str) -> Mapping[str, Any]:
        """Return what is defined in a section, by name."""
        return self.sections.get(section, {})

    @property
    def sources(self) -> Mapping[str, SourceSpec]:
        return self.of("sources")

    @property
    def datasets(self) -> Mapping[str, DatasetSpec]:
        return self.of("datasets")

    @property
    def models(self) -> Mapping[str, ModelSpec]:
        return self.of("models")

    @property
    def outputs(self) -> Mapping[str, OutputSpec]:
        return self.of("outputs")

    @property
    def tests(self) -> Mapping[str, TestSpec]:
        return self.of("tests")

    @property
    def file(self) -> FilePath:
        return FilePath(self.document.file)

    @property
    def root(self) -> FilePath:
        """The folder that paths in the spec are relative to."""
        return self.file.parent

    def place(self, at: Path) -> tuple[str, int]:
        """Return file and line of what is at a path of the spec, or of the nearest parent that is written: the line of its name."""
        span = self.document.span(at, on="name")
        return span.file, span.line
