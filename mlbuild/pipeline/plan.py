"""Compiles a checked spec into the plan: which tasks exist, what each reads, and what determines its result."""

from __future__ import annotations

from pathlib import Path

from mlbuild.engine.code.policy import Policy, Prose
from mlbuild.engine.graph import Plan, Task
from mlbuild.pipeline.scope import ModelScope, OutputScope, Scope
from mlbuild.pipeline.tasks import (
    artifact,
    bin,
    contract,
    dataset,
    evaluate,
    features,
    fit,
    predict,
    publish,
    source,
    target,
    train,
    verify,
)
from mlbuild.spec.spec import Spec

#: Facts about the code of tasks that cannot be derived from the code.
POLICY = Policy(
    # A task depends on the classes that its parameters name, not on the lists of all classes.
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
    # Methods of these classes for the schema, for messages or for other tasks count only if something names them.
    families=frozenset(
        {
            "mlbuild.diagnostics.Problem",
            "mlbuild.kinds.Kind",
            "mlbuild.models.metrics.Metric",
            "mlbuild.params.Described",
            "mlbuild.params.Param",
        }
    ),
    # It looks up the name of a class under the attribute that the family defines.
    lookups=frozenset({"mlbuild.params.Described.__init_subclass__"}),
    prose=(
        Prose("mlbuild.params.field", "doc", 1, read_as="doc"),
        Prose("mlbuild.params.field", "examples", None, read_as="examples"),
        Prose("mlbuild.kinds.Choice", "options", 0, read_as="docs"),
        Prose("mlbuild.params.Choice", "options", 0, read_as="docs"),
        Prose("mlbuild.models.metrics.Metric", "doc", 1, read_as="doc"),
    ),
)

#: The kinds of tasks of each section. `plan` gets the scope of a definition and yields its tasks.
SOURCE_TASKS = (source, contract)
DATASET_TASKS = (dataset,)
MODEL_TASKS = (target, fit, features, bin, train, predict, evaluate)
#: `publish` comes last, because it reads what the others ship.
OUTPUT_TASKS = (artifact, verify, publish)


def make_plan(spec: Spec, out: Path | None = None) -> Plan:
    """Return all tasks of a project. No data is read. `publish.place_of` decides where outputs are published.

    Raises:
        Unusable: `out` is in the store.
    """
    place = publish.place_of(spec, out)
    models = {name: ModelScope(spec, item) for name, item in spec.models.items()}
    tasks: list[Task] = []
    for one in spec.sources.values():
        tasks += [task for kind in SOURCE_TASKS for task in kind.plan(Scope(spec, one))]
    for two in spec.datasets.values():
        tasks += [task for kind in DATASET_TASKS for task in kind.plan(Scope(spec, two))]
    for model in models.values():
        tasks += [task for kind in MODEL_TASKS for task in kind.plan(model)]
    for output in spec.outputs.values():
        scope = OutputScope(spec, output, models[output.model], place)
        tasks += [task for kind in OUTPUT_TASKS for task in kind.plan(scope)]
    return Plan({task.name: task for task in tasks}, POLICY)
