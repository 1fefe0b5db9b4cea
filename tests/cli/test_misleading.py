"""Messages lead to the mistake itself: no false consequence, and no help that leads into the next error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: t
sources:
  rows: {path: "${T_DATA:-.}/rows.csv", contract: row}
  stores: {path: stores.csv, contract: store}
contracts:
  row: {columns: {id: int, x: float, y: float, b: bool}}
  store: {columns: {id: {dtype: int, unique: true}, size: float}}
datasets:
  all:
    from: rows
    steps: [{op: join, with: stores, using: id}]
    split: {type: random}
models: {one: {type: lightgbm.regressor, dataset: all, features: [x, size], target: y}}
outputs: {one: {model: one}}
"""


@pytest.fixture
def project(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.delenv("T_DATA", raising=False)
    (mlbuild.folder / "rows.csv").write_text("id,x,y,b\n1,1,2,0\n2,3,4,1\n1,5,6,Yes\n")
    (mlbuild.folder / "stores.csv").write_text("id,size\n1,2\n2,3\n")
    write(mlbuild.folder)
    assert mlbuild("check").code == 0
    return mlbuild


def write(folder: Path, old: str = "", new: str = "") -> None:
    assert old in SPEC
    (folder / "mlbuild.yaml").write_text(SPEC.replace(old, new))


@pytest.mark.parametrize(
    "column",
    ["{dtype: integer, unique: true}", "{dtype: int, unique: yes}", "{dtype: int, unique: true, mni: 0}"],
)
def test_a_mistake_in_a_unique_column_is_one_error(project: Command, column: str) -> None:
    write(project.folder, "{dtype: int, unique: true}", column)
    ran = project("check")
    assert ran.code == 2 and "1 error" in ran.err and "not-unique" not in ran.err


def test_a_column_that_says_nothing_of_it_is_still_not_unique(project: Command) -> None:
    write(project.folder, "{dtype: int, unique: true}", "{dtype: int, unique: false}")
    assert "error[not-unique]" in project("check").err


@pytest.mark.parametrize(
    ("type_", "help_"),
    [
        ("lightgmb.regressor", "did you mean 'lightgbm.regressor'?"),
        ("lightgbm.regresor", "did you mean 'lightgbm.regressor'?"),
        ("xgboost.regressor", "available types: "),
        ("catboost.classifier", "available types: "),
    ],
)
def test_a_learner_of_another_library_is_no_typing_mistake(project: Command, type_: str, help_: str) -> None:
    write(project.folder, "type: lightgbm.regressor", f"type: {type_}")
    assert f"help: {help_}" in project("check").err


def test_a_missing_file_is_named_as_it_was_looked_for(
    project: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "rows.csv").rename(project.folder / "hours.csv")
    assert "there is no file './rows.csv'" in project("check").err
    monkeypatch.setenv("T_DATA", "secret")
    told = project("check").err
    assert "there is no file '${T_DATA:-.}/rows.csv'" in told and "secret" not in told


def test_a_text_that_is_no_bool_is_told_with_what_to_do(project: Command) -> None:
    told = project("build", "-j", "1", "contract:rows").err
    assert (
        "column 'b' violates 'parses as bool' in 3 rows: '0' (line 2), '1' (line 3), 'Yes' (line 4)" in told
    )
    assert (
        "(list the words for true and false under 'read' of the source, or declare the column as int, or as string with categories)"
        in told
    )


def test_a_number_in_place_of_a_date_is_not_told_to_be_quoted(project: Command) -> None:
    write(project.folder, "{type: random}", "{type: time, column: id, valid_from: 200}")
    told = project("check").err
    assert (
        "'valid_from' must be a string, not 200" in told and "help: write a date, such as 2013-10-01" in told
    )


@pytest.mark.parametrize(
    "split",
    [
        "{type: time, column: id, valid_from: '200'}",
        "{type: rondom, valid: 0.2}",
        "{type: random, tset: 1}",
        "{type: random, valid: 0.6, test: 0.6}",
    ],
)
def test_a_mistake_in_a_split_hides_no_others_and_has_no_consequences(project: Command, split: str) -> None:
    write(project.folder, "{type: random}", split)
    spec = project.folder / "mlbuild.yaml"
    stopping = "target: y, early_stopping: {rounds: 5, metric: r2, split: valid}}}"
    spec.write_text(spec.read_text().replace("target: y}}", stopping))
    assert "1 error" in project("check").err
    spec.write_text(
        spec.read_text().replace("using: id}", "using: id}, {op: derive, columns: {z: nope + 1}}")
    )
    told = project("check").err
    assert "2 errors" in told and "unknown column 'nope'" in told
