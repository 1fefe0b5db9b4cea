"""Task `select:M`: the best of several trained models, with what it learned, and how it compares with the others.

It hands on the bytes of the trial itself: nothing is trained again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from mlbuild.data.splits.clusters import Cluster
from mlbuild.diagnostics import data_failure
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.evaluation.differences import difference
from mlbuild.evaluation.intervals import LEVEL
from mlbuild.frozen import frozen
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import Metric, evaluate, rounded
from mlbuild.models.searches.search import Search
from mlbuild.params import Json, read, write
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array, read_table
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import target, train
from mlbuild.pipeline.tasks.cross_validation import cross_validate
from mlbuild.pipeline.tasks.target import read_coding
from mlbuild.pipeline.tasks.trials import names
from mlbuild.pipeline.tasks.trials.trial import SCORES, SPLIT
from mlbuild.spec.spec import TrialsSpec

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KIND = "select"
#: The part with all trials, which is also a file of an output.
TRIALS = "trials.json"
FORMAT = 1
#: The slots of a trial. Its number follows, and for some the number of a seed.
_TRAINED, _SCORES, _RESULT, _FOLDS = "trained", "scores", "result", "folds"


def plan(scope: ModelScope) -> Iterator[Task]:
    model, trials, cluster = scope.item, scope.item.trials, scope.dataset.cluster
    if trials is None:
        return
    key = "search" if trials.search else "choose"
    reports = (cross_validate.REPORT,) if model.cross_validation else ()
    task = scope.task(
        KIND,
        {("metric",): (*model.at, key, "metric"), ("on",): (*model.at, key, "on")},
        at=(*model.at, key),
        rank=MODELS,
        run=run,
        params={
            "metric": METRIC_KIND.canonical(trials.metric),
            "on": trials.on,
            "trials": [*_told(trials)],
            "searched": trials.search is not None,
            "reports": bool(reports),
            "cluster": write(cluster) if cluster else None,
        },
        inputs=(
            target.coded(scope, "train", SPLIT),
            *([scope.rows("rows", [SPLIT], cluster.column)] if cluster else []),
            *(_searched(scope, trials.search) if trials.search else _combined(trials, reports)),
        ),
        parts=(*train.PARTS, TRIALS, *reports),
        reported=(TRIALS, *reports),
        uses=(type(trials.metric),),
        libraries=("numpy", "polars"),
    )
    yield scope.ships(task, TRIALS, *reports)


def task_of(model: str) -> str:
    """Return the name of the task that chooses a model."""
    return f"{KIND}:{model}"


def _told(trials: TrialsSpec) -> Iterator[Json]:
    """Yield what is known about each trial before it is trained."""
    for number in range(trials.search.trials if trials.search else 0):
        yield {"trial": f"{number + 1:03}", "seeds": 1}
    for group in trials.groups:
        yield {"trial": group.label, "params": dict(group.settings), "seeds": len(group.models)}


def _searched(scope: ModelScope, search: Search) -> Iterator[Input]:
    """Yield the trials of a search as inputs."""
    for number in range(search.trials):
        task = names.trial(scope, number)
        yield Input(f"{_TRAINED}{number}", task, train.PARTS)
        yield Input(f"{_SCORES}{number}.0", task, (SCORES,))
        yield Input(f"{_RESULT}{number}", task, (names.RESULT,))


def _combined(trials: TrialsSpec, reports: tuple[str, ...]) -> Iterator[Input]:
    """Yield the models of a matrix as inputs. Of those that differ only in their seeds, the first is handed on."""
    for number, group in enumerate(trials.groups):
        yield Input(f"{_TRAINED}{number}", f"train:{group.models[0]}", train.PARTS)
        for place, model in enumerate(group.models):
            yield Input(f"{_SCORES}{number}.{place}", f"predict:{model}", (SPLIT,))
            if reports:
                yield Input(f"{_FOLDS}{number}.{place}", cross_validate.task_of(model), reports)


@frozen(eq=False)
class _Trial:
    """A trial: its value, those of its seeds, and the scores of the valid rows by the model of the first seed."""

    told: Json
    values: Sequence[float | None]
    scores: Array | None

    @property
    def value(self) -> float | None:
        """The mean over the seeds; None if one of them has no value."""
        known = [value for value in self.values if value is not None]
        return rounded(fmean(known)) if known and len(known) == len(self.values) else None


def run(job: Job) -> None:
    coding, wanted = read_coding(job), read_array(job, "target", SPLIT)
    classes = len(coding.classes)
    plain = METRIC_KIND.read(job.params["metric"])
    metric = plain.prepared(coding.classes, read_array(job, "target", "train")).deciding(None)
    trials = [
        _read(job, number, told, metric, wanted, classes) for number, told in enumerate(job.params["trials"])
    ]
    ranked = sorted(
        (metric.distance(one.value), number) for number, one in enumerate(trials) if one.value is not None
    )
    if not ranked:
        reasons = [one.told["failure"] for one in trials if one.told.get("failure")]
        reason = f": {reasons[0]}" if reasons else ""
        raise data_failure(f"'{metric.label}' has no value for any of the {len(trials)} trials{reason}")
    winner = ranked[0][1]
    job.reuse("fitted", f"{_TRAINED}{winner}")
    job.reuse("learner", f"{_TRAINED}{winner}")
    cluster = read(Cluster, job.params["cluster"]) if job.params["cluster"] else None
    numbers = cluster.numbers(read_table(job, "rows", SPLIT, cluster.column)) if cluster else None

    def against_winner(one: _Trial) -> Json | None:
        best = trials[winner].scores
        if one.scores is None or best is None or one is trials[winner]:
            return None
        found = difference(metric, wanted, best, one.scores, classes, numbers)
        return None if found is None else found.to_json()

    values = [one.value for one in trials if one.value is not None]
    content = {
        "format": FORMAT,
        "metric": metric.label,
        "on": job.params["on"],
        "rows": len(wanted),
        "level": LEVEL,
        "best": trials[winner].told["trial"],
        "value": trials[winner].value,
        "median": rounded(median(values)),
        "trials": [
            {
                **{key: part for key, part in one.told.items() if key != "seeds"},
                "value": one.value,
                **({"seeds": list(one.values)} if len(one.values) > 1 else {}),
                "against_best": against_winner(one),
            }
            for one in trials
        ],
    }
    job.write(TRIALS, json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")
    if job.params["reports"]:
        job.write(cross_validate.REPORT, job.read(f"{_FOLDS}{winner}.0", cross_validate.REPORT))


def _read(job: Job, number: int, told: Json, metric: Metric, wanted: Array, classes: int) -> _Trial:
    """Read a trial, and compute its metric where the trial has not."""
    if job.params["searched"]:
        result = json.loads(job.read(f"{_RESULT}{number}", names.RESULT))
        known = result.pop("value")
        scores = None if known is None else read_array(job, f"{_SCORES}{number}.0", SCORES)
        return _Trial(told | result, [known], scores)
    each = [read_array(job, f"{_SCORES}{number}.{place}", SPLIT) for place in range(told["seeds"])]
    if job.params["on"] == "valid":
        values = [evaluate([metric], wanted, one, classes)[metric.label] for one in each]
        return _Trial(told, values, each[0])
    reports = [
        json.loads(job.read(f"{_FOLDS}{number}.{place}", cross_validate.REPORT))
        for place in range(told["seeds"])
    ]
    return _Trial(told, [one["metrics"][metric.label]["mean"] for one in reports], None)
