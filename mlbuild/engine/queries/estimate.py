"""How long a build will take, by how long its tasks took when they last ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlbuild.engine.decide.stale import Decision, Unsure, surely_runs
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.critical_path import CriticalPath, critical_path, known_times
from mlbuild.engine.store.store import Store


@dataclass(frozen=True)
class Estimate:
    """Seconds of work that a build has: `least` where no task runs that may not, `most` where all of them do.

    `times` are those of the tasks that run or may, as far as they are known, which they are not of `unknown` tasks;
    `path` is the critical path of all of them.
    """

    times: Mapping[str, float]
    least: float
    most: float
    unknown: int
    path: CriticalPath


def estimate(plan: Plan, decisions: Mapping[str, Decision], store: Store) -> Estimate:
    """What a build will take that decides so, about each task in its order."""
    known = known_times(store)
    sure = [name for name, decision in decisions.items() if surely_runs(decision)]
    unsure = [
        name
        for name, decision in decisions.items()
        if isinstance(decision, Unsure) and not surely_runs(decision)
    ]
    times = {name: known[name] for name in (*sure, *unsure) if name in known}
    return Estimate(
        times,
        sum(times.get(name, 0.0) for name in sure),
        sum(times.values()),
        len(sure) + len(unsure) - len(times),
        critical_path(plan, [*decisions], times),
    )
