"""Task `importance:O`: how much the model of an output relies on each of its inputs.

It shuffles the inputs of the model file itself. It is measured on validation rows, so that one can choose features by
it without a look at the test rows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.inputs import encode
from mlbuild.bundle.session import Session
from mlbuild.bundle.trained import Recipe
from mlbuild.data.lineage import Found
from mlbuild.data.splits.clusters import Cluster
from mlbuild.data.statistics.correlation import correlated
from mlbuild.engine.graph import Job, Task
from mlbuild.evaluation.groups import of_some, repeated, spread
from mlbuild.evaluation.importance import ALL, CORRELATION, JOIN, Importances, Unit
from mlbuild.evaluation.rows import Rows
from mlbuild.models.answers.answer import Coding
from mlbuild.models.metrics.listed import METRIC_LIST
from mlbuild.models.metrics.metric import Metric
from mlbuild.params import read, write
from mlbuild.pipeline.findings import raised, refuse
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array, read_columns, read_table, write_array
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import artifact, features, target, threshold, train
from mlbuild.pipeline.tasks.explanations.gains import gains_of, shares
from mlbuild.pipeline.tasks.explanations.limits import Limits
from mlbuild.pipeline.tasks.verdicts.raw_rows import kept, places, raw_rows

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

KIND = "importance"
#: The part with the importances, which is also a file of the output.
REPORT = "importance.json"
#: The parts from which intervals of differences between builds follow: which columns and rows, and the numbers.
PAIRED, SUMS = "paired.json", "sums"
FORMAT = 1
_CODES = ("harmful-column", "useless-column")
#: How many columns are read at a time.
_BLOCK = 64


def plan(scope: OutputScope) -> Iterator[Task]:
    asked, model = scope.item.importance, scope.model
    if not asked.rows:
        return
    cluster, split, metric = model.dataset.cluster, _split(scope), _metric(scope)
    task = scope.task(
        KIND,
        artifact.recipe_places(scope)
        | {
            ("rows",): (*scope.item.at, KIND, "rows"),
            ("metric",): (*model.item.at, "metrics"),
            ("refused",): ("warnings",),
        },
        rank=MODELS,
        run=run,
        params={
            "rows": asked.rows,
            "split": split,
            "metric": METRIC_LIST.canonical((metric,)),
            "joined": _joined(scope),
            "cluster": write(cluster) if cluster else None,
            "kept": kept(scope),
            "recipe": artifact.recipe(scope),
            "refused": raised(scope.spec, _CODES),
        },
        inputs=(
            artifact.model(scope),
            raw_rows(scope, [split]),
            features.matrix(model, split),
            train.fitted(model),
            target.coded(model, "train", split),
            *([model.rows("rows", [split], cluster.column)] if cluster else []),
            *target.groups(model, [metric], split),
            *threshold.chosen(model),
        ),
        parts=(REPORT, PAIRED, SUMS),
        reported=(REPORT,),
        uses=(*model.ops, type(model.item.learner), type(metric)),
        imports=(model.item.learner.type,),
        libraries=(*artifact.libraries(scope), "onnxruntime"),
    )
    yield scope.ships(task, REPORT)


def task_of(output: str) -> str:
    """Return the name of the task that measures how much an output relies on its inputs."""
    return f"{KIND}:{output}"


def _split(scope: OutputScope) -> str:
    """Return the rows to measure it on: the test rows only if there are no validation rows."""
    split = scope.model.dataset.split
    return "valid" if split is not None and split.has_valid else "test"


def _metric(scope: OutputScope) -> Metric:
    """Return the first metric of the model with a best value and influences, from which standard errors follow."""
    metrics = scope.model.item.metrics
    return next((one for one in metrics if one.is_comparable), metrics[0])


def _joined(scope: OutputScope) -> list[list[str]]:
    """Return the inputs that each join found."""
    found: dict[Any, list[str]] = {}
    for one in scope.item.serving.inputs:
        node = one.column.node
        if isinstance(node, Found) and node.match is not None:
            found.setdefault(node.match.at, []).append(one.name)
    return [*found.values()]


def run(job: Job) -> None:
    import numpy as np

    recipe, split = Recipe.from_json(job.params["recipe"]), job.params["split"]
    names = [one.name for one in recipe.inputs]
    coding = threshold.coding_of(job, job.params["recipe"])
    wanted, gains = read_array(job, "target", split), gains_of(job, recipe)
    limits = Limits.of(job.params["rows"], wanted, len(coding.classes), len(names))
    (metric,) = METRIC_LIST.read(job.params["metric"])
    groups = target.read_groups(job, [metric], split)
    chosen = spread(len(wanted), limits.rows, groups.get(metric.grouping))
    picked = np.tile(chosen, limits.repeats)
    found, clusters, predicted, identity = Importances(metric, ()), 0, 0, ""
    if len(chosen) and names:
        frame = _inputs(job, names, picked)
        metric = metric.prepared(coding.classes, read_array(job, "target", "train")).deciding(
            coding.threshold
        )
        model = _Model(job, recipe, frame, coding)
        rows = Rows(
            wanted[picked],
            model.scores(),
            len(coding.classes),
            _clusters(job, picked),
            repeated(of_some(groups, chosen), limits.repeats),
        )
        units = limits.chosen([*_units(job, recipe, frame)], gains)
        found = Importances.of(metric, rows, len(chosen), units, model.shuffled)
        identity = _identity(rows)
        clusters, predicted = rows.count_clusters(), (1 + len(units)) * len(picked)
    findings, measured = [one.to_json() for one in found.findings(split)], found.to_json()
    refuse(job, "gate", findings)
    known = {one["column"] for one in measured["columns"]}
    content = {
        "format": FORMAT,
        "split": split,
        "rows": len(chosen),
        "of_rows": len(wanted),
        "clusters": clusters,
        "repeats": limits.repeats,
        "predicted_rows": predicted,
        **measured,
        "left_out": [name for name in names if name not in known],
        "gain": shares(gains),
        "findings": findings,
    }
    job.write(REPORT, json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")
    columns, sums = found.sums()
    job.write(PAIRED, json.dumps({"columns": columns, "rows": identity}, ensure_ascii=False).encode())
    write_array(job, SUMS, sums)


def _identity(rows: Rows) -> str:
    """Return a digest that is equal for rows with the same targets and clusters."""
    import numpy as np

    found = hashlib.sha256(np.ascontiguousarray(rows.target).tobytes())
    found.update(b"" if rows.clusters is None else np.ascontiguousarray(rows.clusters).tobytes())
    return found.hexdigest()


class _Model:
    """The file of a model, on some rows of its inputs."""

    def __init__(self, job: Job, recipe: Recipe, frame: pl.DataFrame, coding: Coding) -> None:
        self._output = next(
            one.name for one in train.learner(job).answer.outputs(coding) if one.element == "double"
        )
        self._session = Session(job.read("artifact", artifact.MODEL))
        self._values = encode(frame, recipe.inputs)
        self._rows = frame.height

    def scores(self, changed: Mapping[str, Array] | None = None) -> Array:
        found: Array = self._session.run(self._values | dict(changed or {}))[self._output]
        return found

    def shuffled(self, unit: Unit) -> Array:
        order = unit.order(self._rows)
        return self.scores({name: self._values[name][order] for name in unit.columns})


def _units(job: Job, recipe: Recipe, frame: pl.DataFrame) -> Iterator[Unit]:
    """Yield all inputs together, groups of inputs that belong together, and each input."""
    names = tuple(one.name for one in recipe.inputs)
    numbers = [one.name for one in recipe.inputs if one.type.dtype != "string"]
    groups = [(tuple(group), JOIN) for group in job.params["joined"]]
    groups += [(group, CORRELATION) for group in correlated(frame, numbers)]
    yield Unit(names, ALL)
    seen = {frozenset(names)}
    for group, why in groups:
        if len(group) > 1 and frozenset(group) not in seen:
            seen.add(frozenset(group))
            yield Unit(group, why)
    for name in names:
        yield Unit((name,))


def _inputs(job: Job, names: Sequence[str], picked: Array) -> pl.DataFrame:
    """Return the inputs of some rows, given by their places.

    Some columns are read at a time, because only a few of their rows are needed.
    """
    import polars as pl

    kept_names = job.params["kept"]
    blocks = [
        read_columns(job, places(names[start : start + _BLOCK], kept_names, job.params["split"]))[picked]
        for start in range(0, len(names), _BLOCK)
    ]
    return pl.concat(blocks, how="horizontal") if blocks else pl.DataFrame(height=len(picked))


def _clusters(job: Job, picked: Array) -> Array | None:
    """Return the cluster of each row. A row that is used several times is one."""
    if not job.params["cluster"]:
        return picked
    cluster = read(Cluster, job.params["cluster"])
    rows = read_table(job, "rows", job.params["split"], cluster.column)
    return cluster.numbers(rows[picked])
