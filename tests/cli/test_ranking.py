"""Metrics of the order of rows in groups reach everything that looks at metrics."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

from mlbuild.cli.exits import OK
from tests.cli.running import Command
from tests.cli.tracking.test_diff_files import printed

SPEC = """\
mlbuild: 1
project: shop
sources: {offers: {path: offers.parquet, contract: offer}}
contracts:
  offer:
    columns:
      query_id: {dtype: int, serving: false}
      grade: {dtype: int, min: 0, max: 4, serving: false}
      bought: {dtype: bool, serving: false}
      price: float
      age: float
      shop: string
datasets:
  split:
    from: offers
    split: {type: hash, key: query_id, valid: 0.3, test: 0.3}
    folds: {type: hash, key: query_id, count: 2}
models:
  grades:
    type: sklearn.ridge
    dataset: split
    features: [price, age]
    target: grade
    metrics:
      - {metric: ndcg, group: query_id, at: 3}
      - {metric: mean_average_precision, group: query_id, relevant: 3}
      - {metric: mean_reciprocal_rank, group: query_id, relevant: 3}
      - r2
    slices: [shop]
    cross_validation: true
    matrix: {params: {alpha: [1, 100000000.0]}}
    choose: {metric: {metric: ndcg, group: query_id}}
  plain: {type: sklearn.ridge, dataset: split, features: [age], target: grade, metrics: [{metric: ndcg, group: query_id, at: 3}]}
  buys:
    type: sklearn.logistic_regression
    dataset: split
    features: [price]
    target: bought
    metrics: [{metric: mean_average_precision, group: [query_id]}]
outputs:
  grades:
    model: grades
    baseline: {type: model, model: plain}
    gates:
      - {gate: better, metric: {metric: ndcg, group: query_id, at: 3}, by: 0.02}
      - {gate: no_worse, metric: {metric: ndcg, group: query_id, at: 3}, margin: 0.02}
      - {gate: metric, metric: {metric: ndcg, group: query_id, at: 3}, min: 0.7, evidence: interval}
  buys: {model: buys}
"""
NDCG, AVERAGE, RECIPROCAL = (
    "ndcg(group=query_id, at=3)",
    "mean_average_precision(group=query_id, relevant=3)",
    "mean_reciprocal_rank(group=query_id, relevant=3)",
)


def offers() -> pl.DataFrame:
    """Return the offers of 150 queries: from 2 to 9 each, of which cheap ones are better. Some queries have no good ones."""
    chance = np.random.default_rng(0)
    query = np.repeat(np.arange(150), chance.integers(2, 10, 150))
    price, age = chance.normal(size=(2, len(query)))
    grade = np.clip(np.round(1 - price + 0.3 * age + chance.normal(size=len(query))), 0, 4).astype(np.int64)
    grade[query % 10 == 3] = 0
    shop = np.where(chance.random(len(query)) < 0.5, "a", "b")
    return pl.DataFrame(
        {"query_id": query, "grade": grade, "bought": grade > 2, "price": price, "age": age, "shop": shop}
    ).sample(fraction=1.0, shuffle=True, seed=1)


def write(folder: Path, spec: str = SPEC) -> Path:
    offers().write_parquet(folder / "offers.parquet")
    file = folder / "mlbuild.yaml"
    file.write_text(spec)
    return file


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was built twice, the second time with a weaker model. `old` has the first one's folder."""
    folder = tmp_path_factory.mktemp("shop")
    write(folder)
    printed(folder, "build")
    shutil.copytree(folder / "dist", folder / "old")
    write(folder, SPEC.replace("features: [price]\n", "features: [price, age]\n"))
    printed(folder, "build")
    return folder


def part(project: Path, name: str, output: str = "grades") -> Any:
    return json.loads((project / "dist" / output / name).read_text())


@pytest.fixture(scope="module")
def queries(project: Path) -> list[pl.DataFrame]:
    """The queries of the test rows with the predictions of the model, in which a row is relevant."""
    printed(project, "predict", "dist/grades/model.onnx", "offers.parquet", "-o", "scores.parquet")
    rows = pl.concat(
        [pl.read_parquet(project / "offers.parquet"), pl.read_parquet(project / "scores.parquet")],
        how="horizontal",
    )
    tested = [one for one in rows.partition_by("query_id") if in_test(one["query_id"][0])]
    assert sum(one.height for one in tested) == part(project, "metrics.json")["metrics"]["test"]["rows"]
    return tested


def in_test(query: int) -> bool:
    """Whether a query is in the test rows, by the rule of the reference page of the split."""
    import hashlib

    digest = hashlib.sha256(json.dumps([0, query], separators=(",", ":")).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < 0.3


def test_the_values_are_those_of_scikit_learn(project: Path, queries: list[pl.DataFrame]) -> None:
    found = part(project, "metrics.json")["metrics"]["test"]
    graded = [one for one in queries if one["grade"].sum()]
    gains = [ndcg_score([one["grade"]], [one["prediction"]], k=3) for one in graded]
    good = [(one["grade"] >= 3, one["prediction"]) for one in queries if (one["grade"] >= 3).any()]
    average = [label_ranking_average_precision_score([hits], [told]) for hits, told in good]
    first = [1 / min(1 + (told > one).sum() for one in told.filter(hits)) for hits, told in good]
    assert len(gains) < len(queries) and len(good) < len(graded)
    assert found[NDCG] == pytest.approx(np.mean(gains), rel=1e-11)
    assert found[AVERAGE] == pytest.approx(np.mean(average), rel=1e-11)
    assert found[RECIPROCAL] == pytest.approx(np.mean(first), rel=1e-11)


def test_the_unit_of_an_interval_is_the_query(project: Path, queries: list[pl.DataFrame]) -> None:
    """On the logit scale, with the standard error of a mean of independent queries."""
    from scipy import stats

    graded = [one for one in queries if one["grade"].sum()]
    gains = np.array([ndcg_score([one["grade"]], [one["prediction"]], k=3) for one in graded])
    error, mean = gains.std(ddof=1) / np.sqrt(len(gains)), gains.mean()
    half = stats.t.ppf(0.975, len(gains) - 1) * error / (mean * (1 - mean))
    ends = [1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + side * half))) for side in (-1, 1)]
    assert part(project, "metrics.json")["intervals"]["splits"]["test"][NDCG] == pytest.approx(ends, rel=1e-9)


def test_a_constant_has_the_value_of_a_random_order(project: Path) -> None:
    told = part(project, "metrics.json")
    for split, values in told["constant"].items():
        for name in (NDCG, AVERAGE, RECIPROCAL):
            assert 0.2 < values[name] < told["metrics"][split][name] - 0.05


def test_they_reach_slices_folds_trials_gates_and_importance(project: Path) -> None:
    for one in part(project, "slices.json")["splits"]["test"]["slices"]:
        found = one["metrics"][NDCG]
        assert (
            found["interval"][0] < found["value"] < found["interval"][1] and found["count"] < one["clusters"]
        )
    folded = part(project, "cross_validation.json")["metrics"]
    assert all(0.6 < folded[name]["pooled"] < 1 and folded[name]["folds"] == 2 for name in (NDCG, AVERAGE))
    trials = part(project, "trials.json")
    assert trials["metric"] == "ndcg(group=query_id)" and trials["best"] == "alpha=1"
    better, no_worse, bound = part(project, "gates.json")["gates"]
    assert [one["verdict"] for one in (better, no_worse, bound)] == ["pass"] * 3
    price, age = part(project, "importance.json")["columns"]
    assert (price["column"], age["column"]) == ("price", "age")
    assert price["outside_chance"] and price["importance"] > 0.1 > age["importance"]


def test_they_are_for_two_classes_too(project: Path) -> None:
    name = "mean_average_precision(group=query_id)"
    told = part(project, "metrics.json", "buys")
    low, high = told["intervals"]["splits"]["test"][name]
    assert low < told["metrics"]["test"][name] < high
    assert told["constant"]["test"][name] < low


def test_builds_and_files_are_compared_by_pairs_of_queries(project: Path) -> None:
    name = "mean_average_precision(group=query_id)"
    builds = json.loads(printed(project, "diff", "--json", "--predictions"))
    (found,) = (one for one in builds["models"] if one["model"] == "buys")
    (metric,) = (one for one in found["metrics"] if one["metric"] == name)
    apart = metric["difference"]
    low, high = apart["interval"]
    assert low < apart["difference"] < high and apart["difference"] != 0
    shutil.copytree(project / "dist/buys", project / "new/buys", dirs_exist_ok=True)
    files = json.loads(printed(project, "diff", "old/buys", "new/buys", "--json", "--predictions"))
    (metric_of_files,) = files["models"][0]["metrics"]
    assert metric_of_files["difference"]["interval"] == pytest.approx([low, high], rel=1e-6)


@pytest.mark.parametrize(
    ("split", "told"),
    [
        ("{type: random, test: 0.4}", True),
        ("{type: time, column: day, test_from: 2013-01-05}", False),
        ("{type: hash, key: query, test: 0.4}", False),
    ],
)
def test_groups_that_a_split_cuts_are_told(split: str, told: bool, tmp_path: Path, mlbuild: Command) -> None:
    days = pl.date_range(pl.date(2013, 1, 1), pl.date(2013, 1, 10), eager=True)
    rows = pl.DataFrame({"query": np.arange(100) // 10, "day": [*days] * 10, "x": np.arange(100) % 7 / 2})
    rows.with_columns(pl.col("query").cast(pl.String), y=pl.col("x") + pl.col("query") % 3).write_parquet(
        tmp_path / "rows.parquet"
    )
    (tmp_path / "mlbuild.yaml").write_text(CUT.replace("SPLIT", split))
    done = mlbuild("build", "evaluate:y")
    assert done.code == OK, done.err
    message = (
        "warning[split-overlap]: 10 of 10 groups of 'query' have rows in several parts of the split: the model's metrics"
        " order only some of their rows"
    )
    assert (message in done.err) == told, done.err


CUT = """\
mlbuild: 1
project: cut
sources: {rows: {path: rows.parquet, contract: row}}
contracts: {row: {columns: {query: string, day: date, x: float, y: float}}}
datasets: {all: {from: rows, split: SPLIT}}
models:
  y: {type: sklearn.ridge, dataset: all, features: [x], target: y, metrics: [{metric: ndcg, group: query}]}
outputs: {y: {model: y}}
"""


MISTAKES = {
    "no group": (
        "group: query_id, at: 3}\n      - {metric: mean_average",
        "at: 3}\n      - {metric: mean_average",
        "25:9",
        "error[missing-key]: metric 'ndcg' needs 'group'",
    ),
    "a name alone": ("      - r2\n", "      - mean_reciprocal_rank\n", "28:9", "error[missing-key]: metric 'mean_reciprocal_rank' needs 'group'"),
    "no such column": ("group: query_id, relevant: 3}\n      - r2", "group: querry_id, relevant: 3}\n      - r2", "27:47", "error[unknown-column]: unknown column 'querry_id'"),
    "a column of a list": ("group: [query_id]", "group: [query_id, shp]", "39:66", "error[unknown-column]: unknown column 'shp'"),
    "a group that can be missing": ("query_id: {dtype: int,", "query_id: {dtype: int, nullable: true,", "25:31", "error[nullable-target]: the group 'query_id' can have missing values"),
    "what chooses": ("choose: {metric: {metric: ndcg, group: query_id}}", "choose: {metric: {metric: ndcg, group: query}}", "32:44", "error[unknown-column]: unknown column 'query'"),
    "three classes": ("target: bought\n", "target: shop\n", "39:15", "error[metric-mismatch]: metric 'mean_average_precision' is for a number or 2 classes, but the target has 3"),
    "grades of a class": ("group: [query_id]", "group: [query_id], relevant: 2", "39:15", "error[metric-mismatch]: metric 'mean_average_precision' is for regression, because it has 'relevant', but the model does classification"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_wrong_use_is_told_with_its_place(name: str, tmp_path: Path, mlbuild: Command) -> None:
    old, new, place, message = MISTAKES[name]
    assert SPEC.count(old) == 1
    spec = SPEC.replace(old, new)
    if name == "three classes":
        spec = spec.replace("shop: string", "shop: {dtype: string, categories: [a, b, c]}")
    write(tmp_path, spec)
    done = mlbuild("check")
    assert done.code != OK and f"mlbuild.yaml:{place}: {message}" in done.err.splitlines(), done.err
