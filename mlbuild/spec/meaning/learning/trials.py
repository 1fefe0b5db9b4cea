"""Reads and checks the settings that a model is trained with: the items of a matrix, and searches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from itertools import product
from typing import Any

from mlbuild.columns import text_of
from mlbuild.data.locators.missing import not_installed
from mlbuild.diagnostics import Path, Problem
from mlbuild.hints import listed
from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from mlbuild.models.metrics.metric import Metric
from mlbuild.params import read
from mlbuild.spec.language import Model
from mlbuild.spec.meaning.contradictions import contradictions
from mlbuild.spec.meaning.definitions import DefinedModel, Item
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.learning.training import TrainingCheck
from mlbuild.spec.spec import CombinationSpec, DatasetSpec, TrialsSpec
from mlbuild.spec.trials import MARK, family, items_of

#: A value of a parameter that can be part of a name.
_PLAIN = re.compile(r"[A-Za-z0-9_.+-]{1,40}")


def read_items(model: Model, at: Path, findings: Findings) -> tuple[Item, ...]:
    """Return the items of the matrix in order: the last parameter varies fastest, and then the seed."""
    if model.matrix is None:
        return ()
    params, place = model.matrix.lists, (*at, "matrix", "params")
    names = {key: _names(values) for key, values in params.items()}
    found = []
    for indexes in product(*(range(len(values)) for values in params.values())):
        chosen = dict(zip(params, indexes, strict=True))
        settings = {key: params[key][index] for key, index in chosen.items()}
        places: dict[Path, Path] = {("params", key): (*place, key, index) for key, index in chosen.items()}
        learner = read_learner(model, settings, places, at, findings)
        label = ",".join(f"{key}={names[key][index]}" for key, index in chosen.items())
        for number, seed in enumerate(model.matrix.seeds):
            own: dict[Path, Path] = {**places, ("seed",): (*at, "matrix", "seed", number)}
            whole = f"{label},seed={seed}" if label else f"seed={seed}"
            found.append(Item(whole, label, learner, seed, settings, own))
        if not model.matrix.seeds:
            found.append(Item(label, label, learner, model.seed, settings, places))
    return tuple(found)


def read_corners(model: Model, at: Path, findings: Findings) -> Learner | None:
    """Return the learner with the first values of a search space. It is also checked with the last ones."""
    assert model.search is not None
    place = (*at, "search", "space", "params")
    ends = {key: [*one.ends().items()] for key, one in model.search.dimensions.items()}
    learner = None
    for which in (-1, 0):
        settings = {key: values[which][1] for key, values in ends.items()}
        places: dict[Path, Path] = {("params", key): (*place, key, *ends[key][which][0]) for key in ends}
        learner = read_learner(model, settings, places, at, findings)
    return learner


def read_learner(
    model: Model, settings: Mapping[str, Any], places: Mapping[Path, Path], at: Path, findings: Findings
) -> Learner | None:
    """Return the learner with some settings besides its `params`; None if they contradict each other.

    `places` are where the settings are written.
    """
    learner: Learner = read(LEARNERS.named(model.type), {**model.params, **settings})
    problems = []
    for one in contradictions(learner, ("params",)):
        start = places.get(one.at[:2])
        problems.append(replace(one, at=(*at, *one.at) if start is None else (*start, *one.at[2:])))
    return learner if findings.extend(problems) else None


def check_together(model: Model, at: Path) -> Iterator[Problem]:
    """Yield the problem of keys that do not fit together."""
    if model.search is not None and model.matrix is not None:
        message = "a model cannot have both 'matrix' and 'search'"
        yield Problem("contradiction", message, (*at, "search"), "remove one of them", on="key")
    if model.choose is not None and model.matrix is None:
        message = "'choose' has no effect without a 'matrix'"
        yield Problem("no-effect", message, (*at, "choose"), "remove it, or add a 'matrix'", on="key")
    if model.choose is not None and model.matrix is not None and not model.matrix.lists:
        message = (
            "'choose' has no effect: the matrix varies only the seed, and no seed is better than another"
        )
        yield Problem(
            "no-effect",
            message,
            (*at, "choose"),
            "remove it, and name one of the models in outputs",
            on="key",
        )
    for key, chooses in (("choose", model.choose), ("search", model.search)):
        if chooses is not None and chooses.on == "folds" and not model.cross_validation:
            message = "'on: folds' needs 'cross_validation: true'"
            yield Problem("contradiction", message, (*at, key, "on"), "add it to the model")
    varied = (
        (("matrix", "params"), model.matrix.lists if model.matrix else {}),
        (("search", "space", "params"), model.search.dimensions if model.search else {}),
    )
    for place, params in varied:
        for key in params:
            if key in model.params:
                message = f"'{key}' is set in 'params' as well as varied here"
                yield Problem("contradiction", message, (*at, *place, key), "remove one of them", on="key")
    if model.seed is not None and model.matrix is not None and model.matrix.seeds:
        message = "'seed' is set for the model as well as varied here"
        yield Problem("contradiction", message, (*at, "matrix", "seed"), "remove one of them", on="key")


def trials_of(
    name: str, defined: DefinedModel, training: TrainingCheck, dataset: DatasetSpec | None
) -> TrialsSpec | None:
    """Return how the model is chosen; None if it is not. Problems are added to the findings of `training`."""
    model, at = defined.model, training.at
    if model.search is not None:
        metric = _metric(model.search.metric, training, dataset, (*at, "search", "metric"))
        if model.search.on == "valid":
            training.needs_valid("the search chooses on", dataset, (*at, "search"))
        library = model.search.library
        if library is not None and find_spec(library) is None:
            problem = not_installed(
                f"search '{model.search.type}'", [library], model.search.extra, (*at, "search", "type")
            )
            training.findings.add(problem)
        return TrialsSpec(metric, model.search.on, (), model.search)
    if model.choose is None:
        return None
    metric = _metric(model.choose.metric, training, dataset, (*at, "choose", "metric"))
    if model.choose.on == "valid":
        training.needs_valid("the best combination is chosen on", dataset, (*at, "choose"))
    if model.choose.on == "folds" and metric not in (model.metrics or training.default_metrics()):
        message = f"metric '{metric.label}' is not computed on folds: it is not one of the model's 'metrics'"
        training.findings.add(Problem("contradiction", message, (*at, "choose", "metric")))
    seeds = max(len(model.matrix.seeds), 1) if model.matrix else 1
    groups = (defined.items[start : start + seeds] for start in range(0, len(defined.items), seeds))
    combinations = tuple(
        CombinationSpec(
            group[0].combination, group[0].settings, tuple(f"{name}{MARK}{one.label}" for one in group)
        )
        for group in groups
    )
    return TrialsSpec(metric, model.choose.on, combinations, None)


def model_named(name: str, models: Mapping[str, object], at: Path, findings: Findings) -> str | None:
    """Return which model a name at `at` means. The name of a matrix is not a model, unless one item is chosen."""
    items = items_of(name, models)
    if name not in models and family(name) in models and models[family(name)] is None:
        return None  # the model has mistakes, so its items are not known
    if name in models or not items:
        return findings.named("unknown-model", name, models, "model", at)
    message = f"'{name}' is {len(items)} models, one for each combination of its matrix"
    help_ = f"name one of them, or add 'choose' to it: {listed(items)}"
    findings.add(Problem("unknown-model", message, at, help_))
    return None


def _metric(named: Metric | None, training: TrainingCheck, dataset: DatasetSpec | None, at: Path) -> Metric:
    """Return the metric that chooses: the named one, or else the first of the model."""
    if named is None:
        metric = (training.model.metrics or training.default_metrics())[0]
        at = at[:-1]
    elif training.check_metric(named, dataset, at):
        metric = named
    else:
        return named
    if metric.best is None:
        message = f"metric '{metric.label}' cannot choose: none of its values is the best one"
        training.findings.add(Problem("metric-mismatch", message, at, "set another 'metric'"))
    return metric


def _names(values: Sequence[Any]) -> list[str]:
    """Return the values as they appear in names: as text, or by their number if that is not plain."""
    texts = [text_of(value) if isinstance(value, (str, bool, int, float)) else "" for value in values]
    plain = len({*texts}) == len(texts) and all(_PLAIN.fullmatch(text) for text in texts)
    return texts if plain else [str(number) for number in range(1, len(values) + 1)]
