"""The one function that decides whether a task must run, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from pathlib import Path

from mlbuild.diagnostics import Failure
from mlbuild.engine.code.versions import Code
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.key import Ingredients, Read, ingredients
from mlbuild.engine.decide.looks import Look, Looks, answered, find_look
from mlbuild.engine.decide.machine import Machine
from mlbuild.engine.decide.reasons import Reason, changes
from mlbuild.engine.decide.records import Action, find_action, find_record
from mlbuild.engine.exporting.export import export_reasons
from mlbuild.engine.graph import FORMER, Task
from mlbuild.engine.store.contents import Contents
from mlbuild.engine.store.store import Store
from mlbuild.frozen import frozen


@frozen
class World:
    """What a decision depends on, besides the task and the outcomes of the tasks that it reads.

    `foreseen` is for predictions: the tasks that are about to run, by key. `looks` says when tasks look outside.
    """

    store: Store
    outside: Digests
    root: Path
    code: Code
    foreseen: dict[str, str] = field(default_factory=dict)
    looks: Looks = field(default_factory=Looks)


@frozen
class Fresh:
    """The result is known and in place."""

    ingredients: Ingredients
    action: Action


@frozen
class Restorable:
    """The result is known, but not in the exported folder.

    `reasons` say what differs, or which change it dates from.
    """

    ingredients: Ingredients
    action: Action
    reasons: tuple[Reason, ...]


@frozen
class Stale:
    """The task must run. There is at least one reason.

    `former` are the parts of its last result, if it looks outside and asked the same before.
    """

    ingredients: Ingredients
    reasons: tuple[Reason, ...]
    former: tuple[Read, ...] = ()

    @property
    def inputs(self) -> Mapping[str, tuple[Read, ...]]:
        """What the function reads, by slot."""
        return {**self.ingredients.inputs, **({FORMER: self.former} if self.former else {})}


@frozen
class Unsure:
    """The decision depends on the results of the tasks `waiting`.

    `reasons` are the changes that are known already.
    """

    waiting: tuple[str, ...]
    reasons: tuple[Reason, ...]


@frozen
class FailedBefore:
    """With the same inputs, the task failed in the build `action.build`, and would fail again."""

    ingredients: Ingredients
    action: Action
    failure: Failure


@frozen
class Blocked:
    """The task cannot run, because it needs the results of the tasks `by`, which failed or cannot run either."""

    by: tuple[str, ...]


Decision = Fresh | Restorable | Stale | Unsure | FailedBefore | Blocked


def decide(task: Task, done: Mapping[str, Action | None], world: World, *, forced: bool = False) -> Decision:
    """Decide on one task. `done` contains the outcomes of others: None for no result, absent if not known yet.

    Nothing is run and no stored content is read. It is enough that contents exist; their digests are compared
    before use.
    """
    sources = sorted({source.task for source in task.inputs})
    failed = tuple(name for name in sources if name in done and done[name] is None)
    if failed:
        return Blocked(failed)
    waiting = tuple(name for name in sources if name not in done)
    digests = {name: action.digests for name in sources if (action := done.get(name))}
    now = ingredients(task, digests, world.outside, world.code)
    missing = tuple(
        Reason("file missing", now.paths[slot]) for slot, found in now.files.items() if found is None
    )
    if waiting:
        return Unsure(waiting, (Reason("forced"),) if forced else missing or _changes(task, now, world))
    if world.looks.asks(task.outside):
        return _decide_look(task, now, world, forced)
    if missing or forced:
        return Stale(now, missing or (Reason("forced"),))
    action = find_action(world.store.actions, now.key, task.parts)
    if action is None:
        return _unknown_result(task, now, world)
    if action.failure:
        return FailedBefore(now, action, action.failure)
    if lost := lost_parts(task, action, world.store.contents):
        return Stale(now, tuple(Reason("result missing", task.name, part) for part in lost))
    if wrong := tuple(export_reasons(task, action, world.outside, world.root)):
        return Restorable(now, action, _changes(task, now, world, unknown=wrong) or wrong)
    return Fresh(now, action)


def _decide_look(task: Task, question: Ingredients, world: World, forced: bool) -> Fresh | Stale:
    """Decide on a task that looks outside: whether what it was told still counts."""
    outside, looks = task.outside, world.looks
    assert outside is not None
    forbidden = looks.forbids(outside)
    last = find_look(world.store.local, task.name)
    action = looks.pinned.get(task.name)
    now = question
    if action is not None:
        now = answered(question, action.parts)
        action = find_action(world.store.actions, now.key, task.parts) or action
    elif last and (last.question, last.place) == (question.key, outside.place):
        now = replace(question, answer=last.answer)
        action = find_action(world.store.actions, now.key, task.parts)
    if action is None and forbidden:
        now, action = _last_answer(task, question, last, world)
    if action is not None and lost_parts(task, action, world.store.contents):
        action = None
    if forbidden:
        return Fresh(now, action) if action else Stale(question, (Reason("not fetched", outside.called),))
    if forced:
        return Stale(question, (Reason("forced"),))
    if last is None or action is None:
        return Stale(question, _look_reasons(task, question, world))
    reason = looks.reason(task.name, outside, last)
    if reason is None:
        return Fresh(now, action)
    return Stale(question, (reason,), tuple((name, part.digest) for name, part in action.parts.items()))


def _last_answer(
    task: Task, question: Ingredients, last: Look | None, world: World
) -> tuple[Ingredients, Action | None]:
    """Return what a task was told last if it asked the same, even with other code or libraries."""
    record = find_record(world.store.local, task.name)
    same = last and task.outside and last.place == task.outside.place
    if record is None or not same or record.ingredients.params != question.params:
        return question, None
    return record.ingredients, find_action(world.store.actions, record.key, task.parts)


def _look_reasons(task: Task, question: Ingredients, world: World) -> tuple[Reason, ...]:
    """Return why what a task was told before does not answer its question."""
    record, last = find_record(world.store.local, task.name), find_look(world.store.local, task.name)
    if record is None or last is None:
        return (Reason("never built", task.name),)
    if last.question == question.key:
        place = task.outside.place if task.outside else ""
        if last.place != place and isinstance(task.outside, Machine):
            return (Reason("machine", task.name, was=last.place, now=place),)
        return (Reason("place" if last.place != place else "result missing", task.name),)
    asked = replace(record.ingredients, answer="")
    found = changes(asked, record.origins, question, task.origin, world.code.definitions)
    return found or (Reason("result missing", task.name),)


def surely_runs(decision: Decision) -> bool:
    """Whether the task will run, if nothing fails before it. A forced task will, whatever it waits for."""
    forced = isinstance(decision, Unsure) and any(reason.what == "forced" for reason in decision.reasons)
    return forced or isinstance(decision, Stale)


def failures_behind(names: Iterable[str], blocked: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the failed tasks that keep tasks from having a result.

    `blocked` contains what those were blocked by.
    """
    return tuple(sorted({cause for name in names for cause in blocked.get(name, (name,))}))


def lost_parts(task: Task, action: Action, contents: Contents) -> tuple[str, ...]:
    """Return the parts of a recorded result that are no longer in the store."""
    return tuple(
        part for part in task.parts if contents.size(action.parts[part].digest) != action.parts[part].size
    )


def _unknown_result(task: Task, now: Ingredients, world: World) -> Stale | Unsure:
    reasons = _changes(task, now, world) or (Reason("result missing", task.name),)
    if now.key in world.foreseen:  # equal keys are one task: the other one produces the result
        return Unsure((world.foreseen[now.key],), reasons)
    return Stale(now, reasons)


def _changes(
    task: Task, now: Ingredients, world: World, unknown: tuple[Reason, ...] = ()
) -> tuple[Reason, ...]:
    """Return what changed since the last result of the task: empty if nothing is known to have changed, `unknown` if there is
    none.
    """
    record = find_record(world.store.local, task.name)
    if record is None:
        return unknown or (Reason("never built", task.name),)
    return changes(record.ingredients, record.origins, now, task.origin, world.code.definitions)
