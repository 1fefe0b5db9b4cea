"""Permutation importance: what shuffling does, with which certainty, and what is reported about it."""

from __future__ import annotations

import numpy as np
import pytest

from mlbuild.evaluation.holm import corrected
from mlbuild.evaluation.importance import ALL, CORRELATION, Importances, Unit
from mlbuild.evaluation.rows import Rows
from mlbuild.models.metrics.errors import MeanSquaredError
from mlbuild.pipeline.tasks.explanations.limits import Limits
from tests.budget import seed
from tests.evaluation.test_intervals import Array

NAMES = ("a", "b", "c")


def measured(
    target: Array,
    values: Array,
    weights: Array,
    more: list[Unit] | None = None,
    clusters: Array | None = None,
) -> Importances:
    """Measure a linear model of three columns."""
    count = len(target)

    def shuffled(unit: Unit) -> Array:
        mixed = values.copy()
        for name in unit.columns:
            mixed[:, NAMES.index(name)] = values[unit.order(count), NAMES.index(name)]
        return (mixed @ weights)[:, None]

    rows = Rows(target, (values @ weights)[:, None], 0, clusters)
    units = [Unit(NAMES, ALL), *(more or []), *(Unit((name,)) for name in NAMES)]
    return Importances.of(MeanSquaredError(), rows, count, units, shuffled)


def test_the_effect_of_a_column_of_a_linear_model_is_known() -> None:
    """Shuffling adds twice the variance of its term to the squared error."""
    chance = np.random.default_rng(seed())
    values = chance.normal(size=(5000, 3))
    weights = np.array([2.0, 1.0, 0.0])
    found = measured(values @ weights + chance.normal(size=5000), values, weights).to_json()
    told = {one["column"]: one for one in found["columns"]}
    assert [*told] == ["a", "b", "c"]
    for name, effect in (("a", 8.0), ("b", 2.0)):
        low, high = told[name]["interval"]
        assert low - 0.3 < effect < high + 0.3 and told[name]["outside_chance"]
    assert (told["c"]["importance"], told["c"]["interval"], told["c"]["p"]) == (0.0, [0.0, 0.0], None)
    assert found["all"]["importance"] == pytest.approx(10.0, rel=0.15)


def test_correlated_rows_make_it_less_certain() -> None:
    chance = np.random.default_rng(seed())
    days = np.repeat(np.arange(50), 40)
    values = np.repeat(chance.normal(size=(50, 3)), 40, axis=0)
    weights = np.array([1.0, 1.0, 1.0])
    target = values @ weights + np.repeat(chance.normal(size=50), 40)
    alone, together = (
        measured(target, values, weights, clusters=clusters).to_json()["columns"][0]["interval"]
        for clusters in (None, days)
    )
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])


def codes(found: Importances) -> dict[str, str]:
    return {one.code: one.message.rpartition(": ")[2] for one in found.findings("valid")}


def test_columns_without_which_the_model_would_be_as_good_or_better_are_reported() -> None:
    chance = np.random.default_rng(seed())
    values = chance.normal(size=(2000, 3))
    target = values @ np.array([2.0, -1.0, 0.0]) + chance.normal(size=2000)
    found = measured(target, values, np.array([2.0, 1.0, 0.01]))
    assert codes(found) == {"harmful-column": "'b'", "useless-column": "'c'"}


def test_a_column_is_not_useless_if_its_group_is_needed() -> None:
    """Each of two equal columns can be replaced by the other one, for a model that takes the larger one."""
    chance = np.random.default_rng(seed())
    values = chance.normal(size=(2000, 3))
    target = values @ np.array([2.0, 0.0, 0.0]) + chance.normal(size=2000)
    weights = np.array([2.0, 0.001, 0.0])
    together = [Unit(("b", "a"), CORRELATION)]
    assert codes(measured(target, values, weights)) == {"useless-column": "'b', 'c'"}
    assert codes(measured(target, values, weights, together)) == {"useless-column": "'c'"}


@pytest.mark.parametrize("rows", [9, 40])
def test_few_rows_show_nothing(rows: int) -> None:
    """A column that no prediction depends on is not reported either: there may be rows that depend on it."""
    chance = np.random.default_rng(seed())
    values = chance.normal(size=(rows, 3))
    target = values @ np.array([2.0, 1.0, 0.0])
    assert "useless-column" not in codes(measured(target, values, np.array([2.0, 1.0, 0.0])))


def test_chance_alone_is_rarely_reported() -> None:
    """The model has learned nothing but noise, so nothing is harmful or useful: at most 5% of the time it looks so."""
    alarms = 0
    for number in range(200):
        chance = np.random.default_rng((seed(), number))
        values = chance.normal(size=(200, 3))
        found = measured(chance.normal(size=200) + 5.0, values, np.array([0.1, 0.1, 0.1]))
        told = found.to_json()
        alarms += any(one["outside_chance"] for one in told["columns"]) or "useless-column" in codes(found)
    assert alarms <= 40


def test_the_order_depends_on_the_names_alone() -> None:
    assert Unit(("a", "b")).order(50).tolist() == Unit(("b", "a"), ALL).order(50).tolist()
    assert Unit(("a",)).order(50).tolist() != Unit(("b",)).order(50).tolist()
    assert sorted(Unit(("ü",)).order(50)) == [*range(50)]


@pytest.mark.parametrize("inputs", [1, 15, 100, 1_000, 10_000, 100_000])
@pytest.mark.parametrize("rows", [0, 30, 3_000, 1_000_000])
def test_the_cost_is_limited_for_any_table(rows: int, inputs: int) -> None:
    limits = Limits.of(5000, np.zeros(rows), 0, inputs)
    assert limits.rows <= rows and limits.rows * limits.repeats <= 5000
    units = min(limits.units, 2 + inputs)
    predicted = (1 + units) * limits.rows * limits.repeats
    assert predicted <= 250_000 or units == 2
    assert predicted * inputs <= 20_000_000 or units == 2


def test_few_rows_of_a_class_are_not_repeated() -> None:
    target = np.array([0] * 50 + [1] * 9)
    assert Limits.of(5000, target, 2, 3).repeats == 1
    assert Limits.of(5000, np.append(target, 1), 2, 3).repeats == 20


@pytest.mark.parametrize(
    ("chances", "expected"),
    [
        ([], []),
        ([0.01], [0.01]),
        ([0.01, None, 0.04], [0.02, None, 0.04]),
        ([0.04, 0.03, 0.01], [0.06, 0.06, 0.03]),
        ([0.9, 0.8], [1.0, 1.0]),
    ],
)
def test_probabilities_are_corrected_for_their_number(
    chances: list[float | None], expected: list[float | None]
) -> None:
    assert (
        corrected(chances) == pytest.approx(expected)
        if None not in chances
        else corrected(chances) == expected
    )
