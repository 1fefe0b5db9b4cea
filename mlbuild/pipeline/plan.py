"""Compiles a checked spec into the plan: which tasks exist, what each reads, and what determines its result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlbuild.engine.code.policy import Policy, Prose
from mlbuild.engine.graph import Plan, Task
from mlbuild.pipeline.scope import ModelScope, OutputScope, Scope
from mlbuild.pipeline.tasks import (
    artifact,
    bin,
    dataset,
    describe,
    evaluate,
    features,
    fetch,
    fit,
    predict,
    publish,
    source,
    target,
    threshold,
    train,
    verify,
)
from mlbuild.pipeline.tasks.contracts import clock, contract
from mlbuild.pipeline.tasks.cross_validation import cross_validate, fold, folds
from mlbuild.pipeline.tasks.explanations import importance
from mlbuild.pipeline.tasks.monitoring import drift, examples, profile
from mlbuild.pipeline.tasks.reports import report
from mlbuild.pipeline.tasks.trials import select, suggest, trial, validated
from mlbuild.pipeline.tasks.verdicts import baseline, compare, gate, latency, test
from mlbuild.spec.spec import Spec

#: Facts about the code of tasks that cannot be derived from the code.
POLICY = Policy(
    # A task depends on the classes that its parameters name, not on the lists of all classes.
    catalogues=frozenset(
        {
            "mlbuild.data.DATASET_STEPS",
            "mlbuild.data.FOLDS",
            "mlbuild.data.SPLITS",
            "mlbuild.data.databases.DATABASES",
            "mlbuild.data.servers.SERVERS",
            "mlbuild.data.formats.FORMATS",
            "mlbuild.data.rules.RULES",
            "mlbuild.data.rules.TABLE_RULES",
            "mlbuild.models.LEARNERS",
            "mlbuild.models.ANSWERS",
            "mlbuild.models.metrics.METRICS",
            "mlbuild.models.searches.dimensions.DIMENSIONS",
            "mlbuild.models.searches.SEARCHES",
            "mlbuild.models.thresholds.THRESHOLDS",
            "mlbuild.ops.OPS",
            "mlbuild.verdicts.baselines.BASELINES",
            "mlbuild.verdicts.gates.GATES",
            "mlbuild.verdicts.tests.TESTS",
        }
    ),
    # Methods of these classes for the schema, for messages or for other tasks count only if something names them.
    families=frozenset(
        {
            "mlbuild.diagnostics.Problem",
            "mlbuild.kinds.Kind",
            "mlbuild.models.metrics.metric.Metric",
            "mlbuild.data.databases.database.Database",
            "mlbuild.data.locators.remote.Remote",
            "mlbuild.params.Described",
            "mlbuild.params.Param",
        }
    ),
    # The first looks up the name of a class under the attribute that the family defines; the others look up fields.
    lookups=frozenset(
        {
            "mlbuild.params.Described.__init_subclass__",
            "mlbuild.frozen.frozen",
            "mlbuild.frozen._compared",
            "mlbuild.frozen._represented",
        }
    ),
    compilers=frozenset({"mlbuild.frozen._compiled"}),
    prose=(
        Prose("mlbuild.params.field", "doc", 1, read_as="doc"),
        Prose("mlbuild.params.field", "examples", None, read_as="examples"),
        Prose("mlbuild.kinds.Choice", "options", 0, read_as="docs"),
        Prose("mlbuild.params.Choice", "options", 0, read_as="docs"),
    ),
    wrappers=(("mlbuild.frozen.frozen", "dataclasses.dataclass"),),
)

#: The kinds of tasks of each section, by its key and in the order of data flow. `plan` of a kind gets the scope of a
#: definition and yields its tasks.
TASKS: Mapping[str, tuple[Any, ...]] = {
    "sources": (fetch, source, clock, contract, describe),
    "datasets": (dataset, folds, describe, drift),
    "models": (
        target,
        fit,
        features,
        bin,
        train,
        suggest,
        trial,
        validated,
        select,
        predict,
        threshold,
        evaluate,
        fold,
        cross_validate,
    ),
    "outputs": (artifact, verify, profile, examples, importance, test, baseline, compare, latency, gate),
}
#: The kinds of tasks of outputs that are planned last, because they read what all others ship.
LAST = (report, publish)


def make_plan(spec: Spec, out: Path | None = None) -> Plan:
    """Return all tasks of a project. No data is read. `publish.place_of` decides where outputs are published.

    Raises:
        Unusable: `out` is in the store.
    """
    place = publish.place_of(spec, out)
    models = {name: ModelScope(spec, item) for name, item in spec.models.items()}
    outputs = {
        name: OutputScope(spec, item, models[item.model], place) for name, item in spec.outputs.items()
    }
    special: Mapping[str, Mapping[str, Scope[Any]]] = {"models": models, "outputs": outputs}
    tasks: list[Task] = []
    for section, kinds in TASKS.items():
        scopes = special.get(section) or {name: Scope(spec, one) for name, one in spec.of(section).items()}
        tasks += [task for scope in scopes.values() for kind in kinds for task in kind.plan(scope)]
    tasks += [task for scope in outputs.values() for kind in LAST for task in kind.plan(scope)]
    return Plan({task.name: task for task in tasks}, POLICY)
