"""The models and outputs that cannot be built because a table failed."""

from __future__ import annotations

from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.targets import with_descendants
from mlbuild.hints import listed
from mlbuild.shown import told


def affected(plan: Plan, task: str) -> dict[str, list[str]]:
    """Return the labels of the tasks that depend on a task without labels, by their kind: `{"model": ["late"]}`.

    If a task has labels, they tell what it belongs to, and little else depends on it.
    """
    found: dict[str, list[str]] = {}
    if plan.tasks[task].labels:
        return found
    reached = with_descendants(plan, [task])
    labels = dict.fromkeys(
        label for name in plan.tasks if name in reached for label in plan.tasks[name].labels
    )
    for label in labels:
        kind, _, name = label.partition(":")
        found.setdefault(kind, []).append(name)
    return found


def affected_lines(plan: Plan, task: str) -> list[str]:
    """Return a line such as `affects models a, b and output c`; none if nothing depends on the task."""
    found = [
        f"{kind}{'s' if len(names) > 1 else ''} {listed(names)}"
        for kind, names in affected(plan, task).items()
    ]
    return [told(f"affects {' and '.join(found)}")] if found else []


def affected_json(plan: Plan, task: str) -> dict[str, list[str]]:
    return {f"{kind}s": names for kind, names in affected(plan, task).items()}
