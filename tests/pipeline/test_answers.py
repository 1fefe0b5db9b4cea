"""A kind of answer is one class: one that exists only in the tests works from the spec to predictions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import mean_squared_error, ndcg_score

from mlbuild.models.metrics import METRICS
from tests.models.laws import LAWS
from tests.models.metric_definitions import DEFINITIONS
from tests.models.metric_laws import LAWS as METRIC_LAWS
from tests.pipeline.pairs import LinearPair, MeanSquaredDistance
from tests.pipeline.ranking import LinearRanker

ROOT = Path(__file__).resolve().parents[2]
SPEC = """\
mlbuild: 1
project: search
sources: {results: {path: results.parquet, contract: result}}
contracts:
  result:
    columns:
      query: {dtype: string, serving: false}
      shop: {dtype: string, serving: false}
      grade: {dtype: int, nullable: true, serving: false}
      price: float
      kind: {dtype: string, nullable: true}
datasets:
  pages:
    from: results
    steps: [{op: filter, where: grade IS NOT NULL}]
    split: {type: hash, key: [query], valid: 0.2, test: 0.2}
models:
  order:
    type: test.linear_ranker
    dataset: pages
    features: [price, kind]
    preprocessing:
      - {op: standard, columns: price}
      - {op: one_hot, columns: kind}
    target: {column: grade, group: query}
    metrics: [{metric: ndcg, group: query}]
outputs:
  order: {model: order}
"""


def write_rows(folder: Path) -> pl.DataFrame:
    """Write forty queries. Within each, a low price and the kind `new` are relevant, on levels that differ by
    query.
    """
    chance = np.random.default_rng(0)
    query = np.arange(400) // 10
    price, new = chance.normal(size=400) + query, chance.random(400) < 0.5
    grade = np.clip(np.round(2 + query - price + new + chance.normal(size=400) / 4), 0, 4)
    rows = pl.DataFrame(
        {
            "query": [f"q{number}" for number in query],
            "shop": [f"s{number % 7}" for number in query],
            "grade": pl.Series(grade, dtype=pl.Int64),
            "price": price,
            "kind": np.where(new, "new", "used"),
        }
    )
    rows.write_parquet(folder / "results.parquet")
    return rows


def mlbuild(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with the answer in its catalogues, in a separate process."""
    program = "import sys; from tests.pipeline.ranking import run; run(*sys.argv[1:])"
    command = [sys.executable, "-c", program, "-C", str(folder), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def changed(folder: Path, old: str, new: str) -> Path:
    assert old in SPEC
    file = folder / "mlbuild.yaml"
    file.write_text(SPEC.replace(old, new))
    return file


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built project."""
    folder = tmp_path_factory.mktemp("search")
    write_rows(folder)
    (folder / "mlbuild.yaml").write_text(SPEC)
    done = mlbuild(folder, "build", "-j", "1")
    assert done.returncode == 0, done.stderr
    assert "ndcg(group=query): train " in done.stdout
    return folder


def test_the_artifact_has_the_outputs_of_the_answer(project: Path) -> None:
    contract = json.loads((project / "dist/order/contract.json").read_text())
    assert contract["outputs"] == [{"name": "score", "type": "double", "shape": ["N", 1]}]
    assert [one["name"] for one in contract["inputs"]] == ["price", "kind"]


def test_the_proof_compares_them(project: Path) -> None:
    parity = json.loads((project / "dist/order/parity.json").read_text())
    compared = {one["what"]: one["rows"] for one in parity["comparisons"]}
    assert compared["score of real rows"] == parity["rows"]["real"] == 400
    assert {"score of adversarial rows", "score of the learner's own rows", "score of one row"} <= {*compared}


def test_predictions_order_the_rows_and_metrics_say_how_well(project: Path) -> None:
    done = mlbuild(project, "predict", "dist/order/model.onnx", "results.parquet", "-o", "scores.csv")
    assert done.returncode == 0, done.stderr
    scores, rows = pl.read_csv(project / "scores.csv"), pl.read_parquet(project / "results.parquet")
    assert scores.columns == ["score"]
    told = rows.with_columns(scores["score"]).partition_by("query")
    graded = [one for one in told if one["grade"].sum()]
    whole = np.mean([ndcg_score([one["grade"]], [one["score"]]) for one in graded])
    metrics = json.loads((project / "dist/order/metrics.json").read_text())["metrics"]
    weights = {split: values["rows"] for split, values in metrics.items()}
    mean = sum(metrics[split]["ndcg(group=query)"] * count for split, count in weights.items()) / sum(
        weights.values()
    )
    assert whole == pytest.approx(mean) and whole > 0.95


def test_a_second_build_has_nothing_to_do_and_another_grouping_trains_anew(project: Path) -> None:
    assert re.search(r"^\d+ reused in ", mlbuild(project, "build", "-j", "1").stderr, re.MULTILINE)
    (project / "other.mlbuild.yaml").write_text(
        SPEC.replace("grade, group: query", "grade, group: shop").replace(
            "  order: {model: order}", "  other: {model: order}"
        )
    )
    planned = mlbuild(project, "-f", "other.mlbuild.yaml", "plan", "target:order", "train:order", "--json")
    tasks = {task["task"]: task["decision"] for task in json.loads(planned.stdout)["tasks"]}
    assert (tasks["dataset:pages"], tasks["target:order"], tasks["train:order"]) == ("reuse", "run", "maybe")


MISTAKES = {
    "no group": ("grade, group: query", "grade", "missing-key", "'target' needs 'group', as test.linear_ranker does ranking"),
    "an unknown group": ("grade, group: query", "grade, group: querry", "unknown-column", "unknown column 'querry'"),
    "an unknown group in a list": ("grade, group: query", "grade, group: [query, shopp]", "unknown-column", "unknown column 'shopp'"),
    "a group in a list that can be missing": ("grade, group: query", "grade, group: [query, kind]", "nullable-target", "the group 'kind' can have missing values"),
    "a group that can be missing": ("grade, group: query", "grade, group: kind", "nullable-target", "the group 'kind' can have missing values"),
    "a key of another answer": (
        "grade, group: query",
        "grade, group: query, positive: 1",
        "no-effect",
        "'positive' has no effect with test.linear_ranker: it is for classification",
    ),
    "its key with another answer": (
        "test.linear_ranker",
        "sklearn.ridge",
        "no-effect",
        "'group' has no effect with sklearn.ridge: it is for ranking",
    ),
    "an input named as its output": (
        "      price: float\n",
        "      price: float\n      score: float\n",
        "reserved-name",
        "feature 'score' needs column 'score' as an input of the artifact, but 'score' is the name of an output",
    ),
    "a metric of another answer": (
        "{metric: ndcg, group: query}",
        "r2",
        "metric-mismatch",
        "metric 'r2' is for regression, but the model does ranking",
    ),
}  # fmt: skip


def test_check_knows_its_keys_its_outputs_and_its_metrics(tmp_path: Path) -> None:
    write_rows(tmp_path)
    for name, (old, new, code, _) in MISTAKES.items():
        file = changed(tmp_path, old, new)
        if code == "reserved-name":
            file.write_text(file.read_text().replace("[price, kind]", "[price, kind, score]"))
        slug = name.replace(" ", "-")
        file.write_text(file.read_text().replace("  order: {model: order}", f"  {slug}: {{model: order}}"))
        file.rename(tmp_path / f"{slug}.mlbuild.yaml")
    done = mlbuild(tmp_path, "check", ".", "--json")
    told = json.loads(done.stdout)["diagnostics"]
    found = {(one["code"], one["message"]) for one in told if one["severity"] == "error"}
    assert found == {(code, message) for _, _, code, message in MISTAKES.values()}


def test_the_schema_and_the_canonical_spec_have_its_keys(project: Path) -> None:
    schema = json.loads(mlbuild(project, "schema").stdout)
    assert {"column", "group", "positive"} == {*schema["definitions"]["target"]["properties"]}
    assert schema["definitions"]["target"]["required"] == ["column"]
    assert "target:\n      column: grade\n      group: [query]\n" in mlbuild(project, "render").stdout


@pytest.mark.parametrize("law", LAWS)
def test_its_learner_keeps_the_laws_of_all_learners(law: str) -> None:
    LAWS[law](LinearRanker)


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The metric of pairs, and its second definition."""
    name = MeanSquaredDistance.metric
    monkeypatch.setitem(METRICS._entries, name, "tests.pipeline.pairs.MeanSquaredDistance")
    monkeypatch.setitem(DEFINITIONS, name, lambda target, scores: 2 * mean_squared_error(target, scores))


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.usefixtures("pairs")
def test_a_learner_of_two_numbers_keeps_the_laws_of_all_learners(law: str) -> None:
    LAWS[law](LinearPair)


@pytest.mark.parametrize("law", METRIC_LAWS)
@pytest.mark.usefixtures("pairs")
def test_a_metric_of_two_numbers_keeps_the_laws_of_all_metrics(law: str) -> None:
    METRIC_LAWS[law](MeanSquaredDistance())
