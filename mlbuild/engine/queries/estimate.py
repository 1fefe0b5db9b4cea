"""Estimates how long a build will take, from the last run of each task."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.engine.decide.stale import Decision, Unsure, surely_runs
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.critical_path import CriticalPath, critical_path, known_times
from mlbuild.engine.store.local import Local
from mlbuild.frozen import frozen


@frozen
class Estimate:
    """The work of a build in seconds: `least` if only the tasks run that must, `most` if all run that may.

    `times` are the known times of the tasks that will or may run, and `unknown` is the number of those without a
    known time. `path` is the critical path of all of them.
    """

    times: Mapping[str, float]
    least: float
    most: float
    unknown: int
    path: CriticalPath


def estimate(plan: Plan, decisions: Mapping[str, Decision], local: Local) -> Estimate:
    """Estimate a build with these decisions, given for each task in order."""
    known = known_times(local)
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
