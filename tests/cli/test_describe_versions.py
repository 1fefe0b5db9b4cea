"""`mlbuild describe` compares versions: git revisions, and files that are read like a source."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.cli.test_describe import MODEL, ROWS
from tests.projects import one_model


@pytest.fixture
def project(mlbuild: Command) -> Command:
    """A project in a repository, whose first commit was built."""
    one_model(mlbuild.folder, "x: {dtype: float, nullable: true}, color: string, y: bool", ROWS, MODEL)
    git(mlbuild.folder, "init", "-q")
    commit(mlbuild.folder)
    assert mlbuild("build", "-q").code == 0
    return mlbuild


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    command = ["git", *who, *words]
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True, timeout=120
    ).stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "a change")


def more_rows(project: Command, color: str = "red") -> None:
    rows = project.folder / "rows.csv"
    rows.write_text(rows.read_text() + f"6,{color},true\n" * 50)


@pytest.mark.parametrize("revision", ["HEAD~1", "first", "HASH"])
def test_a_revision_is_compared_with_now(project: Command, revision: str) -> None:
    first = git(project.folder, "rev-parse", "HEAD")
    [record] = (project.folder / ".mlbuild/runs").iterdir()
    git(project.folder, "tag", "first")
    more_rows(project)
    commit(project.folder)
    named = revision.replace("HASH", first[:12])
    done = project("describe", f"rows@{named}", "rows")
    assert done.code == 0, done.err
    one, other, _, _, x, *_, note = done.out.splitlines()
    assert (one, other) == (f"rows@{named}: 100 rows", "rows: 150 rows")
    assert "**" in x
    assert note == f"rows@{named}: in build {record.stem}"
    told = json.loads(project("describe", f"all:test@{named}", f"rows@{named}", "--json").out)
    assert [one["build"] for one in told["tables"]] == [record.stem] * 2
    assert told["tables"][0]["part"] == "test"
    assert json.loads(project("describe", "rows", "--json").out)["build"] is None


def test_a_revision_that_was_not_built_says_how_to_build_it(project: Command) -> None:
    more_rows(project)
    commit(project.folder)
    more_rows(project)
    commit(project.folder)
    done = project("describe", "rows@HEAD~1", "rows")
    assert (done.code, done.out) == (1, "")
    message, help_ = done.err.splitlines()[-2:]
    assert message == "mlbuild: the store has no build of revision 'HEAD~1' that described 'rows'"
    making = "git checkout 'HEAD~1' && mlbuild build --force describe:rows && git checkout -"
    assert help_ == f"  help: make one: {making}"
    git(project.folder, "checkout", "HEAD~1")
    assert project("build", "--force", "describe:rows").code == 0
    git(project.folder, "checkout", "-")
    assert project("describe", "rows@HEAD~1").out.startswith("rows@HEAD~1: 150 rows\n")


def test_a_revision_in_which_nothing_was_to_be_built_can_be_built(project: Command) -> None:
    """Its record is made by force, because builds with nothing to do have none."""
    (project.folder / "README.md").write_text("Words.\n")
    commit(project.folder)
    assert project("build", "-q").code == 0
    assert project("describe", "rows@HEAD").code == 1
    assert project("build", "-q", "--force", "describe:rows").code == 0
    assert project("describe", "rows@HEAD").code == 0


def test_builds_with_uncommitted_changes_settings_or_of_other_specs_do_not_count(project: Command) -> None:
    force = ("build", "-q", "--force", "describe:rows")
    more_rows(project)
    assert project("build", "-q").code == 0
    commit(project.folder)  # with the lock file, which builds would change otherwise
    spec = project.folder / "mlbuild.yaml"
    text = spec.read_text()
    spec.write_text(f"# a change\n{text}")
    assert project(*force).code == 0
    assert project("describe", "rows@HEAD").code == 1
    spec.write_text(text)
    assert project(*force, "--set", "project=other").code == 0
    assert project("describe", "rows@HEAD").code == 1
    assert project(*force).code == 0
    assert project("describe", "rows@HEAD").code == 0
    (project.folder / "other.mlbuild.yaml").write_text(text.replace("outputs: {one:", "outputs: {two:"))
    failed = project("-f", "other.mlbuild.yaml", "describe", "rows@HEAD")
    assert failed.code == 1 and "mlbuild -f other.mlbuild.yaml build --force describe:rows" in failed.err


@pytest.mark.parametrize("name", ["nosuch", "-x", "--all", "HEAD:rows.csv", "HEAD~99"])
def test_what_is_no_revision(project: Command, name: str) -> None:
    done = project("describe", f"rows@{name}")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1] == f"mlbuild: there is no build or git revision '{name}'"


def test_statistics_that_are_gone_count_as_not_built(project: Command) -> None:
    more_rows(project)
    assert project("build", "-q").code == 0
    assert project("gc", "--delete", "--keep-builds", "0").code == 0
    assert project("describe", "rows@HEAD").code == 1


def test_a_file_is_read_like_a_source(mlbuild: Command) -> None:
    """With the delimiter, the words and the names of the source, and only the columns of its contract."""
    folder = mlbuild.folder
    model = "type: lightgbm.classifier, features: [x], target: y"
    one_model(folder, "x: {dtype: float, nullable: true}, y: bool", "x,y\n1,true\n", model)
    spec = folder / "mlbuild.yaml"
    reading = "path: rows.csv, delimiter: ';', read: {x: {from: X, decimal: ','}, y: {true: ja, false: nein}}"
    spec.write_text(spec.read_text().replace("path: rows.csv", reading))
    rows = "".join(f"{row},5;{'ja' if row % 2 else 'nein'};{row}\n" for row in range(50))
    (folder / "rows.csv").write_text("X;y;other\n" + rows)
    (folder / "new.csv").write_text("X;y;other\n" + rows + "?;ja;1\n" * 2)
    done = mlbuild("describe", "rows", "new.csv", "--like", "rows")
    assert done.code == 0, done.err
    one, other, _, _, x, y, note = done.out.splitlines()
    assert (one, other) == ("rows: 50 rows", "new.csv: 52 rows")
    assert x.split()[0] == "x" and y.split()[:2] == ["y", "0.000"]
    assert note == (
        "new.csv: column 'x' violates 'parses as float' in 2 rows: '?' (row 51), '?' (row 52); these count as missing"
    )
    hidden = mlbuild("--no-samples", "describe", "new.csv", "--like", "rows")
    assert "'?'" not in hidden.out and "in 2 rows: row 51, row 52; these count as missing" in hidden.out
    told = json.loads(mlbuild("describe", "new.csv", "--like", "rows", "--json").out)
    assert [*told["parts"]["all"]["columns"]] == ["x", "y"]
    assert told["violations"][0]["count"] == 2


def test_a_file_without_some_columns_is_described_without_them(project: Command) -> None:
    (project.folder / "new.csv").write_text("x,y,y\n1,true,true\n2,false,false\n")
    *_, lost, twice = project("describe", "new.csv", "--like", "rows").out.splitlines()
    assert lost == "new.csv: column 'color' is left out: it is missing"
    assert twice == "new.csv: column 'y' is left out: it appears twice"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["rows", "--like", "rows"], 2, "--like is only for data files"),
        (["rows.csv", "--like", "row"], 2, "there is no source 'row'"),
        (["bad.csv", "--like", "rows"], 3, "cannot read 'bad.csv': "),
        (["other.csv", "--like", "rows"], 3, "'other.csv' has none of the columns of source 'rows'"),
        (["nosuch.csv", "--like", "rows"], 2, "there is no source, dataset or file 'nosuch.csv'"),
    ],
)
def test_what_cannot_be_read_like_a_source(
    project: Command, words: list[str], code: int, message: str
) -> None:
    (project.folder / "bad.csv").write_bytes(b'x,y\n1,"2\n')
    (project.folder / "other.csv").write_bytes(b"a,b\n1,2\n")
    done = project("describe", *words)
    assert done.code == code
    assert f"mlbuild: {message}" in done.err


def test_warnings_about_the_spec_are_not_repeated_by_commands_about_data(project: Command) -> None:
    spec = project.folder / "mlbuild.yaml"
    spec.write_text(spec.read_text() + "preprocessing: {idle: [{op: standard, columns: x}]}\n")
    for words in (["check"], ["plan"], ["build"], ["status"]):
        assert "warning[unused]" in project(*words).err, words
    model = "dist/one/model.onnx"
    for words in (
        ["describe", "rows"],
        ["describe", "rows.csv", "--like", "rows"],
        ["rows", "rows"],
        ["predict", model, "rows.csv", "--like", "rows"],
        ["predict", model, "rows.csv"],
        ["contract", "infer", "rows"],
    ):
        done = project(*words)
        assert (done.code, "unused" in done.err) == (0, False), (words, done.err)
