"""Tests of a spec run between the verification and the publication of an output, and `mlbuild test` reports them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import onnx
import polars as pl
import pytest
import yaml
from onnx import numpy_helper

from mlbuild.cli.exits import DATA, GATE, OK, USAGE
from tests.cli.running import Command
from tests.verdicts.loans import edited, loans, rows

RICH = "label: true, probability: {min: 0.8}"
WRONG = "label: false, probability: {min: 0.8}"


def outcomes(mlbuild: Command, *words: str) -> dict[str, str]:
    told = json.loads(mlbuild("test", "-j", "1", "--json", *words).out)
    return {one["test"]: one["outcome"] for one in told["tests"]}


def ran(mlbuild: Command, *words: str) -> list[str]:
    """Build, and return the tasks that ran."""
    told = json.loads(mlbuild("build", "-j", "1", "--json", *words).out)
    return [one["task"] for one in told["tasks"] if one["outcome"] in ("ran", "failed")]


def test_a_passing_test_is_published_and_remembered(tmp_path: Path, mlbuild: Command) -> None:
    loans(tmp_path)
    first = mlbuild("build", "-j", "1")
    assert first.code == OK, first.err
    lines = first.out.splitlines()
    assert lines[lines.index("dist/trees/model.onnx") + 2] == "  tests: 3 passed"
    assert lines[lines.index("dist/line/model.onnx") + 2] == "  tests: 2 passed"
    again = mlbuild("build", "-j", "1")
    assert "nothing to do" in again.err or " reused" in again.err
    assert "  tests: 3 passed" in again.out.splitlines()
    told = mlbuild("test", "-j", "1")
    assert told.code == OK
    *lines, last = told.out.splitlines()
    assert len(lines) == 5 and last == "5 tests: 5 passed"
    assert lines[0].startswith("PASS  rich          label true, probability 0.9")
    assert all(line.endswith("  (cached)") for line in lines)


def test_a_failing_test_keeps_the_former_folder(tmp_path: Path, mlbuild: Command) -> None:
    file = loans(tmp_path)
    assert mlbuild("build", "-j", "1").code == OK
    before = (tmp_path / "dist/trees/model.onnx").read_bytes()
    edited(file, (RICH, WRONG), ("num_iterations: 20", "num_iterations: 21"))
    failed = mlbuild("build", "-j", "1")
    assert failed.code == GATE
    assert "dist/trees/model.onnx: out of date, not changed" in failed.out
    assert "test:rich: label true, expected false, probability 0." in failed.err
    assert (tmp_path / "dist/trees/model.onnx").read_bytes() == before
    assert "dist/line/model.onnx\n" in failed.out, "the other output is not affected"
    assert ran(mlbuild) == ["test:rich"], "a failed verdict is listed, but it is remembered"
    again = mlbuild("build", "-j", "1")
    assert again.code == GATE and "nothing has changed since" in again.err
    told = mlbuild("test", "-j", "1", "rich")
    assert told.code == GATE
    line, last = told.out.splitlines()
    assert last == "1 test: 1 failed" and line.startswith("FAIL  rich  label true, expected false, ")
    assert line.endswith("  (cached)  (mlbuild.yaml:37)")
    edited(file, (WRONG, RICH))
    assert mlbuild("build", "-j", "1").code == OK
    assert (tmp_path / "dist/trees/model.onnx").read_bytes() != before


def test_the_first_output_is_not_published_at_all(tmp_path: Path, mlbuild: Command) -> None:
    loans(
        tmp_path, "tests:\n  rich: {output: line, given: {income: 9000, debt: 9}, expect: {label: false}}\n"
    )
    assert mlbuild("build", "-j", "1").code == GATE
    assert not (tmp_path / "dist/line").exists() and (tmp_path / "dist/trees").exists()


def test_a_warning_is_told_and_can_be_an_error(tmp_path: Path, mlbuild: Command) -> None:
    more = "  rich: {output: line, severity: warn, given: {income: 9000, debt: 9}, expect: {label: false}}\n"
    file = loans(tmp_path, f"tests:\n{more}")
    for _ in range(2):
        done = mlbuild("build", "-j", "1")
        assert done.code == OK
        assert "  tests: 0 passed, 1 warning" in done.out.splitlines()
        assert "warning[failed-test]: label true, expected false" in done.err
    told = mlbuild("test", "-j", "1")
    assert (told.code, told.out.splitlines()[0][:5]) == (OK, "WARN ")
    file.write_text(file.read_text() + "warnings: {failed-test: error}\n")
    assert mlbuild("build", "-j", "1").code == GATE
    assert outcomes(mlbuild) == {"rich": "failed"}


CHANGES: dict[str, tuple[tuple[str, str], list[str]]] = {
    "a renamed test": (("  rich:\n", "  wealthy:\n"), ["report:trees", "publish:trees"]),
    "another bound": (
        ("{min: 0.8}", "{min: 0.7}"),
        ["try:rich", "report:trees", "test:rich", "publish:trees"],
    ),
    "another severity": (
        ("    within: 0.2\n", "    within: 0.2\n    severity: warn\n"),
        ["try:nobody_moves"],
    ),
    "another way to write it": (
        ("{income: 200, city: Rome}", "{city: Rome, income: 200, debt: null}"),
        ["try:poor"],
    ),
}


@pytest.mark.parametrize(("change", "wanted"), CHANGES.values(), ids=CHANGES)
def test_no_training_depends_on_a_test(
    tmp_path: Path, mlbuild: Command, change: tuple[str, str], wanted: list[str]
) -> None:
    file = loans(tmp_path)
    assert mlbuild("build", "-j", "1").code == OK
    edited(file, change)
    assert ran(mlbuild) == wanted


def test_a_new_test_trains_nothing(tmp_path: Path, mlbuild: Command) -> None:
    file = loans(tmp_path)
    assert mlbuild("build", "-j", "1").code == OK
    file.write_text(file.read_text() + "  new: {output: line, test: invariant, columns: debt, within: 1}\n")
    assert ran(mlbuild) == ["try:new", "report:line", "test:new", "publish:line"]


#: What can go wrong with a model, and the tests that stop it.
REGRESSIONS: dict[str, tuple[Any, list[tuple[str, str]], set[str]]] = {
    "the labels are shuffled": (
        lambda: rows().with_columns(repaid=rows()["repaid"].shuffle(seed=1)),
        [("params: {num_iterations: 20", "params: {num_iterations: 20, learning_rate: 0.01")],
        {"rich", "poor"},
    ),
    "the labels are flipped": (
        lambda: rows().with_columns(repaid=~rows()["repaid"]),
        [],
        {"rich", "poor", "more_debt"},
    ),
    "a feature is dropped": (
        rows,
        [
            ("features: [income, debt]", "features: [debt]"),
            ("columns: [income, debt]}", "columns: debt}"),
            ("given: {income: 5000}", "given: {}"),
            ("expect: {debt: 0}", "expect: {debt: 3}"),
        ],
        {"scaled"},
    ),
    "a step is lost": (
        rows,
        [("      - {op: standard, columns: [income, debt]}\n", "")],
        {"scaled"},
    ),
    "the city leaks": (
        lambda: rows().with_columns(city=rows()["repaid"].replace_strict({True: "Rome", False: "Oslo"})),
        [],
        {"nobody_moves", "rich", "poor"},
    ),
}


@pytest.mark.parametrize(("data", "changes", "wanted"), REGRESSIONS.values(), ids=REGRESSIONS)
def test_a_planted_regression_is_stopped(
    tmp_path: Path, mlbuild: Command, data: Any, changes: list[tuple[str, str]], wanted: set[str]
) -> None:
    file = loans(tmp_path)
    assert mlbuild("build", "-j", "1").code == OK
    loans(tmp_path, data=data())
    edited(file, *changes)
    found = {name for name, outcome in outcomes(mlbuild).items() if outcome == "failed"}
    assert found and found <= wanted, found
    assert mlbuild("build", "-k", "-j", "1").code == GATE


def test_a_features_test_stops_a_build_before_training(tmp_path: Path, mlbuild: Command) -> None:
    loans(tmp_path)
    edited(tmp_path / "mlbuild.yaml", ("expect: {debt: 0}", "expect: {debt: 7}"))
    tasks = ran(mlbuild)
    assert "try:scaled" in tasks and "fit:line" in tasks
    assert not any(task.startswith(("train:", "bin:")) for task in tasks)


def test_junit_files_and_unknown_names(tmp_path: Path, mlbuild: Command) -> None:
    file = loans(tmp_path)
    edited(file, (RICH, WRONG))
    assert mlbuild("test", "-j", "1", "--junit", "junit.xml").code == GATE
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()  # our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("5", "1", "0")
    failure = suite.find("testcase[@name='rich']/failure")
    assert failure is not None and "expected false" in str(failure.get("message"))
    told = mlbuild("test", "riche")
    assert (told.code, told.out) == (USAGE, "")
    assert "there is no test 'riche'" in told.err and "did you mean 'rich'?" in told.err


FILED = "tests:\n  filed: {output: trees, path: cases.csv}\n"
CASES = """\
expect.label,city,income,debt,member,expect.probability.min
true,Rome,9000,100,true,0.8
false,Oslo,100,900,,
,Rome,9000,,false,0.5
"""


def test_rows_can_be_in_a_file(tmp_path: Path, mlbuild: Command) -> None:
    loans(tmp_path, FILED)
    file = tmp_path / "cases.csv"
    file.write_text(CASES)
    assert mlbuild("build", "-j", "1").code == OK
    told = mlbuild("test", "-j", "1")
    assert told.out.splitlines() == ["PASS  filed  3 rows are as expected  (cached)", "1 test: 1 passed"]
    file.write_text(CASES.replace("false,Oslo", "true,Oslo"))
    assert ran(mlbuild) == ["try:filed", "report:trees", "test:filed"], "only the test reads it"
    failed = mlbuild("test", "-j", "1")
    assert failed.code == GATE
    assert failed.out.splitlines()[0].startswith("FAIL  filed  1 of 3 rows are not as expected")
    assert "      row 2: label false, expected true" in failed.out.splitlines()
    # The same rows, with the columns in another order and in another format.
    frame = pl.read_csv(file).with_columns(income=pl.col("income").cast(pl.Int32))
    frame.select(sorted(frame.columns)).write_parquet(tmp_path / "cases.parquet")
    edited(tmp_path / "mlbuild.yaml", ("cases.csv", "cases.parquet"))
    assert "      row 2: label false, expected true" in mlbuild("test", "-j", "1").out.splitlines()


def test_files_of_rows_can_have_every_format_with_its_options(
    tmp_path: Path, mlbuild: Command, monkeypatch: pytest.MonkeyPatch, store: Path
) -> None:
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(store))
    frame = pl.read_csv(CASES.replace("false,Oslo", "true,Oslo").encode())
    frame.write_ndjson(tmp_path / "cases.jsonl")
    frame.write_ipc(tmp_path / "cases.arrow")
    frame.write_parquet(tmp_path / "parquet.dat")
    semicolons = frame.with_columns(pl.col("income").cast(pl.String).str.replace("9000", "9.000,0"))
    text = semicolons.write_csv(separator=";", null_value="NA", quote_style="never")
    (tmp_path / "cases.csv").write_text(text.replace("Rome", "R\u00f4me"), "latin-1")
    options = "encoding: latin-1, delimiter: ';', null_values: [NA]"
    options += ", read: {income: {decimal: ',', thousands: .}}"
    for path, form in {
        "cases.jsonl": "",
        "cases.arrow": "",
        "parquet.dat": ", format: {type: parquet}",
        "cases.csv": f", format: {{type: csv, {options}}}",
    }.items():
        loans(tmp_path, f"tests:\n  filed: {{output: trees, path: {path}{form}}}\n")
        told = mlbuild("test", "-j", "1")
        assert told.code == GATE, told.err
        assert "      row 2: label false, expected true" in told.out.splitlines(), path


#: What is wrong with a file of rows, and what is said about it.
BAD_CASES = {
    "a column that is no input": (
        CASES.replace("income", "incme"),
        "column 'incme' of 'cases.csv' is not an input of the artifact; did you mean 'income'?",
    ),
    "an expectation for numbers": (
        CASES.replace("probability.min", "value.min"),
        "column 'expect.value.min' of 'cases.csv' is not what can be expected of this model; did you mean ",
    ),
    "no expectation": (
        "income,city,member\n1,Rome,true\n",
        "'cases.csv' expects nothing; it needs a column such as 'expect.label'",
    ),
    "a row without one": (f"{CASES},Rome,1,1,true,\n", "row 4 of 'cases.csv' expects nothing"),
    "a value that does not parse": (
        CASES.replace("9000,100", "much,100"),
        "column 'income' violates 'parses as float' in 1 row: 'much' (row 1)",
    ),
    "a label that does not parse": (
        CASES.replace("true,Rome", "yes,Rome"),
        "column 'expect.label' violates 'parses as bool' in 1 row: 'yes' (row 1)",
    ),
    "a missing value": (
        CASES.replace("Rome,9000,100", "Rome,,100"),
        "column 'income' violates 'not null' in 1 row: null (row 1)",
    ),
    "an input that must be there": (
        "city,member,expect.label\nRome,true,true\n",
        "column 'income' is missing",
    ),
    "a column twice": (CASES.replace("debt", "income"), "column 'income' appears twice"),
    "a range upside down": (
        "income,city,member,expect.probability.min,expect.probability.max\n1,Rome,true,0.6,0.5\n",
        "row 1 of 'cases.csv' has a minimum of probability above the maximum",
    ),
    "no rows": (CASES.splitlines()[0] + "\n", "'cases.csv' has no rows"),
    "nothing": ("", "'cases.csv' expects nothing"),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache, so that tests of one model train it once."""
    return tmp_path_factory.mktemp("store")


@pytest.mark.parametrize(("content", "wanted"), BAD_CASES.values(), ids=BAD_CASES)
def test_what_is_wrong_with_a_file_of_rows_is_told(
    tmp_path: Path, mlbuild: Command, monkeypatch: pytest.MonkeyPatch, store: Path, content: str, wanted: str
) -> None:
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(store))
    loans(tmp_path, FILED)
    (tmp_path / "cases.csv").write_text(content)
    told = mlbuild("build", "-j", "1", "output:trees")
    assert told.code == DATA, told.err
    assert wanted in " ".join(told.err.split()), told.err


def test_a_test_that_cannot_run_is_skipped(tmp_path: Path, mlbuild: Command) -> None:
    data = rows().with_columns(income=-rows()["income"])
    loans(tmp_path, data=data)
    told = mlbuild("test", "-j", "1")
    assert told.code == 3
    assert {line[:4] for line in told.out.splitlines()[:-1]} == {"SKIP"}
    assert told.out.splitlines()[-1] == "5 tests: 5 skipped"


def test_a_vacuous_test_fails(tmp_path: Path, mlbuild: Command) -> None:
    more = """\
tests:
  same: {output: trees, test: invariant, change: {income: income * 1}}
  unused: {output: trees, test: monotone, column: income, direction: increasing, rows: 5}
  real: {output: trees, test: directional, change: {income: income + 9000}, expect: {at_least: -0.3}}
"""
    loans(tmp_path, more)
    told = mlbuild("test", "-j", "1")
    first, second, third = [line for line in told.out.splitlines() if line[0] != " "][:3]
    assert "no row can fail: the change does not affect any of the 1" in first and first.startswith("FAIL")
    assert "values that cover all of 'income' tried" in second
    assert third.startswith("PASS") and " changed rows rise by at least -0.3" in third


def test_a_spec_without_tests_has_none(tmp_path: Path, mlbuild: Command) -> None:
    loans(tmp_path, "")
    told = mlbuild("test")
    assert (told.code, told.out) == (OK, "0 tests: none are defined\n")


def test_a_draft_is_a_test_that_passes(tmp_path: Path, mlbuild: Command) -> None:
    file = loans(tmp_path, "")
    drafts: dict[str, Any] = {}
    for output, row in (("trees", "3"), ("line", "7")):
        told = mlbuild("test", "-j", "1", "--draft", output, "--row", row)
        assert told.code == OK, told.err
        drafts |= yaml.safe_load(told.out)["tests"]
    assert [*drafts] == ["trees_row_3", "line_row_7"]
    assert {"income", "city"} <= drafts["trees_row_3"]["given"].keys()
    assert drafts["trees_row_3"]["expect"].keys() == {"label", "probability"}
    file.write_text(file.read_text() + yaml.safe_dump({"tests": drafts}))
    assert outcomes(mlbuild) == dict.fromkeys(drafts, "passed")


def test_what_cannot_be_drafted(tmp_path: Path, mlbuild: Command) -> None:
    loans(tmp_path, "")
    for words, message in {
        ("--draft", "tree"): "there is no output 'tree'",
        ("--draft", "trees", "--row", "1000"): "there is no row 1000: the test part has 1",
        ("--row", "3"): "--row needs --draft",
        ("--draft", "trees", "--junit", "x.xml"): "--draft runs no tests",
    }.items():
        told = mlbuild("test", "-j", "1", *words)
        assert told.code == USAGE and message in told.err, told.err


def test_a_leaf_that_is_edited_by_hand_is_noticed(tmp_path: Path, mlbuild: Command) -> None:
    loans(tmp_path)
    assert mlbuild("build", "-j", "1").code == OK
    file = tmp_path / "dist/trees/model.onnx"
    whole = file.read_bytes()
    model = onnx.load_from_string(whole)
    (trees,) = (node for node in model.graph.node if node.op_type == "TreeEnsemble")
    (weights,) = (one for one in trees.attribute if one.name == "leaf_weights")
    values = numpy_helper.to_array(weights.t).copy()
    values[0] += 1
    weights.t.CopyFrom(numpy_helper.from_array(values))
    file.write_bytes(model.SerializeToString())
    told = mlbuild("test", "-j", "1")
    assert told.code == GATE
    assert told.out.splitlines()[-1].startswith("'dist/trees' was changed after the build published it")
    assert mlbuild("build", "-j", "1").code == OK and file.read_bytes() == whole
    assert mlbuild("test", "-j", "1").code == OK
