"""Builds: carries out the decision about each task, in order."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mlbuild.diagnostics import Failure, Unusable, Unwritable
from mlbuild.engine.code.versions import Code
from mlbuild.engine.decide.files import Digests
from mlbuild.engine.decide.looks import Looks
from mlbuild.engine.decide.records import Action
from mlbuild.engine.decide.stale import (
    Blocked,
    Decision,
    FailedBefore,
    Fresh,
    Restorable,
    Stale,
    Unsure,
    World,
    decide,
    failures_behind,
)
from mlbuild.engine.execution.dispatch import Attempt, Dispatch
from mlbuild.engine.execution.events import (
    BuildFinished,
    BuildResult,
    BuildStarted,
    Event,
    Listener,
    TaskBlocked,
    TaskDone,
    TaskPrinted,
    TaskProgress,
    TaskRestored,
    TaskReused,
    TaskStarted,
    ignore,
)
from mlbuild.engine.execution.executor import Executor, InProcess, Outcome
from mlbuild.engine.execution.ledger import Ledger
from mlbuild.engine.execution.order import Extent, extent_of
from mlbuild.engine.execution.perform import cannot_start, conclude, disagreement, remember
from mlbuild.engine.execution.schedule import Schedule, Urgency
from mlbuild.engine.exporting.export import check_place, export, recover
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.store.store import Store
from mlbuild.progress import Progress


def build(
    plan: Plan,
    store: Store,
    root: Path,
    targets: Collection[str] | None = None,
    *,
    force: bool = False,
    keep_going: bool = False,
    twice: bool = False,
    executor: Executor | None = None,
    looks: Looks | None = None,
    events: Listener = ignore,
) -> BuildResult:
    """Bring the tasks `targets` (None: all) and everything that they need up to date.

    `force` runs the targets, and the tasks between them, in any case; other tasks that they need are not forced. If
    a task fails, tasks of the same or a lower rank that do not depend on it still run, and those of a higher rank
    do not start. With `keep_going`, only tasks that depend on it do not start. Tasks run in `executor` (None: one
    by one in this process), which the caller closes. `looks` says when tasks look outside (None: when it is due). With
    `twice`, every task that runs does so twice, to compare.

    Raises:
        Rejected: Tasks depend on each other in a circle.
        Unwritable: The store cannot be written, except for the results of a task, which is a failure of the task.
        Or an exported
            folder must not be replaced; then nothing has run.
    """
    world = World(
        store, Digests(store.local, root), root, Code(store.local, plan.policy), looks=looks or Looks()
    )
    extent = extent_of(plan, targets, force, keep_going)
    executor = executor or InProcess(store.contents, root)
    urgency = Urgency(plan, extent, store.local, timed=executor.slots > 1)
    dispatch = Dispatch(executor, urgency, twice)
    try:
        return _Build(plan, world, extent, dispatch, urgency, Ledger(events)).run()
    finally:
        with suppress(Unwritable):  # they only save time
            world.outside.save()
            world.code.save()
            urgency.save()


class _Build:
    """One build. It repeats passes over the tasks until a whole pass has found no damaged content in the store.

    A damaged content is dropped when it is about to be read. The next pass then finds that its producer is stale.
    Each content is verified once, and what this build has stored counts as verified, so the number of passes is
    limited. If a content is damaged again after it was dropped, as on a broken disk, the build ends.
    """

    def __init__(
        self,
        plan: Plan,
        world: World,
        extent: Extent,
        dispatch: Dispatch,
        urgency: Urgency,
        ledger: Ledger,
    ) -> None:
        self._plan, self._world, self._extent = plan, world, extent
        self._dispatch, self._urgency, self._ledger = dispatch, urgency, ledger
        self._schedule = Schedule(plan, extent, ())
        self._name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
        self._verified: set[str] = set()
        self._dropped: set[str] = set()
        self._blocked: dict[str, tuple[str, ...]] = {}
        self._damaged = False

    def run(self) -> BuildResult:
        started = time.perf_counter()
        self._ledger.tell(BuildStarted(self._name, len(self._extent.ranks)))
        self._world.store.local.sweep()
        for name in self._extent.ranks:
            check_place(self._plan.tasks[name], self._world.store.local, self._world.root)
            recover(self._plan.tasks[name], self._world.store.local, self._world.root)
        while not self._pass():
            pass
        result = self._ledger.result(self._name, time.perf_counter() - started, self._extent.ranks)
        self._ledger.tell(BuildFinished(result))
        return result

    def _pass(self) -> bool:
        """Settle each task. When nothing is running any more, return False if a damaged content was found."""
        self._ledger.begin()
        self._dispatch.clear()
        self._damaged = False
        self._schedule = Schedule(self._plan, self._extent, self._ledger.failures)
        while True:
            for name in self._schedule.ready():
                if not self._damaged:
                    self._carry_out(self._plan.tasks[name])
            if not self._damaged and (attempt := self._dispatch.next()):
                self._start(attempt)  # this can settle it immediately, so that others become ready
            elif self._dispatch.busy:
                for ended, outcome in self._dispatch.ended(self._heard):
                    self._conclude(ended, outcome)
            else:
                return not self._damaged

    def _decide(self, task: Task) -> Decision:
        if stopped := self._extent.stopped(task.name, self._ledger.failures):
            return Blocked(stopped)
        forced = task.name in self._extent.forced and not self._ledger.ran(task.name)
        return decide(task, self._ledger.done, self._world, forced=forced)

    def _carry_out(self, task: Task) -> None:
        match self._decide(task):
            case Fresh(ingredients, action):
                if self._intact(action.digests[part] for part in task.reported):
                    remember(task, ingredients, action, self._world)
                    self._settle(task, action, "reused", TaskReused(task.name, action.build, ingredients.key))
            case Restorable(ingredients, action, reasons):
                if self._intact(action.digests.values()):
                    remember(task, ingredients, action, self._world)
                    if self._exported(task, action, ingredients.key):
                        self._settle(
                            task, action, "restored", TaskRestored(task.name, reasons, ingredients.key)
                        )
            case Stale() as decision:
                self._dispatch.add(self._world.looks.timed(task), decision)
            case FailedBefore(ingredients, action, failure):
                remember(task, ingredients, action, self._world)
                self._fail(task, failure, ingredients.key, action.build)
            case Blocked(by):
                self._blocked[task.name] = failures_behind(by, self._blocked)
                self._settle(task, None, "blocked", TaskBlocked(task.name, self._blocked[task.name]))
            case Unsure(waiting):
                raise AssertionError(f"'{task.name}' came before '{waiting[0]}', which it reads")

    def _start(self, attempt: Attempt) -> None:
        """Run a task, after checking that everything that it reads is intact."""
        task, found = attempt.task, attempt.decision.ingredients
        if not self._intact(
            digest for slot in attempt.decision.inputs.values() for _, digest in slot if digest
        ):
            return
        self._ledger.tell(TaskStarted(task.name, attempt.decision.reasons))
        if failure := cannot_start(attempt.decision):
            self._release(attempt)
            self._fail(task, failure, found.key)
        else:
            self._dispatch.start(attempt)

    def _conclude(self, attempt: Attempt, outcome: Outcome) -> None:
        """Record the outcome of a task, unless an earlier result for its key counts and is damaged."""
        task = attempt.task
        self._release(attempt)
        if outcome.printed:
            self._ledger.tell(TaskPrinted(task.name, outcome.printed))
        if attempt.first:
            again, outcome = outcome, attempt.first
            differing = disagreement(outcome, again)
            if differing is not None:
                self._ledger.differ(task.name, differing)
        key = attempt.decision.ingredients.key
        try:
            performed = conclude(task, attempt.decision, outcome, self._world, self._name)
        except Unwritable as error:
            self._fail(task, Failure("store", str(error)), key)
            return
        if performed.conflict is not None:
            self._ledger.differ(task.name, performed.conflict)
        self._urgency.note(task.name, performed.seconds)
        key = performed.key
        if performed.failure:
            self._fail(task, performed.failure, key)
            return
        action = performed.action
        assert action is not None
        # What was just stored is not read back, even if an earlier result with the same contents is used.
        self._verified.update(part.digest for part in outcome.given.values())
        if self._intact(action.digests.values()) and self._exported(task, action, key):
            reasons = attempt.decision.reasons
            event = TaskDone(task.name, performed.seconds, reasons, outcome.peak, key)
            self._settle(task, action, "ran", event)

    def _heard(self, task: str, progress: Progress) -> None:
        self._ledger.tell(TaskProgress(task, progress))

    def _release(self, attempt: Attempt) -> None:
        """Decide again about tasks that waited for one with the same key."""
        for name in self._dispatch.release(attempt):
            self._schedule.again(name)

    def _exported(self, task: Task, action: Action, key: str) -> bool:
        """Write the exported folder, if there is one. If this is not possible, the task has failed."""
        if task.exports is None:
            return True
        try:
            export(task, action, self._world.store, self._world.root, self._name)
        except Unwritable as error:
            self._fail(task, Failure("store", str(error), {"folder": task.exports}), key)
            return False
        return True

    def _intact(self, digests: Iterable[str]) -> bool:
        """Whether stored contents are unchanged. All are checked, so that one pass finds all damage."""
        unknown = [digest for digest in dict.fromkeys(digests) if digest not in self._verified]
        intact = [digest for digest in unknown if self._world.store.contents.verify(digest)]
        self._verified.update(intact)
        damaged = {*unknown} - {*intact}
        for digest in damaged & self._dropped:
            raise Unusable(
                str(self._world.store.contents.path(digest)),
                "it is damaged again after a repair",
                "remove it",
            )
        self._dropped |= damaged
        self._damaged = self._damaged or len(intact) < len(unknown)
        return len(intact) == len(unknown)

    def _settle(self, task: Task, action: Action | None, outcome: str, event: Event) -> None:
        self._ledger.settle(task.name, action, outcome, event)
        self._schedule.settle(task.name)

    def _fail(self, task: Task, failure: Failure, key: str, remembered: str | None = None) -> None:
        self._ledger.fail(task.name, failure, key, remembered)
        self._schedule.settle(task.name)
