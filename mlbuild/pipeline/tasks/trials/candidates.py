"""The trials that one is chosen from: their tasks as inputs, and what is known about each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from mlbuild.engine.graph import Input, Job
from mlbuild.frozen import frozen
from mlbuild.models.metrics.metric import Metric, rounded
from mlbuild.models.searches.search import Search
from mlbuild.params import Json
from mlbuild.pipeline.parts import read_array
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks import train
from mlbuild.pipeline.tasks.cross_validation import cross_validate, fold, folds
from mlbuild.pipeline.tasks.trials import names
from mlbuild.pipeline.tasks.trials.trial import SCORES, SPLIT
from mlbuild.spec.spec import TrialsSpec

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The slots of a trial. Its number follows, and for some the number of a seed or of a fold.
TRAINED, FOLDS = "trained", "folds"
_SCORES, _RESULT = "scores", "result"


def told(trials: TrialsSpec) -> Iterator[Json]:
    """Yield what is known about each trial before it is trained."""
    for number in range(trials.search.trials if trials.search else 0):
        yield {"trial": f"{number + 1:03}", "seeds": 1}
    for group in trials.groups:
        yield {"trial": group.label, "params": dict(group.settings), "seeds": len(group.models)}


def searched(scope: ModelScope, search: Search) -> Iterator[Input]:
    """Yield the trials of a search as inputs."""
    for trial in range(search.trials):
        task = names.trial(scope, trial)
        yield Input(f"{_RESULT}{trial}", task, (names.RESULT,))
        if scope.folded_search is None:
            yield Input(f"{TRAINED}{trial}", task, train.PARTS)
            yield Input(f"{_SCORES}{trial}.0", task, (SCORES,))
        else:
            for number in folds.numbers(scope):
                yield fold.of_trial(scope, trial, number, f"{FOLDS}{trial}.{number}")


def combined(trials: TrialsSpec, reports: tuple[str, ...]) -> Iterator[Input]:
    """Yield the models of a matrix as inputs. Of those that differ only in their seeds, the first is handed on."""
    for number, group in enumerate(trials.groups):
        yield Input(f"{TRAINED}{number}", f"train:{group.models[0]}", train.PARTS)
        for place, model in enumerate(group.models):
            yield Input(f"{_SCORES}{number}.{place}", f"predict:{model}", (SPLIT,))
            if reports:
                yield Input(f"{FOLDS}{number}.{place}", cross_validate.task_of(model), reports)


@frozen(eq=False)
class Candidate:
    """A trial: its values for each seed, the number of rows that they are about, and the scores of the validation rows by the model of the
    first seed, if it was trained.
    """

    told: Json
    values: Sequence[float | None]
    rows: int
    scores: Array | None

    @property
    def value(self) -> float | None:
        """The mean over the seeds; None if one of them has no value."""
        known = [value for value in self.values if value is not None]
        return rounded(fmean(known)) if known and len(known) == len(self.values) else None


def from_search(job: Job, number: int, told: Json) -> Candidate:
    """Read a trial of a search."""
    result = json.loads(job.read(f"{_RESULT}{number}", names.RESULT))
    value, rows = result.pop("value"), result.pop("rows")
    known = value is not None and job.params["on"] == SPLIT
    scores = read_array(job, f"{_SCORES}{number}.0", SCORES) if known else None
    return Candidate(told | result, [value], rows, scores)


def from_matrix(job: Job, number: int, told: Json, metric: Metric, wanted: Array, classes: int) -> Candidate:
    """Read the models of a combination, and compute the metric if it is that of the validation rows. `wanted` is the target as the
    metric takes it.
    """
    each = [read_array(job, f"{_SCORES}{number}.{place}", SPLIT) for place in range(told["seeds"])]
    if job.params["on"] == SPLIT:
        found = [metric.value(wanted, one, classes) for one in each]
        return Candidate(told, [one if one is None else rounded(one) for one in found], len(wanted), each[0])
    reports = [
        json.loads(job.read(f"{FOLDS}{number}.{place}", cross_validate.REPORT))
        for place in range(told["seeds"])
    ]
    values = [one["metrics"][metric.label]["mean"] for one in reports]
    return Candidate(told, values, reports[0]["rows"], None)
