"""Runs the function of one task and records what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mlbuild.diagnostics import Failure
from mlbuild.engine.graph import Task
from mlbuild.engine.job import Running
from mlbuild.engine.key import Ingredients
from mlbuild.engine.records import Action, Record, Run, find_action, find_record, keep_action, keep_record
from mlbuild.engine.stale import Stale, World, lost_parts

#: Failures that are verdicts: the same inputs would fail again. Others may have come from outside.
_VERDICTS = ("data", "gate", "parity")


@dataclass(frozen=True)
class Performed:
    """How a run ended: with the result that stands for its key, or with a failure.

    `conflict` names the parts that differ from what an earlier run of the same key gave (none: one of both
    failed); it is None where there is no conflict.
    """

    seconds: float
    action: Action | None
    failure: Failure | None
    conflict: tuple[str, ...] | None = None


def perform(task: Task, decision: Stale, world: World, build: str, threads: int) -> Performed:
    """Run a task whose inputs are there and intact, in the build of that name."""
    started = time.perf_counter()
    job = _execute(task, decision.ingredients, world, threads)
    seconds = time.perf_counter() - started
    if job.failure and (job.failure.kind not in _VERDICTS or _missing_file(decision.ingredients)):
        return Performed(seconds, None, job.failure)
    action, conflict = _record(
        task, decision.ingredients.key, Action(build, seconds, job.given, job.failure), world
    )
    remember(task, decision.ingredients, action, world, Run(build, seconds, decision.reasons))
    return Performed(seconds, None if job.failure else action, job.failure, conflict)


def remember(
    task: Task, ingredients: Ingredients, action: Action, world: World, run: Run | None = None
) -> None:
    """Note the result that a task has now. Without a `run` it was found, and when the task last ran stays known."""
    if run is None:
        former = find_record(world.store, task.name)
        if former and former.key == ingredients.key:
            return
        run = former.last if former else None
    keep_record(world.store, task, Record(ingredients.key, ingredients, task.origin, action.build, run))


def _execute(task: Task, ingredients: Ingredients, world: World, threads: int) -> Running:
    """Call the function. What it does with a file that changes meanwhile is nobody's result."""
    with Running(task, ingredients, world.store, world.root, threads) as job:
        if not (missing := _missing_file(ingredients)):
            task.run(job)
            job.collect()
    if missing:
        job.failure = Failure("data", f"there is no file '{missing}' that can be read", {"file": missing})
    elif not job.failure:
        for slot, path in task.files.items():
            if world.files.digest(path, task.called.get(slot)) != ingredients.files[slot]:
                name = ingredients.paths[slot]
                job.failure = Failure("task", f"file '{name}' changed while it was read", {"file": name})
    return job


def _missing_file(ingredients: Ingredients) -> str | None:
    return next((ingredients.paths[slot] for slot, found in ingredients.files.items() if found is None), None)


def _record(task: Task, key: str, new: Action, world: World) -> tuple[Action, tuple[str, ...] | None]:
    """Record what came of a key, and return what stands: the first result, unless it is lost or was a failure."""
    first = find_action(world.store, key)
    if first is None:
        keep_action(world.store, key, new, replace=True)
        return new, None
    conflict = _conflict(first, new)
    stands = first.failure is None and (new.failure is not None or not lost_parts(task, first, world.store))
    if stands:
        return first, conflict
    keep_action(world.store, key, new, replace=True)
    return new, conflict


def _conflict(first: Action, new: Action) -> tuple[str, ...] | None:
    if first.failure or new.failure:
        return None if first.failure and new.failure else ()
    digests = new.digests
    differing = tuple(sorted(part for part, digest in first.digests.items() if digests.get(part) != digest))
    return differing or None
