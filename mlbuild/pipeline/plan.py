"""Compiles a checked spec into the plan: which tasks there are, what each reads, and what decides its result."""

from __future__ import annotations

from mlbuild.engine.code.policy import Policy, Prose
from mlbuild.engine.graph import Plan, Task
from mlbuild.pipeline.plan_models import ModelTasks
from mlbuild.pipeline.plan_outputs import output_tasks
from mlbuild.pipeline.plan_tables import dataset_tasks, source_tasks
from mlbuild.spec.spec import Spec

#: What is known about the code of tasks.
POLICY = Policy(
    # A task depends on the classes that its parameters name, not on the lists of all.
    catalogues=frozenset(
        {
            "mlbuild.data.DATASET_STEPS",
            "mlbuild.data.SPLITS",
            "mlbuild.data.formats.FORMATS",
            "mlbuild.models.LEARNERS",
            "mlbuild.models.answers.ANSWERS",
            "mlbuild.ops.OPS",
        }
    ),
    # What these classes do for the schema, for messages or for another task does not count where nothing names it.
    families=frozenset(
        {
            "mlbuild.diagnostics.Problem",
            "mlbuild.kinds.Kind",
            "mlbuild.models.metrics.Metric",
            "mlbuild.params.Described",
            "mlbuild.params.Param",
        }
    ),
    # It looks up the name of a class, under the attribute that the family says.
    lookups=frozenset({"mlbuild.params.Described.__init_subclass__"}),
    prose=(
        Prose("mlbuild.params.field", "doc", 1, read_as="doc"),
        Prose("mlbuild.params.field", "examples", None, read_as="examples"),
        Prose("mlbuild.kinds.Choice", "options", 0, read_as="docs"),
        Prose("mlbuild.params.Choice", "options", 0, read_as="docs"),
        Prose("mlbuild.models.metrics.Metric", "doc", 1, read_as="doc"),
    ),
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
    return Plan({task.name: task for task in tasks}, POLICY)
