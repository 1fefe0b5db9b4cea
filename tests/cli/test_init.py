"""`mlbuild init`: what it writes, what it prints, and what it never overwrites."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from mlbuild.data.formats.by_suffix import KNOWN
from mlbuild.spec.shape.schema import schema_text
from tests.cli.running import Command

BIRDS = "species,island,bill length (mm),ringed,bird\n" + "".join(
    f"{'Gentoo' if row % 3 else 'Adelie'},{'Biscoe' if row % 2 else 'Dream'},{row * 7 % 23 + 0.5},"
    f"{'NA' if row % 9 == 0 else 'true' if row % 4 else 'false'},b{row}\n"
    for row in range(60)
)

DRAFT = """\
# yaml-language-server: $schema=mlbuild.schema.json
# drafted from the 60 rows of birds.csv: correct it where you know better
mlbuild: 1
project: far_away

sources:
  birds:
    path: birds.csv
    null_values: [NA]  # missing values, in 1 column
    contract: birds

contracts:  # rules for every row; a violation fails the build ('min: 0' is a guess from names and zeros)
  birds:
    columns:
      species:
        dtype: string
        serving: false
        categories: [Adelie, Gentoo]
      island:
        dtype: string
        categories: [Biscoe, Dream]
      bill length (mm):
        dtype: float
        min: 0
      ringed:
        dtype: bool
        nullable: true
      bird:
        dtype: string
        unique: true

datasets:  # tables to train models on: joined, filtered, split
  rows:
    from: birds
    split:  # at random, with the same share of each class in all parts
      type: stratified
      test: 0.2
      column: species

preprocessing:  # steps that are part of the artifact
  tabular:
    - op: category  # categorical codes for LightGBM, which also handle unseen and missing values
      columns:
        dtype: string
  linear:
    - op: one_hot
      columns:
        - island
      handle_missing: indicator
    - op: impute
      columns:
        - ringed
      strategy: most_frequent
    - op: standard
      columns:
        dtype: numeric

models:
  species:
    type: sklearn.logistic_regression  # 16 rows of the rarest class for 3 features are too few for trees
    dataset: rows
    features:
      - island
      - bill length (mm)
      - ringed
    # left out of the features:
    #   bird: is different in every row, so it says nothing about new rows
    preprocessing: linear
    target: species
    metrics: [roc_auc, log_loss, accuracy]
    params:
      C: 0.5
      max_iter: 1000
  species_trees:
    type: lightgbm.classifier
    dataset: rows
    features:
      - island
      - bill length (mm)
      - ringed
    preprocessing: tabular
    target: species
    metrics: [roc_auc, log_loss, accuracy]
    params:
      num_iterations: 60
      learning_rate: 0.05
      num_leaves: 3
      min_data_in_leaf: 6
      lambda_l2: 5.0
      min_data_per_group: 3
      cat_smooth: 1.0
      cat_l2: 1.0

outputs:  # dist/species/model.onnx, verified against the trained model; the trees may be better: compare them, and keep one
  species:
    model: species
  species_trees:
    model: species_trees
"""


@pytest.fixture
def far_away(mlbuild: Command) -> Command:
    """The command in a folder whose name is not a valid project name, with the penguins data."""
    folder = mlbuild.folder / "far away"
    folder.mkdir()
    (folder / "birds.csv").write_text(BIRDS)
    return mlbuild


def test_a_draft(far_away: Command) -> None:
    ran = far_away("-C", "far away", "init", "birds.csv", "--target", "species")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "wrote mlbuild.yaml\n  target 'species' (2 classes), 3 features, 60 rows\n"
        "  split: at random, with the same share of each class in all parts (48 train, 12 test)\n"
        "  not a feature: 'bird' is different in every row, so it says nothing about new rows\n"
        "  next step: mlbuild build\n"
    )
    folder = far_away.folder / "far away"
    assert (folder / "mlbuild.yaml").read_text() == DRAFT
    assert (folder / "mlbuild.schema.json").read_text(encoding="utf-8") == schema_text()
    assert sorted(path.name for path in folder.iterdir()) == [
        "birds.csv",
        "mlbuild.schema.json",
        "mlbuild.yaml",
    ]


def test_a_draft_told_as_a_document(far_away: Command) -> None:
    ran = far_away("-C", "far away", "init", "birds.csv", "--target", "species", "--json")
    assert json.loads(ran.out) == {
        "schema_version": 1,
        "command": "init",
        "ok": True,
        "exit_code": 0,
        "file": "mlbuild.yaml",
        "rows": 60,
        "columns": ["species", "island", "bill length (mm)", "ringed", "bird"],
        "left_out": {"bird": "is different in every row, so it says nothing about new rows"},
        "target": "species",
        "task": "classification",
        "features": ["island", "bill length (mm)", "ringed"],
        "suspects": {},
        "split": "at random, with the same share of each class in all parts",
        "notes": [],
    }


def test_an_empty_template_passes_check(mlbuild: Command) -> None:
    assert mlbuild("init").out == "wrote mlbuild.yaml\n"
    ran = mlbuild("check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "mlbuild.yaml: ok (0 sources, 0 datasets, 0 models, 0 outputs)\n"
    assert mlbuild("build").code == 0


def test_the_comments_of_the_template_are_a_spec(mlbuild: Command) -> None:
    mlbuild("init")
    file = mlbuild.folder / "mlbuild.yaml"
    file.write_text(re.sub(r"(?m)^# (?!yaml)", "", file.read_text()))
    (mlbuild.folder / "data").mkdir()
    (mlbuild.folder / "data/customers.csv").touch()
    ran = mlbuild("check")
    assert (ran.err, ran.out) == ("", "mlbuild.yaml: ok (1 source, 1 dataset, 1 model, 1 output)\n")


def test_without_a_target_the_models_are_comments(far_away: Command) -> None:
    ran = far_away("init", "far away/birds.csv")
    assert ran.out == "wrote mlbuild.yaml\n  5 columns, 60 rows; add --target COLUMN to draft a model too\n"
    assert far_away("check").out == "mlbuild.yaml: ok (1 source, 0 datasets, 0 models, 0 outputs)\n"
    assert far_away("build", "contract:*").code == 0
    file = far_away.folder / "mlbuild.yaml"
    text = file.read_text()
    assert "\n    path: far away/birds.csv\n" in text
    filled_in = re.sub(r"(?m)^# (?!yaml|drafted)", "", text).replace("TARGET", "species")
    file.write_text(filled_in)
    ran = far_away("check")
    assert (ran.err, ran.out) == ("", "mlbuild.yaml: ok (1 source, 1 dataset, 1 model, 1 output)\n")


def test_one_row_of_one_column_is_counted_as_one(mlbuild: Command) -> None:
    (mlbuild.folder / "one.csv").write_text("size\n1\n")
    ran = mlbuild("init", "one.csv")
    assert ran.out == "wrote mlbuild.yaml\n  1 column, 1 row; add --target COLUMN to draft a model too\n"
    text = (mlbuild.folder / "mlbuild.yaml").read_text()
    assert "# drafted from the only row of one.csv: correct it where you know better\n" in text


def test_an_existing_spec_stays(far_away: Command) -> None:
    (far_away.folder / "mlbuild.yaml").write_text("mine\n")
    ran = far_away("init", "far away/birds.csv", "--target", "species")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "mlbuild: the spec 'mlbuild.yaml' already exists\n  help: remove it, or choose another file with -f\n"
    )
    assert (far_away.folder / "mlbuild.yaml").read_text() == "mine\n"
    assert not (far_away.folder / "mlbuild.schema.json").exists()


def test_a_link_to_nothing_stays(mlbuild: Command) -> None:
    (mlbuild.folder / "mlbuild.yaml").symlink_to("nothing")
    ran = mlbuild("init")
    assert (ran.code, ran.err) == (
        2,
        "mlbuild: 'mlbuild.yaml' is a broken symlink\n  help: remove it, or choose another file with -f\n",
    )
    assert [path.name for path in mlbuild.folder.iterdir()] == ["mlbuild.yaml"]


def test_a_schema_that_is_a_link_to_nothing_is_replaced(mlbuild: Command) -> None:
    (mlbuild.folder / "mlbuild.schema.json").symlink_to("nothing")
    assert mlbuild("init").code == 0
    assert created(mlbuild.folder) == {"mlbuild.yaml", "mlbuild.schema.json"}


def test_an_existing_schema_stays(mlbuild: Command) -> None:
    (mlbuild.folder / "mlbuild.schema.json").write_text("mine\n")
    assert mlbuild("init").code == 0
    assert (mlbuild.folder / "mlbuild.schema.json").read_text() == "mine\n"


def test_another_file_has_its_paths_from_its_own_folder(far_away: Command) -> None:
    (far_away.folder / "specs").mkdir()
    named = "specs/birds.mlbuild.yaml"
    assert far_away("-f", named, "init", "far away/birds.csv", "--target", "species").code == 0
    assert "    path: '../far away/birds.csv'\n" in (far_away.folder / named).read_text()
    assert far_away("-f", named, "check", "--allow-outside").code == 0
    assert far_away("-f", named, "build", "--allow-outside").code == 0
    assert (far_away.folder / "specs/dist/species/model.onnx").is_file()


def test_a_file_whose_name_looks_like_a_variable_is_a_file(mlbuild: Command) -> None:
    (mlbuild.folder / "${HOME}: #1.csv").write_text(BIRDS)
    assert mlbuild("init", "${HOME}: #1.csv", "--target", "species").code == 0
    assert mlbuild("build", "contract:*").code == 0


@pytest.mark.parametrize(
    ("name", "mark"), [("birds.tab", "csv"), ("birds.CSV", "csv"), ("birds.pq", "parquet")]
)
def test_a_suffix_that_says_no_type_is_said(mlbuild: Command, name: str, mark: str) -> None:
    rows = pl.read_csv(BIRDS.encode(), null_values="NA")
    file = mlbuild.folder / name
    rows.write_parquet(file) if mark == "parquet" else rows.write_csv(file, separator="\t")
    assert mlbuild("init", name, "--target", "species").code == 0
    text = (mlbuild.folder / "mlbuild.yaml").read_text()
    assert f"    type: {mark}\n    path: {name}\n" in text
    assert ('    delimiter: "\\t"\n' in text) == (name == "birds.CSV")
    assert mlbuild("build").code == 0


REFUSED = {
    "no such column": (
        ["birds.csv", "--target", "specie"],
        "there is no column 'specie'\n  help: did you mean 'species'?; available columns: species, island, bill length (mm), ringed, bird",
    ),
    "no such file": (["bird.csv"], "there is no file 'bird.csv'"),
    "another kind of file": (
        ["birds.xls"],
        "cannot read rows from 'birds.xls'\n  help: the name of a data file must end in " + ", ".join(KNOWN),
    ),
    "a target of no file": (
        ["--target", "species"],
        "--target and --task need a data file\n  help: run mlbuild init DATA --target COLUMN",
    ),
    "a task of no target": (["birds.csv", "--task", "regression"], "--task needs --target"),
    "a task that does not suit": (
        ["birds.csv", "--target", "species", "--task", "regression"],
        "the target 'species' is of dtype string, but regression predicts int or float\n"
        "  help: remove --task, or choose another column",
    ),
}


@pytest.mark.parametrize(("words", "message"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_drafted_is_said(far_away: Command, words: list[str], message: str) -> None:
    folder = far_away.folder / "far away"
    (folder / "birds.xls").write_bytes(b"")
    ran = far_away("-C", "far away", "init", *words)
    assert (ran.code, ran.out, ran.err) == (2, "", f"mlbuild: {message}\n")
    assert not (folder / "mlbuild.yaml").exists()


def test_a_folder_that_is_not_there_is_said(mlbuild: Command) -> None:
    ran = mlbuild("init", "-f", "gone/mlbuild.yaml")
    assert (ran.code, ran.err) == (2, "mlbuild: there is no folder 'gone'\n")


def test_a_file_that_cannot_be_read_is_a_fault_of_the_data(mlbuild: Command) -> None:
    (mlbuild.folder / "rows.csv").write_bytes(b"a,b\n1,2\n\0,3\n")
    ran = mlbuild("init", "rows.csv", "--target", "a")
    assert (ran.code, ran.err) == (
        3,
        "mlbuild: rows.csv: cannot read the file as csv: line 3 contains a NUL byte\n",
    )
    assert not (mlbuild.folder / "mlbuild.yaml").exists()


def test_columns_that_cannot_be_used_are_told_where_none_can(mlbuild: Command) -> None:
    (mlbuild.folder / "rows.csv").write_text("a,b,b\n,1,2\nNA,3,4\n")
    ran = mlbuild("init", "rows.csv", "--target", "a")
    assert (ran.code, ran.err) == (
        3,
        "mlbuild: rows.csv: the file has no values\n"
        "  column 'b' appears twice in the header\n"
        "  column 'a' has no values\n",
    )


def test_help_says_what_is_written_without_a_target(mlbuild: Command) -> None:
    ran = mlbuild("init", "--help")
    assert ran.code == 0
    assert (
        "--target COLUMN column to predict (default: none; the example model is commented out)"
        in " ".join(ran.out.split())
    )


def test_no_place_but_the_folder_of_the_spec_is_written(far_away: Command) -> None:
    before = {path: path.stat().st_mtime_ns for path in (far_away.folder / "far away").iterdir()}
    assert far_away("init", "far away/birds.csv", "--target", "species").code == 0
    assert {path: path.stat().st_mtime_ns for path in (far_away.folder / "far away").iterdir()} == before
    assert created(far_away.folder) == {"mlbuild.yaml", "mlbuild.schema.json"}


def created(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


def test_several_files_are_one_table(mlbuild: Command) -> None:
    for day in (1, 2, 3):
        folder = mlbuild.folder / f"day=2026-01-0{day}"
        folder.mkdir()
        rows = "".join(f"{row * 7 % 23},{'ab'[row * 5 % 3 % 2]}\n" for row in range(30))
        (folder / "rows.csv").write_text("size,y\n" + rows)
    ran = mlbuild("init", "day=*/*.csv", "--target", "y")
    assert ran.code == 0 and "  split: by time 'day'" in ran.out
    text = (mlbuild.folder / "mlbuild.yaml").read_text()
    assert "    path: 'day=*/*.csv'\n" in text and "      day: date\n" in text
    assert (mlbuild("check").code, mlbuild("build", "-q").code) == (0, 0)


def test_a_pattern_without_files_is_refused(mlbuild: Command) -> None:
    ran = mlbuild("init", "day=*/*.csv")
    assert ran.code == 2 and "no file matches 'day=*/*.csv'" in ran.err


def test_files_with_other_columns_are_refused(mlbuild: Command) -> None:
    (mlbuild.folder / "a1.csv").write_text("size,y\n" + "1.5,a\n2.5,b\n" * 10)
    (mlbuild.folder / "a2.csv").write_text("size,z\n" + "1.5,a\n2.5,b\n" * 10)
    ran = mlbuild("init", "a*.csv")
    assert ran.code == 3 and "has the column 'y'" in ran.err
