"""Task `goal:G`: whether a metric of a model reaches its goal."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import write
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.scope import Scope
from mlbuild.pipeline.tasks import evaluate
from mlbuild.spec.sections.goals import GoalSpec


def plan(scope: Scope[GoalSpec]) -> Iterator[Task]:
    item = scope.item
    yield scope.task(
        "goal",
        {("goal",): item.at},
        rank=MODELS,
        run=run,
        params={"goal": write(item.goal)},
        inputs=(Input("evaluate", evaluate.task_of(item.goal.model), (evaluate.METRICS,)),),
        parts=("goal.json",),
    )


def run(job: Job) -> None:
    goal = job.params["goal"]
    reached = json.loads(job.read("evaluate", evaluate.METRICS))["metrics"]["test"][goal["metric"]]
    job.write("goal.json", json.dumps({"value": reached, "good": reached >= goal["at_least"]}).encode())
