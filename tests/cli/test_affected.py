"""A failed source or dataset names the models and outputs that depend on it."""

from __future__ import annotations

import json

import pytest

from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: p
warnings: {unused: ignore, split-overlap: ignore, no-skill: ignore}
sources:
  rows: {path: rows.csv, contract: row}
  more: {path: more.csv, contract: more}
  alone: {path: more.csv, contract: more}
contracts:
  row: {columns: {k: int, x: float, y: float}}
  more: {unique: [k], columns: {k: int, z: {dtype: float, min: 0}}}
datasets:
  d: {from: rows, split: {type: random, test: 0.2}}
  joined:
    from: rows
    steps: [{op: join, with: more, using: [k], how: left, cardinality: many_to_one}]
    split: {type: random, test: 0.2}
models:
  plain: {type: sklearn.ridge, dataset: d, features: [x], target: y}
  rich: {type: sklearn.ridge, dataset: joined, features: [x], target: y}
  other: {type: sklearn.ridge, dataset: joined, features: [x, k], target: y}
outputs:
  first: {model: plain}
  second: {model: rich}
"""
GOOD, BAD = "k,z\n0,1\n1,2\n", "k,z\n0,1\n1,-2\n"
ROWS = "k,x,y\n" + "".join(f"{i % 2},{i},{i * 7 % 5}\n" for i in range(20))


@pytest.fixture
def project(mlbuild: Command) -> Command:
    (mlbuild.folder / "mlbuild.yaml").write_text(SPEC)
    (mlbuild.folder / "rows.csv").write_text(ROWS)
    (mlbuild.folder / "more.csv").write_text(GOOD)
    return mlbuild


#: What a spoiled file affects, by the task that finds it.
HIT = {
    "more.csv": (
        BAD,
        "contract:more",
        ["rich", "other"],
        ["second"],
        "affects models rich, other and output second",
    ),
    "rows.csv": (
        ROWS.replace("0,0,0", "0,zero,0"),
        "contract:rows",
        ["plain", "rich", "other"],
        ["first", "second"],
        "affects models plain, rich, other and outputs first, second",
    ),
}


@pytest.mark.parametrize("file", HIT)
def test_a_violation_names_what_depends_on_the_table(project: Command, file: str) -> None:
    content, task, models, outputs, line = HIT[file]
    (project.folder / file).write_text(content)
    ran = project("build", task, "-j", "1")
    assert ran.code == 3 and f"           {line}\n" in ran.err
    told = json.loads(project("build", task, "--json").out)["failures"][task]
    assert told["affects"] == {"models": models, "outputs": outputs}
    noticed = project("build", task, "--format", "github").out
    assert line in noticed


def test_a_table_that_nothing_depends_on_affects_nothing(project: Command) -> None:
    (project.folder / "more.csv").write_text(BAD)
    ran = project("build", "contract:alone", "-j", "1")
    assert ran.code == 3 and "affects" not in ran.err
    told = json.loads(project("build", "contract:alone", "--json").out)["failures"]["contract:alone"]
    assert told["affects"] == {}


def test_a_dataset_that_cannot_be_made_names_its_models(project: Command) -> None:
    spec = SPEC.replace(
        "split: {type: random, test: 0.2}\nmodels", "split: {type: time, column: x, test_from: 0}\nmodels"
    )
    spec = spec.replace("x: float, y", "x: datetime, y").replace("test_from: 0", "test_from: 2000-01-01")
    spec = spec.replace("features: [x]", "features: [k]").replace("features: [x, k]", "features: [k]")
    (project.folder / "mlbuild.yaml").write_text(spec)
    (project.folder / "rows.csv").write_text("k,x,y\n0,2020-01-01,1\n1,2020-01-02,2\n")
    ran = project("build", "-j", "1")
    assert ran.code == 3 and "dataset:joined: " in ran.err
    assert "affects models rich, other and output second\n" in ran.err
