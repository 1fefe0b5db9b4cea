"""Predicts what a build would decide for each task, without running any."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

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
    World,
    decide,
    failures_behind,
)
from mlbuild.engine.execution.order import extent_of
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.store.store import Store


def foresee(
    plan: Plan,
    store: Store,
    root: Path,
    targets: Collection[str] | None = None,
    *,
    force: bool = False,
    keep_going: bool = False,
    looks: Looks | None = None,
) -> list[tuple[Task, Decision]]:
    """Return what `build` with the same arguments would decide, in its order. Runs and writes nothing.

    Raises:
        Rejected: Tasks depend on each other in a circle.
    """
    world = World(
        store, Digests(store.local, root), root, Code(store.local, plan.policy), looks=looks or Looks()
    )
    extent = extent_of(plan, targets, force, keep_going)
    done: dict[str, Action | None] = {}
    failed: list[str] = []
    blocked: dict[str, tuple[str, ...]] = {}
    found: list[tuple[Task, Decision]] = []
    for name in extent.ranks:
        stopped = extent.stopped(name, failed)
        forced = name in extent.forced
        decision = Blocked(stopped) if stopped else decide(plan.tasks[name], done, world, forced=forced)
        if isinstance(decision, Blocked):
            decision = Blocked(failures_behind(decision.by, blocked))
        found.append((plan.tasks[name], decision))
        match decision:
            case Fresh() | Restorable():
                done[name] = decision.action
            case Blocked(by=by):
                done[name] = None
                blocked[name] = by
            case FailedBefore():
                done[name] = None
                failed.append(name)
            case Stale():
                world.foreseen[decision.ingredients.key] = name
    return found
