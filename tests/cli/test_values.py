"""Values of private data, and of files outside the project, are not quoted: only columns, rules, counts and
rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlbuild.shown import shown
from tests.cli.hostile import spec, table, write
from tests.cli.running import Command

COMMANDS = [
    "build",
    "build --json",
    "build --format github",
    "build --format sarif",
    "build -v -k",
    "plan",
    "plan --json",
    "status",
    "status --json",
    "why contract:rows dataset:all target:one",
    "why contract:rows dataset:all target:one --json",
]


def strange(folder: Path) -> None:
    """Write a class that the training rows lack."""
    split = "{type: time, column: t, test_from: 2020-01-01}"
    text = spec().replace("{type: random}", split).replace("x: float", "x: float, t: date")
    text = text.replace(', categories: ["n", "o"]', "")
    rows = "".join(f"{i},{i},{'no'[i % 2]},a,2019-01-01\n" for i in range(20))
    write(folder, text, f"id,x,y,w,t\n{rows}99,1,SECRET,a,2021-01-01\n")


FAULTS: dict[str, Callable[[Path], object]] = {
    "a value that does not parse": lambda folder: write(folder, spec(), table(first="SECRET")),
    "a value that is no category": lambda folder: write(folder, spec(), table(words=["a", "SECRET"])),
    "values that repeat": lambda folder: write(
        folder,
        spec(words=["a", "b", "SECRET"])
        .replace('w": {dtype', 'w": {unique: true, dtype')
        .replace(', categories: ["a", "b", "SECRET"]', ""),
        table(words=["SECRET"]),
    ),
    "a header like the one that is missing": lambda folder: write(
        folder, spec(column="SECRE"), table("SECRET")
    ),
    "a class": strange,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_values_are_quoted_unless_they_are_private(mlbuild: Command, fault: str) -> None:
    FAULTS[fault](mlbuild.folder)
    assert "SECRET" in mlbuild("build").err
    for words in COMMANDS:
        ran = mlbuild(*words.split(), "--no-samples")
        assert "SECRET" not in ran.out + ran.err, (words, ran)
        if words.startswith("build"):
            assert ran.code == 3
    if "like" not in fault and "class" not in fault:
        assert "row" in mlbuild("build", "--no-samples").err.partition("violates")[2]


@pytest.mark.parametrize("fault", FAULTS)
def test_files_elsewhere_are_not_read(mlbuild: Command, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[fault](mlbuild.folder)
    (mlbuild.folder / "project").mkdir()
    (mlbuild.folder / "mlbuild.yaml").rename(mlbuild.folder / "project/mlbuild.yaml")
    absolute = str(mlbuild.folder / "rows.csv")
    mlbuild.folder = mlbuild.folder / "project"
    file = mlbuild.folder / "mlbuild.yaml"
    (mlbuild.folder / "link.csv").symlink_to("../rows.csv")
    (mlbuild.folder / "folder").symlink_to("..")
    text = file.read_text()
    monkeypatch.setenv("ABOVE", "..")
    for path in (
        "../rows.csv",
        "link.csv",
        "folder/rows.csv",
        absolute,
        "${ABOVE}/rows.csv",
        "../nothing.csv",
    ):
        file.write_text(text.replace('"rows.csv"', json.dumps(path)))
        for words in COMMANDS:
            ran = mlbuild(*words.split())
            assert "SECRET" not in ran.out + ran.err, (words, ran)
        ran = mlbuild("build")
        assert (ran.code, f"'{shown(path)}' is outside this project" in ran.err) == (2, True), ran
    file.write_text(text.replace('"rows.csv"', '"../rows.csv"'))
    assert "SECRET" in mlbuild("build", "--allow-outside").err
    assert "SECRET" not in mlbuild("build", "--allow-outside", "--no-samples").err
    monkeypatch.setenv("MLBUILD_ALLOW_OUTSIDE", "1")
    assert "SECRET" in mlbuild("build").err


def test_hiding_values_runs_nothing_again(mlbuild: Command) -> None:
    write(mlbuild.folder, spec())
    for words in ("build", "build --no-samples", "plan --exit-code --no-samples", "build"):
        ran = mlbuild(*words.split(), "--json")
        assert ran.code == 0
    assert {task["outcome"] for task in json.loads(ran.out)["tasks"]} == {"reused"}


def test_what_a_library_says_is_foreign(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlbuild.pipeline.tasks import dataset

    def fail(*arguments: object) -> None:
        raise RuntimeError("the value SECRET cannot be")

    write(mlbuild.folder, spec())
    monkeypatch.setattr(dataset, "read_table", fail)
    ran = mlbuild("build")
    assert ran.code == 1 and "RuntimeError: the value SECRET cannot be" in ran.err
    for words in ("build", "build --json", "build --format sarif", "build -v"):
        ran = mlbuild(*words.split(), "--no-samples")
        assert ran.code == 1 and "SECRET" not in ran.err + ran.out, ran
        assert "RuntimeError: the message is hidden because it can quote values" in ran.err + ran.out
