"""Task `threshold:M`: the lowest score at which a row is predicted as positive, chosen on the validation rows.

It is apart from training, so that another threshold trains nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlbuild.diagnostics import data_failure
from mlbuild.engine.graph import Given, Input, Job, Task
from mlbuild.models.answers.answer import Coding
from mlbuild.models.thresholds.listed import THRESHOLD
from mlbuild.params import Json, write
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import predict, target
from mlbuild.pipeline.tasks.target import read_coding

KIND = "threshold"
#: The rows that it is chosen on.
_SPLIT = "valid"


def plan(scope: ModelScope) -> Iterator[Task]:
    threshold = scope.item.threshold
    if threshold is None:
        return
    at = (*scope.item.at, "threshold")
    yield scope.task(
        KIND,
        {("threshold",): at},
        at=at,
        rank=MODELS,
        run=run,
        params={"threshold": write(threshold)},
        inputs=(predict.scores(scope, _SPLIT), target.coded(scope, _SPLIT)),
        parts=(KIND,),
        uses=(type(threshold),),
        libraries=("numpy",),
    )


def task_of(model: str) -> str:
    """Return the name of the task that chooses the threshold of a model."""
    return f"{KIND}:{model}"


def chosen(scope: ModelScope) -> tuple[Input, ...]:
    """Return the threshold of a model as inputs: none if it has no threshold."""
    return (Input(KIND, task_of(scope.item.name), (KIND,)),) if scope.item.threshold is not None else ()


def asked(scope: ModelScope) -> Json:
    """Return the parameter with which a task says that it has this input: how the threshold is chosen."""
    return {} if scope.item.threshold is None else {KIND: write(scope.item.threshold)}


def coding_of(job: Given, params: Mapping[str, Any]) -> Coding:
    """Read the coding of the target, with the threshold if the parameters say that it is an input."""
    coding = read_coding(job)
    return replace(coding, threshold=json.loads(job.read(KIND, KIND))) if KIND in params else coding


def run(job: Job) -> None:
    coding, threshold = read_coding(job), THRESHOLD.read(job.params["threshold"])
    if len(coding.classes) != 2:
        raise data_failure(f"'threshold' is for 2 classes, but the target has {len(coding.classes)}")
    scores, wanted = read_array(job, "scores", _SPLIT), read_array(job, "target", _SPLIT)
    if threshold.chosen and not len(wanted):
        raise data_failure(f"there are no {_SPLIT} rows to choose the threshold on")
    job.write(KIND, json.dumps(threshold.choose(wanted, scores[:, 1])).encode())
