"""Builds: carries out what is decided about each task, in order."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from mlbuild.diagnostics import Failure
from mlbuild.engine.events import (
    BuildFinished,
    BuildResult,
    BuildStarted,
    Event,
    Listener,
    NonDeterministic,
    TaskBlocked,
    TaskDone,
    TaskFailed,
    TaskRestored,
    TaskReused,
    TaskStarted,
    ignore,
)
from mlbuild.engine.export import export, recover
from mlbuild.engine.files import Files
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.order import Scope, scope
from mlbuild.engine.perform import perform, remember
from mlbuild.engine.records import Action
from mlbuild.engine.stale import (
    Blocked,
    Decision,
    FailedBefore,
    Fresh,
    Restorable,
    Stale,
    Unsure,
    World,
    decide,
)
from mlbuild.engine.store import Store


def build(
    plan: Plan,
    store: Store,
    root: Path,
    targets: Collection[str] | None = None,
    *,
    force: bool = False,
    keep_going: bool = False,
    threads: int = 1,
    events: Listener = ignore,
    catalogues: frozenset[str] = frozenset(),
) -> BuildResult:
    """Bring the tasks `targets` (None: all) and all that they need up to date.

    `force` runs the targets, and what lies between them, in any case; what else they need is not forced. When a
    task fails, others of the same or a lower rank that do not depend on it still run, those of a higher rank do
    not start; with `keep_going` only what depends on it does not. `catalogues` are modules whose code counts for
    no task.

    Raises:
        Rejected: tasks depend on each other in a circle.
    """
    world = World(store, Files(store, root), root, catalogues)
    return _Build(plan, world, scope(plan, targets, force, keep_going), threads, events).run()


class _Build:
    """One build. It goes over the tasks until a whole pass has found no stored content damaged.

    A damaged one is dropped when it is about to be read; the next pass then finds its producer stale. Each content
    is verified once, and what this build has stored counts as verified, so that the passes come to an end.
    """

    def __init__(self, plan: Plan, world: World, extent: Scope, threads: int, events: Listener) -> None:
        self._plan, self._world, self._scope = plan, world, extent
        self._threads, self._tell = threads, events
        self._name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
        self._done: dict[str, Action | None] = {}
        self._outcomes: dict[str, str] = {}
        self._failures: dict[str, Failure] = {}
        self._verified: set[str] = set()

    def run(self) -> BuildResult:
        started = time.perf_counter()
        self._tell(BuildStarted(self._name, len(self._scope.ranks)))
        self._world.store.sweep()
        for name in self._scope.ranks:
            recover(self._plan.tasks[name], self._world.store, self._world.root)
        try:
            while not self._pass():
                pass
        finally:
            self._world.files.save()
        result = self._result(time.perf_counter() - started)
        self._tell(BuildFinished(result))
        return result

    def _pass(self) -> bool:
        """Settle each task; False as soon as a stored content was found damaged."""
        self._done = dict.fromkeys(self._failures)
        for name in self._scope.ranks:
            if name not in self._failures and not self._carry_out(self._plan.tasks[name]):
                return False
        return True

    def _decide(self, task: Task) -> Decision:
        if stopped := self._scope.stopped(task.name, self._failures):
            return Blocked(stopped)
        forced = task.name in self._scope.forced and self._outcomes.get(task.name) != "ran"
        return decide(task, self._done, self._world, forced=forced)

    def _carry_out(self, task: Task) -> bool:
        match self._decide(task):
            case Fresh(ingredients, action):
                remember(task, ingredients, action, self._world)
                self._settle(task, action, "reused", TaskReused(task.name, action.build))
            case Restorable(ingredients, action, reasons):
                if not self._intact(action.digests.values()):
                    return False
                remember(task, ingredients, action, self._world)
                if self._export(task, action):
                    self._settle(task, action, "restored", TaskRestored(task.name, reasons))
            case Stale(ingredients) as decision:
                reads = [digest for slot in ingredients.inputs.values() for _, digest in slot if digest]
                if not self._intact(reads):
                    return False
                return self._run(task, decision)
            case FailedBefore(ingredients, action, failure):
                remember(task, ingredients, action, self._world)
                self._fail(task, failure, action.build)
            case Blocked(by):
                self._settle(task, None, "blocked", TaskBlocked(task.name, by))
            case Unsure(waiting):
                raise AssertionError(f"'{task.name}' came before '{waiting[0]}', which it reads")
        return True

    def _run(self, task: Task, decision: Stale) -> bool:
        """Run a task; False where the former result of its key, which stands, turns out to be damaged."""
        self._tell(TaskStarted(task.name, decision.reasons))
        performed = perform(task, decision, self._world, self._name, self._threads)
        if performed.conflict is not None:
            self._tell(NonDeterministic(task.name, performed.conflict))
        if performed.failure:
            self._fail(task, performed.failure)
            return True
        action = performed.action
        assert action is not None
        if action.build == self._name:
            self._verified.update(action.digests.values())
        if not self._intact(action.digests.values()):
            return False
        if task.exports is None or self._export(task, action):
            done = TaskDone(task.name, performed.seconds, decision.reasons)
            self._settle(task, action, "ran", done)
        return True

    def _export(self, task: Task, action: Action) -> bool:
        """Write the exported folder; where that cannot be done, the task has failed."""
        try:
            export(task, action, self._world.store, self._world.root)
        except OSError as error:
            message = (
                f"cannot write the folder '{task.exports}': {(error.strerror or 'unknown error').lower()}"
            )
            self._fail(task, Failure("task", message, {"folder": task.exports}))
            return False
        return True

    def _intact(self, digests: Iterable[str]) -> bool:
        """Whether stored contents are what they were; all are looked at, so that one pass finds all damage."""
        unknown = [digest for digest in dict.fromkeys(digests) if digest not in self._verified]
        intact = [digest for digest in unknown if self._world.store.verify(digest)]
        self._verified.update(intact)
        return len(intact) == len(unknown)

    def _settle(self, task: Task, action: Action | None, outcome: str, event: Event) -> None:
        """Note how a task ended, and tell it; a later pass that finds the same, or the result there, is silent."""
        self._done[task.name] = action
        former = self._outcomes.get(task.name)
        if former is None or outcome not in (former, "reused"):
            self._outcomes[task.name] = outcome
            self._tell(event)

    def _fail(self, task: Task, failure: Failure, remembered: str | None = None) -> None:
        self._failures[task.name] = failure
        self._settle(task, None, "failed", TaskFailed(task.name, failure, remembered))

    def _result(self, seconds: float) -> BuildResult:
        outcomes = self._outcomes
        return BuildResult(
            build=self._name,
            seconds=seconds,
            failures=self._failures,
            actions={name: action for name, action in self._done.items() if action},
            **{
                outcome: tuple(name for name, other in outcomes.items() if other == outcome)
                for outcome in ("ran", "reused", "restored", "blocked")
            },
        )
