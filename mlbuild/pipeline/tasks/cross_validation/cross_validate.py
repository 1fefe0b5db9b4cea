"""Task `cross_validate:M`: the metrics of a model on the folds of its dataset, each predicted by a model that was
trained on other rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.data.folds.folds import HELD_OUT, TRAIN
from mlbuild.engine.graph import Job, Task
from mlbuild.evaluation.groups import of_some
from mlbuild.models.balance import absent_in_folds, balance
from mlbuild.models.metrics.listed import METRIC_LIST
from mlbuild.models.metrics.metric import evaluate, rounded
from mlbuild.params import Json
from mlbuild.pipeline.findings import raised, refuse
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import target, threshold
from mlbuild.pipeline.tasks.cross_validation import fold, folds

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KIND = "cross_validate"
#: The part with the metrics, which is also a file of an output.
REPORT = "cross_validation.json"
FORMAT = 1
_CODES = ("absent-class",)


def plan(scope: ModelScope) -> Iterator[Task]:
    numbers = folds.numbers(scope)
    if not numbers:
        return
    at = (*scope.item.at, "cross_validation")
    task = scope.task(
        KIND,
        {("metrics",): (*scope.item.at, "metrics"), ("refused",): ("warnings",)},
        at=at,
        rank=MODELS,
        run=run,
        params={
            "metrics": METRIC_LIST.canonical(scope.item.metrics),
            "refused": raised(scope.spec, _CODES),
            **threshold.asked(scope),
        },
        inputs=(
            target.coded(scope, "train"),
            *target.groups(scope, scope.item.metrics, "train"),
            folds.roles(scope.dataset, *numbers),
            *(fold.scores(scope, number) for number in numbers),
            *threshold.chosen(scope),
        ),
        parts=(REPORT,),
        reported=(REPORT,),
        uses=tuple(map(type, scope.item.metrics)),
        libraries=("numpy",),
    )
    yield scope.ships(task, REPORT)


def task_of(model: str) -> str:
    """Return the name of the task that cross-validates a model."""
    return f"{KIND}:{model}"


def run(job: Job) -> None:
    import numpy as np

    coding, every = threshold.coding_of(job, job.params), read_array(job, "target", "train")
    classes = len(coding.classes)
    metrics = [
        metric.prepared(coding.classes, every).deciding(coding.threshold)
        for metric in METRIC_LIST.read(job.params["metrics"])
    ]
    grouped = target.read_groups(job, metrics, "train")
    targets: list[Array] = []
    places: list[Array] = []
    scores: list[Array] = []
    found: list[Json] = []
    for part in job.parts("folds"):
        roles = read_array(job, "folds", part)
        places.append(np.flatnonzero(roles == HELD_OUT))
        targets.append(every[places[-1]])
        scores.append(read_array(job, part, *job.parts(part)))
        rows = {"train": int((roles == TRAIN).sum()), "held_out": len(targets[-1])}
        values = evaluate(metrics, targets[-1], scores[-1], classes, of_some(grouped, places[-1]))
        found.append({"fold": folds.number_of(part), "rows": rows, "metrics": values})
    pooled = evaluate(
        metrics,
        np.concatenate(targets),
        np.concatenate(scores),
        classes,
        of_some(grouped, np.concatenate(places)),
    )
    counts = [balance({"": one}, classes)[""] for one in targets] if classes else []
    findings = [one.to_json() for one in absent_in_folds(counts, coding.classes)]
    content = {
        "format": FORMAT,
        "metrics": {
            name: summary([one["metrics"][name] for one in found]) | {"pooled": pooled[name]}
            for name in pooled
        },
        "rows": sum(map(len, targets)),
        "folds": found,
        "findings": findings,
    }
    refuse(job, "gate", findings)
    job.write(REPORT, json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n")


def summary(values: Sequence[float | None]) -> Json:
    """Return the mean and the standard deviation over the folds in which a metric is defined."""
    import numpy as np

    known = [value for value in values if value is not None]
    if not known:
        return {"mean": None, "std": None, "folds": 0}
    return {"mean": rounded(float(np.mean(known))), "std": rounded(float(np.std(known))), "folds": len(known)}
