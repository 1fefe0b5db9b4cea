"""Random models on generated tables, with features, steps, learners, metrics and outputs that fit together."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from mlbuild.columns import DTYPES, Schema
from mlbuild.data.lineage import first_reached
from mlbuild.data.serving import sendable
from mlbuild.data.table import Table
from mlbuild.diagnostics import Rejected
from mlbuild.models import LEARNERS
from mlbuild.models.answers.answer import Answer
from mlbuild.models.learner import Learner
from mlbuild.models.metrics import METRICS
from mlbuild.ops import OPS
from mlbuild.ops.stages import place
from mlbuild.params import Json, ListOf, params_of, read
from mlbuild.selection import ColumnSelection
from mlbuild.spec.kinds import STEP
from mlbuild.spec.language import SPLIT
from tests.spec.generated_tables import Tables, derive
from tests.spec.sampled import sampled

_COLUMNS = ColumnSelection()


def written(name: str) -> Any:
    """Return how a metric is written: with the column that every dataset has, if it needs groups of rows."""
    return {"metric": name, "group": "key"} if [*METRICS.named(name)().check()] else name


def metric_of(learner: type[Learner]) -> str:
    """Return a metric for every target of a learner, which training can watch if it can watch any."""
    fitting = [
        name
        for name in METRICS.names
        if written(name) == name
        and all(METRICS.named(name)().applies(learner.answer, count) for count in (None, 2, 3))
    ]
    watched = [name for name in fitting if name in learner.watches(2) and name in learner.watches(3)]
    return str((watched or fitting)[-1])


def required(answer: type[Answer]) -> Json:
    """Return the keys of a target that only some answers have, and need: columns that every dataset has."""
    others = {
        key: param.kind for key, param in params_of(answer).items() if param.required and key != "column"
    }
    return {key: ["key"] if isinstance(kind, ListOf) else "key" for key, kind in others.items()}


class Models:
    """Adds models, their preprocessing and outputs to the sections of a spec."""

    def __init__(self, tables: Tables, chance: random.Random) -> None:
        self.tables, self.spec = tables.tables, tables.spec
        self.chance, self.maybe = chance, tables.maybe

    def add(self, name: str, dataset: str) -> None:
        table = self.tables[dataset]
        if table.trained["outcome"].nullable:
            return
        target = table.trained["outcome"]
        for _ in range(40):
            learner = self.chance.choice(LEARNERS)
            params = sampled(learner, self.chance, {}, share=self.chance.choice([0, 0.2]))
            features = self._features(table)
            if params is None or features is None:
                continue
            made = read(learner, params)
            steps = self._steps(table.served.select(features[1]), made)
            try:
                matrix = self._matrix(steps, table.served.select(features[1]))
                made.infer(matrix, target)
            except Rejected:
                continue
            self._write_model(name, dataset, made, params, features[0], steps)
            return

    def _matrix(self, steps: list[Json], schema: Schema) -> Schema:
        stages = place([STEP.read(step) for step in steps], schema)
        return stages[-1].after if stages else schema

    def _features(self, table: Table) -> tuple[Any, tuple[str, ...]] | None:
        """Return a random choice of columns that can be features, as it is written and as names."""
        outcome = table.nodes(["outcome"])
        usable = [name for name in sendable(table) if not first_reached(table.nodes([name]), outcome)]
        listed = self.chance.sample(usable, self.chance.randint(1, min(6, len(usable))))
        dtype = self.chance.choice([*DTYPES, "numeric", "temporal"])
        glob = {"matches": self.chance.choice(["*", "*e*", "[a-m]*"]), "except": ["outcome"]}
        given = self.chance.choice([listed, listed, listed[0], {"dtype": dtype}, glob])
        try:
            found = _COLUMNS.read(given).resolve(table.served)
        except Rejected:
            return None
        kept = tuple(name for name in found if name in usable)
        return (given, kept) if kept else None

    def _steps(self, schema: Schema, learner: Learner) -> list[Json]:
        """Return random steps, followed by those that make all columns acceptable to the learner."""
        steps: list[Json] = []
        for cls in self.chance.choices(OPS, k=self.chance.randint(0, 6)):
            given = (
                derive(schema, self.chance)
                if cls.op == "derive"
                else {"op": cls.op, "columns": self._some(schema)}
            )
            step = sampled(cls, self.chance, given)
            if step is not None and (after := self._placed(step, schema)) is not None:
                steps.append(step | ({"x-why": ["it", {"helps": True}]} if self.maybe(0.1) else {}))
                schema = after
        for step in self._finishing(schema, learner):
            if (after := self._placed(step, schema)) is not None:
                steps.append(step)
                schema = after
        return steps

    def _placed(self, step: Json, schema: Schema) -> Schema | None:
        try:
            return self._matrix([step], schema)
        except Rejected:
            return None

    def _some(self, schema: Schema) -> Any:
        """Return the columns of a step: a name, a list of names, or a selector."""
        names = self.chance.sample([*schema], self.chance.randint(1, min(3, len(schema))))
        dtype = schema[names[0]].dtype
        group = {"int": "numeric", "date": "temporal"}.get(dtype, dtype)
        selectors: list[Any] = [
            {"dtype": dtype},
            {"dtype": group},
            {"matches": f"{names[0][:1]}*", "dtype": dtype},
        ]
        if len(schema) > len(names):
            selectors.append({"except": names, "dtype": dtype})
        return self.chance.choice([names, names[0], *selectors])

    def _finishing(self, schema: Schema, learner: Learner) -> Iterator[Json]:
        texts = [name for name, type_ in schema.items() if type_.dtype == "string"]
        times = [name for name, type_ in schema.items() if type_.temporal]
        missing = [name for name, type_ in schema.items() if type_.nullable and type_.dtype != "category"]
        if missing and "null" not in learner.accepts:
            yield {"op": "impute", "columns": missing, "strategy": "most_frequent"}
        if times:
            yield {"op": "date_parts", "columns": times, "parts": ["year", "month"]}
        if texts:
            yield {"op": self.chance.choice(["one_hot", "ordinal"]), "columns": {"dtype": "string"}}

    def _write_model(
        self, name: str, dataset: str, learner: Learner, params: Json, features: Any, steps: list[Json]
    ) -> None:
        type_ = self.tables[dataset].trained["outcome"]
        model: Json = {"type": learner.type, "dataset": dataset, "features": features, "target": "outcome"}
        others = required(learner.answer)
        if self.maybe() or others:
            model["target"] = {"column": "outcome"} | others
            if learner.answer.class_count(type_) == 2:
                model["target"]["positive"] = False if type_.dtype == "bool" else "no"
        if params or self.maybe():
            model["params"] = params
        if steps and self.maybe():
            self.spec["preprocessing"][f"{name}_steps"] = steps
            model["preprocessing"] = f"{name}_steps"
        elif steps:
            model["preprocessing"] = steps
        count = learner.answer.class_count(type_)
        applying = [name for name in METRICS.names if METRICS.named(name)().applies(learner.answer, count)]
        fitting = [*map(written, applying)]
        if self.maybe(0.3):
            model["metrics"] = self.chance.choice([fitting, fitting[:2], fitting[0]])
        if random.Random(f"slices {model!r}").random() < 0.3:
            columns = sorted(self.tables[dataset].columns)
            model["slices"] = random.Random(repr(model)).sample(columns, min(2, len(columns)))
        valid = SPLIT.read(self.spec["datasets"][dataset]["split"]).has_valid
        if count == 2 and random.Random(f"threshold {model!r}").random() < 0.3:
            model["threshold"] = {"type": "best"} if valid else 0.25
        split = SPLIT.read(self.spec["datasets"][dataset]["split"])
        if learner.iterative and split.has_valid and self.maybe():
            watched = {"metric": metric_of(type(learner))} if "metrics" in model else {}
            model["early_stopping"] = {"rounds": 5, **watched}
        folds = "folds" in self.spec["datasets"][dataset]
        if folds and random.Random(repr(model)).random() < 0.5:
            model["cross_validation"] = True
        self.spec["models"][name] = model
        if self.maybe(0.8):
            forms: list[Json] = [{}, {"verify": {}}, {"verify": {"rows": "all"}}, {"verify": {"rows": 9}}]
            output: Json = {"model": name} | self.chance.choice(forms)
            if random.Random(f"importance {name} {dataset}").random() < 0.5:
                output["importance"] = random.Random(repr(model)).choice(
                    [False, {}, {"rows": 9}, {"rows": 0}]
                )
            if random.Random(f"gates {name} {dataset}").random() < 0.5:
                output["gates"] = [{"gate": "size", "max": "2MB"}]
            if random.Random(f"report {name} {dataset}").random() < 0.3:
                output["report"] = False
            self.spec["outputs"][name] = output
