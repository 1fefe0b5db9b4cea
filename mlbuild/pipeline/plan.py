"""Compiles a checked spec into the plan: which tasks there are, what each reads, and what decides its result."""

from __future__ import annotations

from mlbuild.engine.graph import Plan, Task
from mlbuild.pipeline.plan_models import ModelTasks
from mlbuild.pipeline.plan_outputs import output_tasks
from mlbuild.pipeline.plan_tables import dataset_tasks, source_tasks
from mlbuild.spec.spec import Spec

#: Packages that import all of their classes: a task depends on those that its parameters name, not on the list.
CATALOGUES = frozenset(
    {"mlbuild.data", "mlbuild.data.formats", "mlbuild.ops", "mlbuild.models", "mlbuild.models.answers"}
)


def make_plan(spec: Spec) -> Plan:
    """All tasks of a project. No data is read."""
    tasks: list[Task] = []
    for source in spec.sources.values():
        tasks += source_tasks(spec, source)
    for dataset in spec.datasets.values():
        tasks += dataset_tasks(spec, dataset)
    for model in spec.models.values():
        tasks += ModelTasks(spec, model).tasks()
    for output in spec.outputs.values():
        tasks += output_tasks(spec, output)
    return Plan({task.name: task for task in tasks})
