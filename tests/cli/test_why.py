"""`why` names the YAML path with old and new value, or the file and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.projects import delays


@pytest.fixture
def spec(mlbuild: Command) -> Path:
    file = delays(mlbuild.folder)
    assert mlbuild("build").code == 0
    return file


def edit(file: Path, old: str, new: str) -> int:
    """Change the text; returns the line of the change."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def test_a_changed_parameter(mlbuild: Command, spec: Path) -> None:
    line = edit(spec, "num_leaves: 15", "num_leaves: 12")
    told = f"models.late.params.num_leaves: 15 -> 12 (mlbuild.yaml:{line})"
    before = mlbuild("why", "train:late")
    assert before.out.splitlines() == ["train:late would run:", f"  {told}"]
    assert "RUN     train:late" in mlbuild("plan").out
    assert mlbuild("build").code == 0
    after = mlbuild("why", "train:late").out.splitlines()
    assert after[0].startswith("train:late is up to date: its result is from build 2")
    assert after[2] == f"  {told}"


def test_an_inserted_step(mlbuild: Command, spec: Path) -> None:
    line = edit(
        spec, "    - {op: ordinal", "    - {op: impute, columns: far, strategy: mean}\n    - {op: ordinal"
    )
    out = mlbuild("why", "fit:late").out.splitlines()
    assert out[0] == "fit:late would run:"
    assert len(out) == 2
    assert out[1].startswith("  preprocessing.all[4]: ")
    assert out[1].endswith(f"added (mlbuild.yaml:{line})")


def test_a_feature_added(mlbuild: Command, spec: Path) -> None:
    edit(spec, "distance, age, plane_seats]", "distance, age, plane_seats, plane_year]")
    out = mlbuild("why", "fit:late").out
    assert "models.late.features[7]: " in out
    assert "'plane_year' of dataset:departures is read now" in out


def test_an_unused_column_of_a_file(mlbuild: Command, spec: Path) -> None:
    file = mlbuild.folder / "planes.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([f"{lines[0]},extra", *(f"{line},1" for line in lines[1:])]) + "\n")
    assert mlbuild("why", "source:planes").out.splitlines() == [
        "source:planes would run:",
        "  the file planes.csv changed",
    ]
    assert "source:planes would run: the file planes.csv changed" in mlbuild("why", "model:late").out
    assert mlbuild("plan", "--exit-code").code == 6
    assert mlbuild("build").code == 0
    assert mlbuild("plan", "--exit-code").code == 0


def test_a_changed_value_names_the_column(mlbuild: Command, spec: Path) -> None:
    file = mlbuild.folder / "planes.csv"
    text = file.read_text()
    assert ",200\n" in text
    file.write_text(text.replace(",200\n", ",201\n"))
    assert mlbuild("build").code == 0
    assert "'seats' of source:planes changed" in mlbuild("why", "dataset:departures").out
    assert "'plane_seats' of dataset:departures changed" in mlbuild("why", "fit:late").out


def test_an_unknown_target(mlbuild: Command, spec: Path) -> None:
    done = mlbuild("why", "model:lat")
    assert (done.code, done.out) == (2, "")
    assert "<command line>:1:13: error[unknown-target]: unknown target 'model:lat'" in done.err
    assert "help: did you mean 'model:late'?" in done.err
