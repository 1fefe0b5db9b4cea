"""`mlbuild describe`: statistics of the tables of a project and of files, and comparisons of two."""

from __future__ import annotations

import json

import pytest

from mlbuild.cli.output.data.statistics import picture
from mlbuild.data.statistics.flags import Flags
from tests.cli.running import Command
from tests.projects import one_model

ROWS = "x,color,y\n" + "".join(
    f"{'' if index % 20 == 0 else index % 7},{'red' if index % 4 else 'blue'},{index % 7 > 3}\n"
    for index in range(100)
)
MODEL = "type: lightgbm.classifier, features: [x, color], target: y, params: {num_iterations: 3}, preprocessing: [{op: category, columns: color}]"


@pytest.fixture
def project(mlbuild: Command) -> Command:
    one_model(mlbuild.folder, "x: {dtype: float, nullable: true}, color: string, y: bool", ROWS, MODEL)
    return mlbuild


def lines(project: Command, *words: str) -> list[str]:
    done = project("describe", *words)
    assert done.code == 0, done.err
    return done.out.splitlines()


def test_a_source(project: Command) -> None:
    title, blank, head, *rows = lines(project, "rows")
    assert (title, blank) == ("rows: 100 rows", "")
    assert head.split() == ["column", "dtype", "missing", "distinct", "shape", "values"]
    assert [row.split() for row in rows] == [
        ["x", "float", "5", "(5.0%)", "7", "██▁█▁██▁██", "0", "..", "3", "..", "6"],
        ["color", "string", "2", "█▄", "red", "75%,", "blue", "25%"],
        ["y", "bool", "█▇", "true", "42%"],
    ]


def test_the_parts_of_a_dataset_and_what_determines_the_target(project: Command) -> None:
    title, _, head, x, *_ = lines(project, "all")
    assert title.startswith("all:train: ") and "test " in title
    assert head.split() == ["column", "dtype", "missing", "distinct", "shape", "y", "values"]
    assert float(x.split()[6]) > 0.5
    assert lines(project, "all:test")[0].startswith("all:test: ")


def test_all_statistics_of_one_column(project: Command) -> None:
    _, _, head, *rows = lines(project, "all", "--column", "x")
    assert head.split() == ["train", "valid", "test"]
    facts = ["rows", "missing", "distinct", "mean", "sd", "min", "5%", "25%", "median", "75%", "95%", "max", "shape"]  # fmt: skip
    assert [row.split()[0] for row in rows] == facts


def test_a_comparison_marks_what_has_shifted(project: Command) -> None:
    (project.folder / "new.csv").write_text(ROWS.replace("red", "green").replace(",y", ",z"))
    one, other, _, head, *rows = lines(project, "rows", "new.csv")
    assert (one, other) == ("rows: 100 rows", "new.csv: 100 rows")
    assert head.split() == ["column", "psi", "largest", "shift", "missing", "shape", "values"]
    told = {row.split()[0]: row.split()[1:] for row in rows}
    assert told["x"][:3] == ["0.000", "0.000", "+0.00"]
    assert told["color"][1:3] == ["**", "0.750"]
    assert (told["y"], told["z"]) == (["only", "in", "the", "first"], ["only", "in", "the", "second"])


def test_a_table_in_an_earlier_build(project: Command) -> None:
    lines(project, "rows")
    [record] = (project.folder / ".mlbuild/runs").iterdir()
    build = record.name.removesuffix(".json")
    (project.folder / "rows.csv").write_text(ROWS + "6,red,true\n" * 50)
    one, other, _, _, x, *_ = lines(project, f"rows@{build}", "rows")
    assert (one, other) == (f"rows@{build}: 100 rows", "rows: 150 rows")
    assert "**" in x
    missing = project("describe", f"all@{build}")
    assert (missing.code, missing.err) == (2, f"mlbuild: build {build} has no description of 'all'\n")


def test_nothing_runs_again_and_only_what_is_needed_runs(project: Command) -> None:
    first = project("describe", "rows").err
    assert "describe:rows" in first and "train:" not in first
    assert "ran" not in project("describe", "rows").err


def test_a_table_that_violates_its_contract_can_be_described(project: Command) -> None:
    spec = project.folder / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace("nullable: true", "nullable: true, max: 3"))
    assert project("build").code == 3
    assert lines(project, "rows")[0] == "rows: 100 rows"
    broken = project("describe", "all")
    assert broken.code == 3
    assert (
        "mlbuild: 'all' cannot be described: the table violates its contract: 1 rule is violated"
        in broken.err
    )


def test_json_has_everything(project: Command) -> None:
    told = json.loads(project("describe", "all", "all:test", "--json").out)
    one, other = told["tables"]
    assert one["part"] == "train" and other["part"] == "test"
    assert one["parts"]["train"]["columns"]["color"]["values"].keys() == {"red", "blue"}
    assert told["distances"].keys() == {"x", "color", "y"}
    assert told["distances"]["x"].keys() == {"psi", "largest", "shift"}
    single = json.loads(project("describe", "rows", "--json").out)
    assert single["parts"]["all"]["columns"]["x"]["missing"] == 5


@pytest.mark.parametrize(
    "words", [["rows"], ["all", "all:test"], ["all", "--column", "color"], ["rows", "--json"]]
)
def test_texts_of_the_data_are_not_quoted_without_samples(project: Command, words: list[str]) -> None:
    assert "red" in project("describe", *words).out
    done = project("--no-samples", "describe", *words)
    assert done.code == 0 and "red" not in done.out and "blue" not in done.out


@pytest.mark.parametrize(
    ("words", "message", "help_"),
    [
        (["row"], "there is no source, dataset or file 'row'", "did you mean 'rows'?"),
        (["zzzzz"], "there is no source, dataset or file 'zzzzz'", "sources and datasets: rows, all"),
        (["all:tests"], "'all' has no part 'tests'", "its parts: train, valid, test"),
        (["rows:test"], "'rows' has no part 'test'", "it is not split"),
        (["rows", "--column", "colour"], "'rows' has no column 'colour'", "did you mean 'color'?"),
        (["rows", "--column", "q"], "'rows' has no column 'q'", "its columns: x, color, y"),
        (["rows@1"], "there is no build or git revision '1'", None),
        (["mlbuild.yaml"], "cannot read rows from 'mlbuild.yaml'", "the name of a data file must end in"),
    ],
)
def test_what_cannot_be_described(
    project: Command, words: list[str], message: str, help_: str | None
) -> None:
    done = project("describe", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-2 if help_ else -1] == f"mlbuild: {message}"
    assert help_ is None or done.err.splitlines()[-1].startswith(f"  help: {help_}")


@pytest.mark.parametrize("name", ["MLBUILD_THREADS", "MLBUILD_JOBS"])
def test_it_uses_as_many_cores_as_a_build(
    project: Command, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    done = project("describe", "rows")
    assert done.code == 2 and done.err.splitlines()[-1].startswith(f"mlbuild: {name}: ")


def test_a_damaged_file(project: Command) -> None:
    (project.folder / "bad.parquet").write_bytes(b"no")
    done = project("describe", "bad.parquet")
    assert done.code == 3 and done.err.startswith("mlbuild: cannot read 'bad.parquet': ")


def test_columns_without_values_and_columns_of_lists(mlbuild: Command) -> None:
    (mlbuild.folder / "old.csv").write_text("x,y\n" + "a,1\n" * 30)
    (mlbuild.folder / "new.ndjson").write_text('{"x": null, "y": 1, "z": [1]}\n' * 30)
    *_, x, y, note = mlbuild("describe", "old.csv", "new.ndjson").out.splitlines()
    assert x.split()[:3] == ["x", x.split()[1], "**"] and "30 (100.0%)" in x and y.split()[1] == "0.000"
    assert note.startswith("new.ndjson: column 'z' is left out: it is of ")


def test_a_file_needs_no_project(mlbuild: Command) -> None:
    (mlbuild.folder / "rows.csv").write_text(ROWS)
    done = mlbuild("describe", "rows.csv")
    assert (done.code, done.err) == (0, "") and done.out.startswith("rows.csv: 100 rows\n")


def test_the_picture_of_a_rare_value_is_not_empty() -> None:
    assert picture(Flags("bool", 1000, 0, 1)) == "█▂"
    assert picture(Flags("bool", 1000, 0, 0)) == "█▁"
