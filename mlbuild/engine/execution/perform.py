"""Records the outcome of running a task, and determines the result for its key."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from mlbuild.diagnostics import Failure
from mlbuild.engine.decide.documents import seconds as is_time
from mlbuild.engine.decide.external import Clock, Outside
from mlbuild.engine.decide.key import Ingredients
from mlbuild.engine.decide.looks import Look, answered, keep_look
from mlbuild.engine.decide.reasons import replaced
from mlbuild.engine.decide.records import (
    Action,
    Part,
    Record,
    Run,
    find_action,
    find_record,
    keep_action,
    keep_record,
)
from mlbuild.engine.decide.stale import Stale, World, lost_parts
from mlbuild.engine.execution.executor import Outcome
from mlbuild.engine.graph import Task
from mlbuild.frozen import frozen

#: Failures that are verdicts: the same inputs would fail again. Other failures may have external causes.
VERDICTS = ("data", "gate", "parity")


@frozen
class Performed:
    """How a run ended: with the result for `key`, or with a failure.

    `conflict` names the parts that differ from what an earlier run with the same key gave (empty if one of them
    failed). It is None if there is no conflict.
    """

    seconds: float
    key: str
    action: Action | None
    failure: Failure | None
    conflict: tuple[str, ...] | None = None


def cannot_start(decision: Stale) -> Failure | None:
    """Return why a task cannot start: a file that it reads does not exist, or it must not look outside."""
    ingredients = decision.ingredients
    unknown = next((reason.where for reason in decision.reasons if reason.what == "not fetched"), None)
    if unknown is not None:
        return Failure("store", f"no data fetched from '{unknown}' is in the store")
    lost = (ingredients.paths[slot] for slot, found in ingredients.files.items() if found is None)
    name = next(lost, None)
    return (
        Failure("data", f"file '{name}' does not exist or cannot be read", {"file": name}) if name else None
    )


def conclude(task: Task, decision: Stale, outcome: Outcome, world: World, build: str) -> Performed:
    """Record how a task ended that ran in the build with that name."""
    seconds, ingredients = outcome.seconds, decision.ingredients
    failure = outcome.failure or _changed_file(task, ingredients, world)
    asked = world.looks.asks(task.outside)
    if failure and (failure.kind not in VERDICTS or asked):  # the answer can differ next time
        return Performed(seconds, ingredients.key, None, failure)
    if asked and task.outside:
        ingredients = _keep_answer(task, task.outside, ingredients, outcome, world)
    action, conflict = _record(task, ingredients.key, Action(build, seconds, outcome.given, failure), world)
    remember(task, ingredients, action, world, Run(build, seconds, decision.reasons, ingredients.key))
    return Performed(seconds, ingredients.key, None if failure else action, failure, conflict)


def remember(
    task: Task, ingredients: Ingredients, action: Action, world: World, run: Run | None = None
) -> None:
    """Store the current result of a task.

    Without a `run`, the result was found, and the last run stays as it is.
    """
    former = find_record(world.store.local, task.name)
    if run is None:
        if task.outside:  # what a build was told to use can be unknown here
            keep_action(world.store.actions, ingredients.key, action)
        if former and former.key == ingredients.key:
            return
        run = former.last if former else None
    elif former:
        run = replace(run, former=former.key, replaced=replaced(former.ingredients, ingredients))
    world.code.keep(ingredients.code)
    keep_record(world.store.local, task, Record(ingredients.key, ingredients, task.origin, action.build, run))


def _changed_file(task: Task, ingredients: Ingredients, world: World) -> Failure | None:
    """Return the failure of a task if a file changed while it ran: its result belongs to no content."""
    for slot, external in task.files.items():
        if world.outside.digest(external) != ingredients.files[slot]:
            name = ingredients.paths[slot]
            return Failure("task", f"file '{name}' changed while it was being read", {"file": name})
    return None


def _keep_answer(
    task: Task, outside: Outside, question: Ingredients, outcome: Outcome, world: World
) -> Ingredients:
    """Store what a task was told outside, and when it asked."""
    found = answered(question, outcome.given)
    # The clock is that of the build.
    asked_at = world.looks.now if isinstance(outside, Clock) else time.time() - outcome.seconds
    until = outcome.until if is_time(outcome.until) else None
    last = Look(question.key, outside.place, asked_at, found.answer, until)
    keep_look(world.store.local, task.name, last)
    world.looks.done.add(task.name)
    return found


def disagreement(first: Outcome, second: Outcome) -> tuple[str, ...] | None:
    """Return in which parts two runs of a task differ; empty if one of them failed, None if they agree."""
    return _differing(first.failure, first.given, second.failure, second.given)


def _differing(
    failed: Failure | None, first: Mapping[str, Part], failed_too: Failure | None, second: Mapping[str, Part]
) -> tuple[str, ...] | None:
    if failed or failed_too:
        return None if failed and failed_too else ()
    return tuple(sorted(name for name, part in first.items() if second.get(name) != part)) or None


def _record(task: Task, key: str, new: Action, world: World) -> tuple[Action, tuple[str, ...] | None]:
    """Record the outcome for a key, and return the one that counts: the first result, unless it is lost or was a
    failure.
    """
    if keep_action(world.store.actions, key, new):
        return new, None
    first = find_action(world.store.actions, key, task.parts)
    conflict = _conflict(first, new) if first else None
    if first and not first.failure and (new.failure or not lost_parts(task, first, world.store.contents)):
        return first, conflict
    keep_action(world.store.actions, key, new, replace=True)
    return new, conflict


def _conflict(first: Action, new: Action) -> tuple[str, ...] | None:
    return _differing(first.failure, first.parts, new.failure, new.parts)
