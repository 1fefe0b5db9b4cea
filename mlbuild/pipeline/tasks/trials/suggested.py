"""The learner of a task that trains, which can get some of its parameters from another task.

A search suggests parameters for a trial. If the trials are compared on folds, the model itself is trained with those of the best.
"""

from __future__ import annotations

import json
from typing import Any

from mlbuild.engine.graph import Input, Job
from mlbuild.params import Json
from mlbuild.pipeline.scope import ModelScope
from mlbuild.pipeline.tasks.trials import names

_SLOT = "suggested"


def of_trial(scope: ModelScope, trial: int) -> tuple[Input, ...]:
    """Return the parameters of a trial as inputs."""
    assert scope.item.trials is not None and scope.item.trials.search is not None
    number, offset = divmod(trial, scope.item.trials.search.together)
    return (Input(_SLOT, names.suggestions(scope, number), (names.part(offset),)),)


def of_model(scope: ModelScope) -> tuple[Input, ...]:
    """Return the parameters of the best trial as inputs: none if there are no trials."""
    return (Input(_SLOT, names.choice(scope.item.name), (names.BEST,)),) if scope.item.trials else ()


def params(scope: ModelScope, inputs: tuple[Input, ...]) -> Json:
    """Return the parameters of a task that trains the learner, and has these inputs."""
    return {"learner": scope.fixed, "suggested": bool(inputs)}


def settings(job: Job) -> dict[str, Any]:
    """Read the parameters that another task gives."""
    if not job.params["suggested"]:
        return {}
    (part,) = job.parts(_SLOT)
    found: dict[str, Any] = json.loads(job.read(_SLOT, part))
    return found


def learner(job: Job) -> Json:
    """Return the type of the learner with all of its parameters."""
    told: Json = job.params["learner"]
    return told | {"params": {**told["params"], **settings(job)}}
