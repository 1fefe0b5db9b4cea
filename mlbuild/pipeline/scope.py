"""The context for planning the tasks of one definition: the spec, the definition, and the results of its other
tasks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from mlbuild.columns import Schema
from mlbuild.diagnostics import Path
from mlbuild.engine.graph import Input, Task
from mlbuild.models.searches.search import Search
from mlbuild.params import Json, write
from mlbuild.pipeline.origins import FEATURES, MODELS, Places, SpecOrigins, written
from mlbuild.pipeline.parts import parts_of
from mlbuild.spec.spec import ModelSpec, OutputSpec, Spec


class Definition(Protocol):
    """A checked definition of any section: its name, and its path in the spec."""

    @property
    def name(self) -> str: ...

    @property
    def at(self) -> Path: ...


T = TypeVar("T", bound=Definition)


class Scope(Generic[T]):
    """A definition of the spec whose tasks are planned."""

    def __init__(self, spec: Spec, item: T) -> None:
        self.spec = spec
        self.item: T = item

    def task(self, kind: str, places: Places, *, at: Path | None = None, **fields: Any) -> Task:
        """Create a task named after the definition. `places` maps its parameters to the spec."""
        origin = SpecOrigins(self.spec, places)
        at = self.item.at if at is None else at
        return Task(name=f"{kind}:{self.item.name}", kind=kind, at=at, origin=origin, **fields)


class Shipping(Scope[T]):
    """A definition whose tasks can ship files: parts that belong in the folder of an output.

    `shipped` collects them as inputs of `publish`, which is planned after all other tasks.
    """

    def __init__(self, spec: Spec, item: T) -> None:
        super().__init__(spec, item)
        self.shipped: list[Input] = []

    def ships(self, task: Task, *parts: str) -> Task:
        """Return the task, and add some of its parts to the files that `publish` writes."""
        self.shipped.append(Input(task.kind, task.name, parts))
        return task


class ModelScope(Shipping[ModelSpec]):
    """A model whose tasks are planned. Most of them share parameters."""

    def __init__(self, spec: Spec, item: ModelSpec) -> None:
        super().__init__(spec, item)
        self.dataset = spec.datasets[item.dataset]
        self.features: Schema = self.dataset.table.served.select(item.features)
        self.steps = [stage.step.canonical(stage.before) for stage in item.stages]
        self.learner: Json = {"type": item.learner.type, "params": _params(item)}
        self.uses_target = any(stage.step.uses_target for stage in item.stages)
        self.refits = any(stage.step.refits for stage in item.stages)
        self.ops = tuple(dict.fromkeys(type(stage.step) for stage in item.stages))
        self.binning = _binning(item)
        self.stopping = _stopping(item)
        self.fit_rank = _fit_rank(spec, item)

    def task(self, kind: str, places: Places, *, at: Path | None = None, **fields: Any) -> Task:
        return super().task(kind, places, at=at, labels=(f"model:{self.item.name}",), **fields)

    def rows(self, slot: str, splits: Iterable[str], columns: Iterable[str]) -> Input:
        """Return columns of the dataset as an input."""
        return Input(slot, f"dataset:{self.item.dataset}", parts_of(splits, columns))

    @cached_property
    def feature_places(self) -> Places:
        steps: Places = {("steps", index): (*self.item.steps_at, index) for index in range(len(self.steps))}
        return {("features",): (*self.item.at, "features"), ("steps",): self.item.steps_at, **steps}

    @cached_property
    def learner_places(self) -> Places:
        return {
            ("learner", "type"): (*self.item.at, "type"),
            ("learner", "params"): (*self.item.at, "params"),
            ("early_stopping",): (*self.item.at, "early_stopping"),
            ("seed",): self.seed_at,
            **{("learner", *param): at for param, at in self.item.places.items() if param[0] == "params"},
        }

    @cached_property
    def seed_at(self) -> Path:
        """The place of the seed in the spec."""
        own = (*self.item.at, "seed")
        return self.item.places.get(("seed",)) or (own if written(self.spec, own) else ("seed",))

    @property
    def folded_search(self) -> Search | None:
        """The search of the model, if its trials are compared on folds. Only the best one is then trained on all training rows."""
        trials = self.item.trials
        return trials.search if trials is not None and trials.on == "folds" else None

    @property
    def is_trial(self) -> bool:
        """Whether the model is its best trial, as that was trained. Otherwise, it is trained itself."""
        return self.item.trials is not None and self.folded_search is None

    @cached_property
    def fixed(self) -> Json:
        """The learner without the parameters that are chosen among trials."""
        params = self.learner["params"]
        return self.learner | {"params": {key: params[key] for key in params if key not in self.varied}}

    @property
    def varied(self) -> Collection[str]:
        """The parameters of the learner that are chosen among trials."""
        trials = self.item.trials
        if trials is None:
            return ()
        return trials.search.dimensions if trials.search else trials.groups[0].settings


class OutputScope(Shipping[OutputSpec]):
    """An output whose tasks are planned, with the scope of its model.

    `place` is the folder around that of the output; None where it is not published. `verdicts` are inputs of `publish`
    that must exist for the output to be published.
    """

    def __init__(self, spec: Spec, item: OutputSpec, model: ModelScope, place: str | None) -> None:
        super().__init__(spec, item)
        self.model, self.place = model, place
        self.verdicts: list[Input] = []

    def task(self, kind: str, places: Places, *, at: Path | None = None, **fields: Any) -> Task:
        return super().task(kind, places, at=at, labels=(f"output:{self.item.name}",), **fields)


def _params(model: ModelSpec) -> Json:
    """Return the parameters of the learner without the discriminator, which is the `type` of the model."""
    return {key: value for key, value in write(model.learner).items() if key != "type"}


def _binning(model: ModelSpec) -> Json | None:
    """Return the parameters that determine the binned dataset; None if there is none, or if each trial has its own."""
    binning = model.learner.binning()
    if binning is None or model.trials is None:
        return binning
    search = model.trials.search
    return binning if search is not None and not binning.keys() & search.dimensions.keys() else None


def _fit_rank(spec: Spec, model: ModelSpec) -> int:
    """Return the rank of the fit. If a test needs nothing else, it comes before any training."""
    outputs = {name for name, one in spec.outputs.items() if one.model == model.name}
    tested = any(one.test.of_features and one.output in outputs for one in spec.tests.values())
    return FEATURES if tested else MODELS


def _stopping(model: ModelSpec) -> Json | None:
    """Return when training ends early, as a parameter of a task."""
    stopping = model.early_stopping
    if stopping is None:
        return None
    return {"split": stopping.split, "rounds": stopping.rounds, "metric": stopping.metric}
