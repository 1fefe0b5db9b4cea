"""On real rows, every metric has scikit-learn's value and the standard error that resampling shows.

Resampling (the bootstrap of Efron, 1979) knows nothing about influences. It draws rows or clusters again and again, and
computes the value for each draw.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mlbuild.evaluation.intervals import standard_error
from mlbuild.models.metrics.metric import Metric
from tests.budget import examples, seed, tell
from tests.evaluation.real import REAL, Array, Real
from tests.models.metric_laws import Case, definition, samples

SMALL = examples(True, False)
RESAMPLES = examples(100, 2000)
#: The largest accepted relative difference of two standard errors. Of 2,000 resamples, chance alone explains 1.6 %; of
#: 100, it explains 7 %.
ACCEPTED = examples(30, 5) / 100


def suits(metric: Metric, real: Real) -> bool:
    """Whether a metric is one of such answers, and the class that it names is one of theirs."""
    named = getattr(metric, "class_", None) or 0
    return metric.applies(real.answer, real.classes) and named < max(real.classes, 1)


PAIRS = [(metric, name) for name, real in REAL.items() for metric in samples() if suits(metric, real())]


def prepared(metric: Metric, real: Real) -> Metric:
    """Return the metric for a model whose training rows had the same classes as often."""
    return metric.prepared(range(real.classes), real.target)


def seen(metric: Metric, real: Real) -> Array:
    """Return the target as a metric takes it. The rows of a cluster are a group to order."""
    return metric.grouped(real.target, {metric.grouping: real.clusters})


@pytest.mark.parametrize(("metric", "name"), PAIRS, ids=[f"{name}: {metric.label}" for metric, name in PAIRS])
def test_the_value_is_that_of_scikit_learn_and_influences_add_up_to_0(metric: Metric, name: str) -> None:
    real = REAL[name]()
    ready, target = prepared(metric, real), seen(metric, real)
    for scores in (real.one, real.other):
        value = ready.value(target, scores, real.classes)
        wanted = definition(metric, Case(target, scores, real.classes))
        # The definitions of calibration are found by a general minimizer, which is less exact.
        accuracy = 1e-6 if metric.metric.startswith("calibration_") else 1e-12
        assert value is not None and value == pytest.approx(wanted, rel=accuracy, abs=accuracy)
        influence = ready.influence(target, scores)
        if influence is not None:
            assert abs(influence.sum()) <= 1e-12 * abs(influence).sum()


@pytest.mark.parametrize("name", [name for name in REAL if name.startswith("penguins")] if SMALL else REAL)
def test_the_standard_errors_are_those_of_resampling(name: str) -> None:
    """That of a value and of a difference between two models, if rows or clusters are drawn."""
    real, ratios = REAL[name](), {}
    for metric in (metric for metric, of in PAIRS if of == name):
        ready = prepared(metric, real)
        target = seen(metric, real)
        influences = [ready.influence(target, scores) for scores in (real.one, real.other)]
        if influences[0] is None or influences[1] is None:
            continue
        units = {"clusters": real.clusters} if metric.grouping else {"rows": None, "clusters": real.clusters}
        for unit, clusters in units.items():
            values = resampled(ready, real, clusters)
            for what, influence, drawn in (
                ("value", influences[0], values[0]),
                ("difference", influences[1] - influences[0], values[1] - values[0]),
            ):
                error, spread = standard_error(influence, clusters)[0], float(np.std(drawn, ddof=1))
                ratios[f"{what} of {metric.label} by {unit}"] = error / spread if error or spread else 1.0
    ends = sorted(ratios, key=ratios.__getitem__)
    told = ", ".join(f"{ratios[one]:.3f} ({one})" for one in (ends[0], ends[-1]))
    tell(
        f"{name}: {len(ratios)} standard errors as of {RESAMPLES:,} resamples; lowest and highest ratio: {told}"
    )
    assert abs(ratios[ends[0]] - 1) <= ACCEPTED and abs(ratios[ends[-1]] - 1) <= ACCEPTED


def resampled(metric: Metric, real: Real, clusters: Array | None) -> Array:
    """Return the values [2, R] for both models on rows that are drawn again."""
    target = seen(metric, real)
    values = []
    for some, draw in draws(clusters, len(real.target)):
        # A group that is drawn again is another group.
        drawn = np.column_stack([target[some, 0], draw]) if metric.grouping else target[some]
        values.append([metric.value(drawn, scores[some], real.classes) for scores in (real.one, real.other)])
    found: Array = np.array([pair for pair in values if None not in pair], float).T
    return found


def draws(clusters: Array | None, count: int) -> Iterator[tuple[Array, Array]]:
    """Yield the numbers of rows, drawn again, with the number of the draw of each: rows alone, or clusters as a whole."""
    chance = np.random.default_rng(seed())
    if clusters is None:
        yield from ((chance.integers(0, count, count), np.arange(count)) for _ in range(RESAMPLES))
        return
    order = np.argsort(clusters, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(clusters))[:-1])
    for _ in range(RESAMPLES):
        drawn = [members[one] for one in chance.integers(0, len(members), len(members))]
        yield np.concatenate(drawn), np.repeat(np.arange(len(drawn)), [len(one) for one in drawn])
