"""What the spec says about an output, for its report: no values of data, no places, and no secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlbuild.diagnostics import FOUND_IN_BUILDS
from mlbuild.expressions.tree import columns_of
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.params import Json, write
from mlbuild.pipeline.private import private_in
from mlbuild.pipeline.scope import OutputScope
from mlbuild.spec.meaning.levels import level_of
from mlbuild.spec.spec import Spec, TrialsSpec


def about(scope: OutputScope) -> Json:
    """Return what a report says that no other task has computed."""
    spec, model = scope.spec, scope.model.item
    return {
        "output": scope.item.name,
        "project": spec.project,
        "description": spec.description,
        "model": model.name,
        "type": model.learner.type,
        "answer": type(model.target.answer).kind,
        "dataset": model.dataset,
        "target": model.target.column,
        "best": {metric.label: metric.best for metric in model.metrics if metric.best is not None},
        "beyond_constants": [metric.label for metric in model.metrics if metric.is_beyond_constants],
        "roles": [[name, role] for name, role in _roles(scope)],
        "lineage": _lineage(scope),
        "graph": _graph(scope),
        "spec": _made(scope),
        "tests": {
            name: test.test.discriminator[1]
            for name, test in spec.tests.items()
            if test.output == scope.item.name and test.test.discriminator
        },
        "private": private_in(spec, model.dataset),
        "silenced": [code for code in FOUND_IN_BUILDS if level_of(code, spec.document.value) == "ignore"],
    }


def _roles(scope: OutputScope) -> Iterator[tuple[str, str]]:
    """Yield the columns of the dataset that the model uses, and what for."""
    model, table = scope.model.item, scope.model.dataset.table
    sent = {one.name for one in scope.item.serving.inputs}
    yield model.target.column, "target"
    for name in model.features:
        yield name, "feature" if name in sent else "derived feature"
    named = {model.target.column, *model.features}
    yield from ((name, "input") for name in sorted(sent & table.columns.keys() - named))
    sliced = {name for one in model.slices for name in one.infer(table)}
    cluster = {*(scope.model.dataset.cluster.column if scope.model.dataset.cluster else ())}
    for use, names in (("slice", sliced), ("cluster", cluster - sliced)):
        yield from ((name, use) for name in sorted(names - named - sent))


def _lineage(scope: OutputScope) -> dict[str, list[str]]:
    """Return the inputs that each feature is computed from."""
    serving = scope.item.serving
    raw: dict[str, set[str]] = {one.name: {one.name} for one in serving.inputs}
    for key, tree in serving.derived.items():
        raw[key] = set().union(*(raw[name] for name, _ in columns_of(tree)))
    return {name: sorted(raw[serving.values[name]]) for name in scope.model.item.features}


def _graph(scope: OutputScope) -> Json:
    """Return the definitions that the output is made from, and which is made from which."""
    nodes: dict[str, str] = {}
    edges: list[list[str]] = []

    def follow(name: str) -> str:
        kind = "source" if name in scope.spec.sources else "dataset"
        called = f"{kind} {name}"
        if called not in nodes:
            nodes[called] = kind
            edges.extend([follow(one), called] for one in _tables(scope.spec, name))
        return called

    model, output = f"model {scope.model.item.name}", f"output {scope.item.name}"
    edges.append([follow(scope.model.item.dataset), model])
    edges.append([model, output])
    nodes[model], nodes[output] = "model", "output"
    return {"nodes": nodes, "edges": sorted(edges)}


def _tables(spec: Spec, name: str) -> list[str]:
    """Return the tables that a dataset reads."""
    item = spec.datasets.get(name)
    if item is None:
        return []
    parts = [str(one) for (one,) in (item.split.tables().values() if item.split else ())]
    return [*dict.fromkeys([item.source, *parts, *(one for stage in item.stages for one in stage.others)])]


def sources_of(spec: Spec, dataset: str) -> list[str]:
    """Return the sources that a dataset is made from, also through other datasets."""
    found: dict[str, None] = {}
    waiting = [dataset]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in spec.sources:
            found[name] = None
        elif name not in seen:
            seen.add(name)
            waiting += reversed(_tables(spec, name))
    return [*found]


def _made(scope: OutputScope) -> Json:
    """Return the parts of the spec that make the output, with all defaults. What means the same is the same."""
    model, dataset = scope.model.item, scope.model.dataset
    rows = {
        "from": dataset.source,
        "steps": dataset.canonical_steps,
        "split": None if dataset.split is None else dataset.split.canonical(),
        "cluster": None if dataset.cluster is None else write(dataset.cluster),
    }
    learned = {
        **scope.model.fixed,
        **_trials(scope),
        "features": [*model.features],
        "preprocessing": scope.model.steps,
        "target": write(model.target.answer),
        "threshold": None if model.threshold is None else write(model.threshold),
        "early_stopping": scope.model.stopping,
        "seed": model.seed,
    }
    return {"datasets": {dataset.name: _given(rows)}, "models": {model.name: _given(learned)}}


def _trials(scope: OutputScope) -> Json:
    """Return what the parameters are chosen from, and how."""
    trials = scope.model.item.trials
    if trials is None:
        return {}
    metric = METRIC_KIND.canonical(trials.metric)
    if trials.search is not None:
        return {"search": write(trials.search) | {"metric": metric}}
    first, models = trials.groups[0], scope.spec.models
    matrix: Json = {"params": {key: _values(trials, key) for key in first.settings}}
    if ("seed",) in models[first.models[0]].places:
        matrix["seed"] = [models[name].seed for name in first.models]
    return {"matrix": matrix, "choose": {"metric": metric, "on": trials.on}}


def _values(trials: TrialsSpec, key: str) -> list[Any]:
    """Return the values of a parameter in the combinations of a matrix. They need not be hashable."""
    values: list[Any] = []
    for one in trials.groups:
        if one.settings[key] not in values:
            values.append(one.settings[key])
    return values


def _given(told: Json) -> Json:
    return {key: value for key, value in told.items() if value is not None}
