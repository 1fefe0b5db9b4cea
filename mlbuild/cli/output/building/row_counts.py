"""The number of rows before and after each step of a dataset, for `build -v`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import DiskStore
from mlbuild.pipeline.tasks import dataset


def row_counts(plan: Plan, result: BuildResult, store: DiskStore) -> Iterator[str]:
    """Yield a line for each dataset with steps, and one for each of its steps."""
    for name, action in result.actions.items():
        content = None
        if plan.tasks[name].kind == dataset.KIND:
            content = store.contents.get(action.digests[dataset.REPORT])
        steps = json.loads(content)["steps"] if content else []
        if steps:
            yield f"{name} starts with {steps[0]['rows_before']:,} rows"
        for step in steps:
            matched = f", {step['matched']:,} matched" if "matched" in step else ""
            yield f"  {step['op']:<12} {step['rows_before']:>12,} -> {step['rows_after']:,}{matched}"
