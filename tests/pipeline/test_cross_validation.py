"""Cross-validation gives what a loop by hand gives, never sees held-out rows, and touches nothing else."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl
import pytest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlbuild import api
from mlbuild.data.folds.folds import HELD_OUT, TRAIN
from mlbuild.engine.decide.records import find_action, find_record
from mlbuild.engine.store.store import DiskStore
from tests.projects import after, built

ROOT = Path(__file__).resolve().parents[2]
SPEC = """\
mlbuild: 1
project: shop
sources: {orders: {path: orders.csv, contract: order}}
contracts:
  order:
    columns:
      row: int
      kind: string
      price: {dtype: float, nullable: true}
      weight: float
      returned: bool
      grade: string
      paid: float
datasets:
  sold:
    from: orders
    split: {type: random, valid: 0.2, test: 0.2}
    folds: {type: random, count: 3}
preprocessing:
  columns:
    - {op: impute, columns: price, strategy: median}
    - {op: standard, columns: [price, weight]}
models:
  first:
    type: sklearn.logistic_regression
    dataset: sold
    features: [price, weight]
    preprocessing: columns
    target: returned
    cross_validation: true
  second:
    type: lightgbm.regressor
    dataset: sold
    features: [price, weight]
    target: paid
    cross_validation: true
    early_stopping: {rounds: 4}
    params: {num_iterations: 60, num_leaves: 7, min_data_in_leaf: 5, learning_rate: 0.3}
outputs:
  first: {model: first}
"""


def orders(count: int = 300) -> pl.DataFrame:
    chance = np.random.default_rng(0)
    price, weight = chance.normal(50, 9, count).round(2), chance.normal(5, 2, count).round(2)
    missing = chance.random(count) < 0.1
    kinds = chance.choice(["new", "used", "worn"], count)
    return pl.DataFrame(
        {
            "row": range(count),
            "kind": kinds,
            "price": [None if gone else one for gone, one in zip(missing, price.tolist(), strict=True)],
            "weight": weight,
            "returned": price + 6 * weight + chance.normal(0, 12, count) > 80,
            "grade": chance.choice(["good", "fair", "poor"], count, p=[0.6, 0.37, 0.03]),
            "paid": (price * 0.9 + weight**2 + chance.normal(size=count)).round(2),
        }
    )


def project(folder: Path, spec: str = SPEC) -> Path:
    orders().write_csv(folder / "orders.csv")
    file = folder / "mlbuild.yaml"
    file.write_text(spec)
    return file


def part(folder: Path, task: str, name: str) -> bytes:
    """Return a part of the last result of a task."""
    store = DiskStore.at(folder)
    record = find_record(store.local, task)
    action = find_action(store.actions, record.key) if record else None
    content = store.contents.get(action.digests[name]) if action else None
    assert content is not None
    return content


def array(folder: Path, task: str, name: str) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = np.load(io.BytesIO(part(folder, task, name)))
    return found


def rows_of(folder: Path, split: str) -> pl.DataFrame:
    """Return the rows of a part of the dataset, read from the file."""
    numbers = pl.read_parquet(io.BytesIO(part(folder, "dataset:sold", f"{split}/row")))
    return pl.read_csv(folder / "orders.csv")[numbers.to_series().to_list()]


def folds_of(folder: Path, count: int = 3) -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Yield the indices of the rows to train on and of the held-out rows of each fold, as scikit-learn does."""
    for number in range(1, count + 1):
        roles = array(folder, "folds:sold", f"fold{number}")
        yield np.flatnonzero(roles == TRAIN), np.flatnonzero(roles == HELD_OUT)


def report(folder: Path, model: str) -> Any:
    return json.loads(part(folder, f"cross_validate:{model}", "cross_validation.json"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    built(project(folder))
    return folder


def test_it_is_cross_validate_of_scikit_learn(shop: Path) -> None:
    train = rows_of(shop, "train")
    columns, target = train.select("price", "weight").to_numpy(), train["returned"].to_numpy()
    pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression())
    scoring = {"roc_auc": "roc_auc", "log_loss": "neg_log_loss", "accuracy": "accuracy"}
    theirs = cross_validate(pipeline, columns, target, cv=[*folds_of(shop)], scoring=scoring)
    found = report(shop, "first")
    assert found["format"] == 1 and found["rows"] == train.height
    for name in scoring:
        values = abs(theirs[f"test_{name}"])
        mine = found["metrics"][name]
        assert [one["metrics"][name] for one in found["folds"]] == pytest.approx(values, rel=1e-6)
        assert (mine["mean"], mine["std"]) == pytest.approx((values.mean(), values.std()), rel=1e-6)
        assert mine["folds"] == 3
    scores, order = [], []
    for number, (fitted_on, held_out) in enumerate(folds_of(shop), 1):
        predicted = pipeline.fit(columns[fitted_on], target[fitted_on]).predict_proba(columns[held_out])
        assert array(shop, f"fold:first@{number}", "scores") == pytest.approx(predicted, abs=1e-6)
        assert found["folds"][number - 1]["rows"] == {"train": len(fitted_on), "held_out": len(held_out)}
        scores.append(predicted)
        order.append(target[held_out])
    every, wanted = np.concatenate(scores), np.concatenate(order)
    pooled = {
        "roc_auc": roc_auc_score(wanted, every[:, 1]),
        "log_loss": log_loss(wanted, every),
        "accuracy": accuracy_score(wanted, every[:, 1] > 0.5),
    }
    assert {name: one["pooled"] for name, one in found["metrics"].items()} == pytest.approx(pooled, rel=1e-6)


def test_early_stopping_watches_the_valid_rows_of_the_model(shop: Path) -> None:
    train, valid = rows_of(shop, "train"), rows_of(shop, "valid")
    columns, target = train.select("price", "weight").to_numpy(), train["paid"].to_numpy()
    params = {
        "objective": "regression",
        "metric": "rmse",
        "num_leaves": 7,
        "min_data_in_leaf": 5,
        "learning_rate": 0.3,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    values = []
    for number, (fitted_on, held_out) in enumerate(folds_of(shop), 1):
        data = lightgbm.Dataset(columns[fitted_on], target[fitted_on])
        watched = lightgbm.Dataset(
            valid.select("price", "weight").to_numpy(), valid["paid"].to_numpy(), reference=data
        )
        stop = lightgbm.early_stopping(4, verbose=False)
        model = lightgbm.train(params, data, 60, valid_sets=[watched], callbacks=[stop])
        assert 0 < model.best_iteration < 60
        predicted = model.predict(columns[held_out], num_iteration=model.best_iteration)
        assert array(shop, f"fold:second@{number}", "scores")[:, 0] == pytest.approx(predicted, rel=1e-9)
        values.append(r2_score(target[held_out], predicted))
    assert report(shop, "second")["metrics"]["r2"]["mean"] == pytest.approx(np.mean(values))


def test_it_changes_nothing_of_the_model(tmp_path: Path) -> None:
    plain = SPEC.replace("    cross_validation: true\n", "").replace(
        "    folds: {type: random, count: 3}\n", ""
    )
    file = project(tmp_path, plain)
    built(file)
    folds = {f"fold:{model}@{number}" for model in ("first", "second") for number in (1, 2, 3)}
    file.write_text(SPEC)
    affected = after(file, "folds:sold")
    assert folds <= affected and not {"train:first", "artifact:first"} & affected
    assert {*built(file).ran} == affected
    assert (tmp_path / "dist/first/cross_validation.json").is_file()
    assert built(file).ran == ()
    file.write_text(SPEC.replace("{type: random, count: 3}", "{type: hash, key: row, count: 3}"))
    assert {*built(file).ran} == affected
    file.write_text(
        SPEC.replace("    target: returned\n", "    target: returned\n    metrics: [brier_score]\n")
    )
    assert {*built(file).ran} == after(file, "evaluate:first", "cross_validate:first", "importance:first")
    file.write_text(SPEC.replace("num_leaves: 7", "num_leaves: 5"))
    assert folds - {*built(file).ran} == {f"fold:first@{number}" for number in (1, 2, 3)}
    file.write_text(plain)
    result = built(file)
    assert (result.ran, result.restored) == ((), ("publish:first",))
    assert not (tmp_path / "dist/first/cross_validation.json").exists()


def mlbuild(folder: Path, *words: str) -> None:
    """Run the command line with an op that uses the target, which exists only in the tests."""
    program = "import sys; from tests.pipeline.target_mean import run; run(*sys.argv[1:])"
    command = [sys.executable, "-c", program, "-C", str(folder), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


def test_a_model_of_a_fold_never_sees_its_rows(tmp_path: Path) -> None:
    """Neither the steps, of which one uses the target, nor the learner."""
    spec = SPEC.replace("type: random, count: 3", "type: hash, key: row, count: 3")
    spec = spec.replace("[price, weight]\n    preprocessing", "[price, weight, kind]\n    preprocessing")
    step = "    - {op: target_mean, columns: kind}\n"
    project(tmp_path, spec.replace("preprocessing:\n  columns:\n", f"preprocessing:\n  columns:\n{step}"))
    targets = [f"fold:first@{number}" for number in (1, 2, 3)]
    mlbuild(tmp_path, "build", "-j", "1", *targets)
    before = [array(tmp_path, name, "scores") for name in targets]
    held_out = rows_of(tmp_path, "train")[next(folds_of(tmp_path))[1]]["row"]
    others = held_out.gather_every(2)
    numbers, rows = pl.col("row"), pl.read_csv(tmp_path / "orders.csv")
    changed = [
        pl.when(numbers.is_in(held_out.implode())).then(~pl.col("returned")).otherwise("returned").alias("returned"),
        pl.when(numbers.is_in(others.implode())).then(pl.col("price") * 100).otherwise("price").alias("price"),
        pl.when(numbers.is_in(others.implode())).then(pl.lit("odd")).otherwise("kind").alias("kind"),
    ]  # fmt: skip
    rows.with_columns(changed).write_csv(tmp_path / "orders.csv")
    mlbuild(tmp_path, "build", "-j", "1", *targets)
    after = [array(tmp_path, name, "scores") for name in targets]
    assert np.array_equal(before[0][1::2], after[0][1::2]), "the model has seen the rows of its fold"
    assert not np.array_equal(before[0][::2], after[0][::2])
    for number in (1, 2):
        assert not np.isclose(before[number], after[number]).any(), "the others are trained on these rows"


GRADES = SPEC.replace("target: returned\n", "target: grade\n    metrics: [log_loss, roc_auc, accuracy]\n")


def test_a_fold_without_a_class_is_a_finding(tmp_path: Path) -> None:
    file = project(tmp_path, GRADES.replace("random, count: 3", "random, count: 12"))
    built(file)
    found = report(tmp_path, "first")
    undefined = [one["fold"] for one in found["folds"] if one["metrics"]["roc_auc"] is None]
    assert 0 < len(undefined) < 12
    assert found["metrics"]["roc_auc"]["folds"] == 12 - len(undefined)
    known = [one["metrics"]["roc_auc"] for one in found["folds"] if one["fold"] not in undefined]
    assert found["metrics"]["roc_auc"]["mean"] == pytest.approx(np.mean(known))
    assert found["metrics"]["accuracy"]["folds"] == 12
    assert found["findings"] == [
        {
            "code": "absent-class",
            "message": f"{len(undefined)} of 12 folds lack rows of a class, so their metrics say nothing about it",
            "details": {"examples": {"without rows in some fold": ["poor"]}},
        }
    ]
    file.write_text(f"{file.read_text()}warnings: {{absent-class: error}}\n")
    (failure,) = api.build(api.load(file), ["cross_validate:first"], jobs=1).failures.values()
    assert (failure.kind, failure.message) == ("gate", found["findings"][0]["message"])


def test_a_class_only_in_one_fold_cannot_be_learned(tmp_path: Path) -> None:
    file = project(
        tmp_path, GRADES.replace("type: random, count: 3", "type: hash, key: grade, count: 2, seed: 4")
    )
    result = api.build(api.load(file), ["cross_validate:first"], jobs=1, keep_going=True)
    messages = {name: failure.message for name, failure in result.failures.items()}
    assert {failure.kind for failure in result.failures.values()} == {"data"}
    assert messages == {
        "fold:first@1": "fold 1: all 9 training rows have the same class, but a classifier needs two",
        "fold:first@2": "fold 2: the training rows have 2 of the 3 classes of the target",
    }
