"""The models and outputs that cannot be built because a table failed."""

from __future__ import annotations

from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.targets import with_descendants
from mlbuild.hints import listed
from mlbuild.shown import told


def affected(plan: Plan, task: str) -> dict[str, list[str]]:
    """Return the names of the models and outputs that depend on a task, by kind and in the order of the plan.

    Nothing depends on a task of a model or an output but this model and its outputs, which its name tells.
    """
    found: dict[str, list[str]] = {"model": [], "output": []}
    if plan.tasks[task].labels:
        return found
    reached = with_descendants(plan, [task])
    labels = dict.fromkeys(
        label for name in plan.tasks if name in reached for label in plan.tasks[name].labels
    )
    for label in labels:
        kind, _, name = label.partition(":")
        found[kind].append(name)
    return found


def affected_lines(plan: Plan, task: str) -> list[str]:
    """Return a line such as `affects models a, b and output c`; none if nothing depends on the task."""
    found = [
        f"{kind}{'s' if len(names) > 1 else ''} {listed(names)}"
        for kind, names in affected(plan, task).items()
        if names
    ]
    return [told(f"affects {' and '.join(found)}")] if found else []


def affected_json(plan: Plan, task: str) -> dict[str, list[str]]:
    return {f"{kind}s": names for kind, names in affected(plan, task).items()}
