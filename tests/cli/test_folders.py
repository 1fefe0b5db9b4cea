"""A project is the folder of its spec, whatever the current folder is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.projects import one_model

NUMBERS = "x,y\n" + "".join(f"{i % 7},{i % 7 > 3}\n" for i in range(60))


@pytest.fixture
def project(mlbuild: Command) -> Path:
    """A project in a folder `below` that of the command."""
    folder = mlbuild.folder / "below"
    folder.mkdir()
    one_model(folder, "x: float, y: bool", NUMBERS, "type: lightgbm.classifier, features: [x], target: y")
    return folder


def test_a_spec_in_another_folder_is_that_folder_s_project(mlbuild: Command, project: Path) -> None:
    first = mlbuild("-f", "below/mlbuild.yaml", "build")
    assert first.code == 0
    assert (project / "dist/one/model.onnx").is_file()
    assert not (mlbuild.folder / "dist").exists()
    for words in (
        ["-f", str(project / "mlbuild.yaml")],
        ["-C", "below"],
        ["-C", "below", "-f", "mlbuild.yaml"],
    ):
        again = mlbuild(*words, "plan", "--exit-code")
        assert (again.code, again.err) == (0, "")


def test_a_missing_file_is_called_as_in_the_spec(mlbuild: Command, project: Path) -> None:
    (project / "rows.csv").unlink()
    done = mlbuild("-f", "below/mlbuild.yaml", "check")
    assert done.code == 2
    assert "'rows.csv'" in done.err
