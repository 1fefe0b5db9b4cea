"""Metrics of slices: the error of a difference is that which resampling shows, and chance alone is rarely outside chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from mlbuild.data.slices import MOST_VALUES, Group, Slice
from mlbuild.evaluation import student
from mlbuild.evaluation.rows import Rows
from mlbuild.evaluation.slices import Whole, sliced
from mlbuild.models.metrics import METRICS
from mlbuild.params import read
from tests.budget import examples, seed, tell

Array = np.ndarray[Any, Any]


def drawn(chance: np.random.Generator, clusters: int | None) -> tuple[Rows, Array]:
    """Return 600 rows, of which those of a cluster err together, and the numbers of a third of them."""
    of = np.arange(600) // (600 // (clusters or 600))
    odds = chance.normal(size=600) + chance.normal(size=600)[of]
    target = (chance.random(600) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    share = 1 / (1 + np.exp(-(odds + chance.normal(size=600) * 0.5)))
    rows = Rows(target, np.stack([1 - share, share], axis=1), 2, of if clusters else None)
    return rows, np.flatnonzero(chance.random(600) < 1 / 3)


@pytest.mark.parametrize("clusters", [None, 60])
@pytest.mark.parametrize("name", ["accuracy", "log_loss", "roc_auc", "recall"])
def test_the_error_of_a_difference_is_that_of_resampled_rows(name: str, clusters: int | None) -> None:
    chance = np.random.default_rng(seed())
    rows, places = drawn(chance, clusters)
    metric = METRICS.named(name)()
    found = Whole(metric, rows).compared(places, rows.at(places))
    inside = np.isin(np.arange(600), places)
    size = 600 // (clusters or 600)
    differences = []
    for _ in range(examples(400, 3000)):
        some = (chance.integers(0, 600 // size, 600 // size)[:, None] * size + np.arange(size)).ravel()
        both = [metric.value(rows.target[one], rows.scores[one], 2) for one in (some[inside[some]], some)]
        assert both[0] is not None and both[1] is not None
        differences.append(both[0] - both[1])
    low, high = found["difference_interval"]
    counted = metric.counted(rows.target, rows.scores)
    places = places if counted is None else places[counted[places]]
    count = len(places if rows.clusters is None else np.unique(rows.clusters[places]))
    error = (high - low) / 2 / stats.t.ppf(0.975, count - 1)
    assert error == pytest.approx(np.std(differences), rel=examples(20, 10) / 100)
    assert found["difference"] == pytest.approx((low + high) / 2)
    assert found["p"] == pytest.approx(2 * stats.t.sf(abs(found["difference"]) / error, count - 1), rel=1e-3)


def test_the_tails_are_those_of_scipy() -> None:
    for freedom in (9, 61, 1000, 300_000):
        for value in (0.0, 0.3, 2.5, 8.0):
            assert student.tails(value, freedom) == pytest.approx(2 * stats.t.sf(value, freedom), rel=1e-6)


def test_chance_alone_is_rarely_outside_chance() -> None:
    """16 slices that are drawn at random: at least one is flagged in about 5 % of all cases."""
    chance, flagged, count = np.random.default_rng(seed()), 0, examples(150, 2000)
    for _ in range(count):
        rows, _ = drawn(chance, None)
        of = chance.integers(0, 8, 600)
        groups = [Group({"g": one}, np.flatnonzero(of == one)) for one in range(8)]
        found = sliced([METRICS.named("accuracy")()], rows, [("g", groups)])
        flagged += any(one["metrics"]["accuracy"]["outside_chance"] for one in found)
    tell(f"a slice is flagged in {flagged / count:.3f} of {count} cases without any difference")
    assert flagged / count < 0.12


def test_small_slices_say_too_few_and_are_not_compared() -> None:
    rows, _ = drawn(np.random.default_rng(1), None)
    few = [Group({"g": "a"}, np.arange(9)), Group({"g": "b"}, np.flatnonzero(rows.target == 0)[:50])]
    small, same = sliced([METRICS.named(one)() for one in ("accuracy", "roc_auc")], rows, [("g", few)])
    assert small["metrics"]["accuracy"]["interval"] == "too few"
    assert small["metrics"]["accuracy"]["p"] is None and not small["metrics"]["accuracy"]["outside_chance"]
    assert small["metrics"]["accuracy"]["difference"] is not None
    assert same["metrics"]["roc_auc"]["value"] is None


def test_all_rows_do_not_differ_from_themselves() -> None:
    for clusters in (None, 60):
        rows, _ = drawn(np.random.default_rng(2), clusters)
        (one,) = sliced([METRICS.named("roc_auc")()], rows, [("all", [Group({}, np.arange(600))])])
        found = one["metrics"]["roc_auc"]
        assert (found["difference"], found["outside_chance"]) == (0.0, False)
        assert found["difference_interval"] == pytest.approx([0, 0], abs=1e-8)


ROWS = pl.DataFrame(
    {
        "text": ["b", None, "a", "b", "a", "b"],
        "flag": [True, True, None, False, True, True],
        "number": [1.0, -5.0, None, 2.5, 10.0, 2.0],
    }
)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"column": "text"}, {("a",): [2, 4], ("b",): [0, 3, 5], (None,): [1]}),
        ({"column": "text", "min_rows": 2}, {("a",): [2, 4], ("b",): [0, 3, 5]}),
        (
            {"columns": ["flag", "text"]},
            {(False, "b"): [3], (True, "a"): [4], (True, "b"): [0, 5], (True, None): [1], (None, "a"): [2]},
        ),
        (
            {"column": "number", "bins": [1, 2.5]},
            {("(-inf, 1)",): [1], ("[1, 2.5)",): [0, 5], ("[2.5, inf)",): [3, 4], (None,): [2]},
        ),
        ({"name": "w", "where": "number > 1 OR flag"}, {(): [0, 1, 3, 4, 5]}),
    ],
)
def test_the_rows_of_each_group(given: Any, wanted: Any) -> None:
    groups, left_out = read(Slice, given).groups(ROWS)
    assert {tuple(one.values.values()): one.rows.tolist() for one in groups} == wanted
    assert left_out == (1 if "min_rows" in given else 0)


def test_only_the_most_frequent_values_are_slices() -> None:
    values = [number for number in range(MOST_VALUES + 20) for _ in range(1 if number < 20 else 2)]
    groups, left_out = read(Slice, {"column": "x"}).groups(pl.DataFrame({"x": values}))
    assert [one.values["x"] for one in groups] == [*range(20, MOST_VALUES + 20)] and left_out == 20


def test_no_rows_have_no_slices() -> None:
    none = ROWS.clear()
    assert read(Slice, {"column": "text"}).groups(none) == ([], 0)
    assert read(Slice, {"name": "w", "where": "number > 1"}).groups(none) == ([], 0)
