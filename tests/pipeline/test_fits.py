"""`fit` depends on the target only if a step uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlbuild.ops.op import Target
from mlbuild.ops.stages import place
from mlbuild.selection import Selector
from tests.ops.rows import applied, fitted
from tests.ops.written import schema, table
from tests.pipeline.target_mean import TargetMean
from tests.projects import built

ROOT = Path(__file__).resolve().parents[2]
SPEC = """\
mlbuild: 1
project: shop
sources: {{orders: {{path: orders.csv, contract: order}}}}
contracts:
  order:
    columns:
      kind: {{dtype: string, nullable: true}}
      price: {{dtype: float, nullable: true}}
      returned: bool
      grade: string
      paid: float
datasets:
  sold: {{from: orders, split: {{type: random, valid: 0.2, test: 0.2}}}}
preprocessing:
  columns:
    - {{op: impute, columns: price, strategy: median}}
    - {{op: standard, columns: price}}
    - {{op: {encoder}, columns: kind}}
models:
  first: {{type: sklearn.logistic_regression, dataset: sold, features: [price, kind], preprocessing: columns, target: returned}}
  second: {{type: sklearn.linear_regression, dataset: sold, features: [price, kind], preprocessing: columns, target: paid}}
outputs:
  first: {{model: first}}
  second: {{model: second}}
"""
#: The tasks of two models that differ in their target, and in what follows from it.
FITS = {"fit:first", "fit:second"}


def project(folder: Path, encoder: str) -> Path:
    chance = np.random.default_rng(0)
    kinds = chance.choice(["new", "used", "worn", ""], 150)
    price = chance.normal(50, 9, 150).round(2)
    paid = (price * 0.9 + (kinds == "new") * 12 + chance.normal(size=150)).round(2)
    returned = chance.random(150) < np.where(kinds == "worn", 0.8, 0.3)
    grades = np.where(chance.random(150) < 0.5, "good", "poor")
    columns = {"kind": kinds, "price": price, "returned": returned, "grade": grades, "paid": paid}
    pl.DataFrame(columns).write_csv(folder / "orders.csv")
    file = folder / "mlbuild.yaml"
    file.write_text(SPEC.format(encoder=encoder))
    return file


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A project without a step that uses the target."""
    return project(tmp_path, "one_hot")


def test_models_of_other_targets_share_the_fit_of_the_same_steps(plain: Path) -> None:
    ran = {*built(plain).ran}
    assert len(FITS & ran) == 1
    assert len({"features:first", "features:second"} & ran) == 1
    assert {"target:first", "target:second", "train:first", "train:second"} <= ran


FLIPS = {
    "another column": ("target: returned", "target: grade"),
    "another positive class": ("target: returned", "target: {column: returned, positive: false}"),
    "another kind of answer": (
        "sklearn.logistic_regression, dataset: sold, features: [price, kind], preprocessing: columns, target: returned",
        "sklearn.ridge, dataset: sold, features: [price, kind], preprocessing: columns, target: paid",
    ),
}


@pytest.mark.parametrize("flip", FLIPS)
def test_another_target_fits_no_step_again(plain: Path, flip: str) -> None:
    built(plain)
    edit(plain, *FLIPS[flip])
    ran = {*built(plain).ran}
    assert "train:first" in ran
    assert not {name for name in ran if name.startswith(("fit:", "features:"))}


def test_other_values_of_the_target_fit_no_step_again(plain: Path) -> None:
    built(plain)
    rows = pl.read_csv(plain.parent / "orders.csv")
    rows.with_columns(~pl.col("returned"), pl.col("paid") * 2).write_csv(plain.parent / "orders.csv")
    ran = {*built(plain).ran}
    assert {"dataset:sold", "target:first", "train:first", "target:second", "train:second"} <= ran
    assert not {name for name in ran if name.startswith(("fit:", "features:"))}


# With an op that uses the target, which exists only in the tests: mlbuild runs in a separate process.


def mlbuild(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from tests.pipeline.target_mean import run; run(*sys.argv[1:])"
    command = [sys.executable, "-c", program, "-C", str(file.parent), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def decisions(file: Path, *targets: str) -> dict[str, str]:
    """Return what a build would do with tasks; `maybe` is a task whose inputs are not known before others have run."""
    done = mlbuild(file, "plan", *targets, "--json")
    assert done.returncode == 0, done.stderr
    return {task["task"]: task["decision"] for task in json.loads(done.stdout)["tasks"]}


@pytest.fixture(scope="module")
def supervised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project with a step that uses the target. Its artifacts are verified against `apply`."""
    file = project(tmp_path_factory.mktemp("supervised"), "target_mean")
    done = mlbuild(file, "build", "-j", "1")
    assert done.returncode == 0, done.stderr
    return file


def test_a_step_that_uses_the_target_depends_on_it(supervised: Path) -> None:
    assert {*decisions(supervised).values()} == {"reuse"}
    reads = {name: mlbuild(supervised, "query", f"deps({name})").stdout.split() for name in sorted(FITS)}
    assert {
        name: [read for read in found if read.startswith("target:")] for name, found in reads.items()
    } == {
        "fit:first": ["target:first"],
        "fit:second": ["target:second"],
    }
    other = supervised.with_name("other.mlbuild.yaml")
    other.write_text(supervised.read_text())
    edit(other, "first: {model: first}", "third: {model: first}")
    edit(other, "second: {model: second}", "fourth: {model: second}")
    edit(other, "target: returned", "target: {column: returned, positive: false}")
    planned = decisions(supervised, "-f", other.name, *FITS)
    assert (planned["target:first"], planned["fit:first"], planned["fit:second"]) == ("run", "maybe", "reuse")


def test_what_serves_is_not_what_trains(supervised: Path) -> None:
    """The learner is trained on out-of-fold values, but predictions for the same rows use the fitted states."""
    reads = {
        name: {*mlbuild(supervised, "query", f"deps({name}, 1)").stdout.split()}
        for name in ("train:second", "predict:second")
    }
    assert "fit:second" in reads["train:second"] and "features:second" not in reads["train:second"]
    assert "features:second" in reads["predict:second"] and "fit:second" not in reads["predict:second"]


def test_train_rows_of_an_op_that_refits_come_from_its_own_method() -> None:
    stages = place([TargetMean(columns=Selector(names=("x",)))], schema(x="string"))
    rows = table({"x": ["a", "a", "a", "b"]}, schema(x="string"))
    states, made = fitted(stages, rows, Target(np.array([1, 0, 0, 1]), 2))
    assert made["x"].to_list() == [0.0, 0.5, 0.5, 0.5]
    assert applied(stages, states, rows)["x"].to_list() == [1 / 3, 1 / 3, 1 / 3, 1.0]
