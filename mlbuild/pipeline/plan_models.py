"""Plans the tasks of one model: target, fit, features, bin, train, predict, evaluate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlbuild.columns import Schema
from mlbuild.diagnostics import Path
from mlbuild.engine.graph import Input, Task
from mlbuild.params import Json, write
from mlbuild.pipeline.origins import DATASETS, MODELS, Origins, Places
from mlbuild.pipeline.parts import SPLITS, parts_of
from mlbuild.pipeline.tasks import bin, evaluate, features, fit, predict, target, train
from mlbuild.spec.spec import ModelSpec, Spec


class ModelTasks:
    """The tasks of one model share most of their parameters and inputs; they are made here once."""

    def __init__(self, spec: Spec, model: ModelSpec) -> None:
        self.spec, self.model = spec, model
        self.dataset = spec.datasets[model.dataset]
        self.features: Schema = self.dataset.table.served.select(model.features)
        self.steps = [stage.step.canonical(stage.before) for stage in model.stages]
        self.learner: Json = {"type": model.learner.type, "params": _params(model)}
        self.refits = any(stage.step.refits for stage in model.stages)
        self.ops = tuple(dict.fromkeys(type(stage.step) for stage in model.stages))
        self.binning = model.learner.binning()

    def tasks(self) -> list[Task]:
        binned = [self._bin()] if self.binning is not None else []
        prepared = [self._target(), self._fit(), self._features(), *binned]
        return [*prepared, self._train(), self._predict(), self._evaluate()]

    def task(self, kind: str, at: Places, rank: int = MODELS, **fields: Any) -> Task:
        return Task(
            name=f"{kind}:{self.model.name}",
            kind=kind,
            rank=rank,
            labels=(f"model:{self.model.name}",),
            origin=Origins(self.spec, at),
            **fields,
        )

    def rows(self, slot: str, splits: Iterable[str], columns: Iterable[str]) -> Input:
        """Columns of the dataset as an input."""
        return Input(slot, f"dataset:{self.model.dataset}", parts_of(splits, columns))

    def matrix(self, slot: str, split: str) -> Input:
        """The matrix of a split as an input, from the task that gives it."""
        kind = "fit" if split == "train" and not self.refits else "features"
        return Input(slot, f"{kind}:{self.model.name}", parts_of([split], self.model.matrix))

    @property
    def feature_places(self) -> Places:
        steps: Places = {("steps", index): (*self.model.steps_at, index) for index in range(len(self.steps))}
        return {("features",): (*self.model.at, "features"), ("steps",): self.model.steps_at, **steps}

    @property
    def learner_places(self) -> Places:
        return {
            ("learner", "type"): (*self.model.at, "type"),
            ("learner", "params"): (*self.model.at, "params"),
            ("early_stopping",): (*self.model.at, "early_stopping"),
            ("seed",): ("seed",),
        }

    def target(self, *splits: str) -> Input:
        """The coding and the coded target of some splits as an input."""
        return Input("target", f"target:{self.model.name}", ("coding", *splits))

    def _target(self) -> Task:
        wanted, answer = self.model.target, self.model.target.answer
        at: Path = (*self.model.at, "target")
        return self.task(
            "target",
            {("target",): at, ("answer",): at, ("answer", "kind"): (*self.model.at, "type")},
            DATASETS,
            run=target.run,
            params={"target": Schema({wanted.column: wanted.type}).to_json(), "answer": write(answer)},
            inputs=(self.rows("rows", SPLITS, answer.columns()),),
            parts=("coding", *SPLITS),
            uses=(type(answer),),
            libraries=("polars", "numpy"),
        )

    def _fit(self) -> Task:
        model = self.model
        columns = dict.fromkeys([*model.features, model.target.column])
        return self.task(
            "fit",
            self.feature_places | {("target",): (*model.at, "target")},
            run=fit.run,
            params={
                "features": self.features.to_json(),
                "steps": self.steps,
                "target": model.target.column,
            },
            inputs=(self.rows("rows", ["train"], columns),),
            parts=("states", *parts_of(["train"], model.matrix)),
            uses=self.ops,
            libraries=("polars", "numpy"),
        )

    def _features(self) -> Task:
        splits = SPLITS if self.refits else SPLITS[1:]
        return self.task(
            "features",
            self.feature_places,
            run=features.run,
            params={"features": self.features.to_json(), "steps": self.steps, "splits": list(splits)},
            inputs=(
                self.rows("rows", splits, self.model.features),
                Input("fit", f"fit:{self.model.name}", ("states",)),
            ),
            parts=parts_of(splits, self.model.matrix),
            uses=self.ops,
            libraries=("polars",),
        )

    def _bin(self) -> Task:
        return self.task(
            "bin",
            {("binning",): (*self.model.at, "params"), ("seed",): ("seed",)},
            run=bin.run,
            params={
                "learner": self.model.learner.type,
                "binning": self.binning,
                "matrix": self.model.matrix.to_json(),
                "seed": self.model.seed,
            },
            inputs=(self.train_matrix("matrix"),),
            parts=("bins",),
            uses=(type(self.model.learner),),
            libraries=("polars", *self.model.learner.libraries),
            imports=(self.model.learner.type,),
        )

    def train_matrix(self, slot: str) -> Input:
        """What the learner is trained on: out-of-fold values where a step makes them."""
        return Input(slot, f"fit:{self.model.name}", parts_of(["train"], self.model.matrix))

    def _train(self) -> Task:
        model, stopping = self.model, self.model.early_stopping
        binned = self.binning is not None
        inputs = [
            Input("bins", f"bin:{model.name}", ("bins",)) if binned else self.train_matrix("matrix"),
            self.target("train", *([stopping.split] if stopping else [])),
        ]
        if stopping:
            inputs.append(self.matrix("held_out", stopping.split))
        told = (
            {"split": stopping.split, "rounds": stopping.rounds, "metric": stopping.metric}
            if stopping
            else None
        )
        return self.task(
            "train",
            self.learner_places,
            run=train.run,
            params={
                "learner": self.learner,
                "seed": model.seed,
                "matrix": model.matrix.to_json(),
                "early_stopping": told,
                "reads": ["bins"] if binned else ["matrix"],
            },
            inputs=tuple(inputs),
            parts=("fitted", "summary"),
            uses=(type(self.model.learner),),
            libraries=("polars", *model.learner.libraries),
            imports=(model.learner.type,),
        )

    def _predict(self) -> Task:
        return self.task(
            "predict",
            self.learner_places,
            run=predict.run,
            params={"learner": self.learner, "matrix": self.model.matrix.to_json()},
            inputs=(
                Input("fitted", f"train:{self.model.name}", ("fitted",)),
                *(self.matrix(split, split) for split in SPLITS),
            ),
            parts=SPLITS,
            uses=(type(self.model.learner),),
            libraries=("polars", *self.model.learner.libraries),
            imports=(self.model.learner.type,),
        )

    def _evaluate(self) -> Task:
        name = self.model.name
        return self.task(
            "evaluate",
            {("metrics",): (*self.model.at, "metrics")},
            run=evaluate.run,
            params={"metrics": list(self.model.metrics)},
            inputs=(
                Input("scores", f"predict:{name}", SPLITS),
                self.target(*SPLITS),
                Input("fitted", f"train:{name}", ("summary",)),
            ),
            parts=("metrics.json",),
            libraries=("numpy", "polars"),
        )


def _params(model: ModelSpec) -> Json:
    """The learner's parameters without the discriminator, which is the model's `type`."""
    return {key: value for key, value in write(model.learner).items() if key != "type"}
