"""A path is the name of one file and nothing else: not a pattern, an address or a home folder, whatever characters it has.

Beside each folder is a decoy: a folder with the same files, which is what the name would stand for as a pattern.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mlbuild import api
from tests.cli.both import both, shipped
from tests.cli.running import Command

#: Names of folders, each with that of its decoy.
NAMES = {
    "q?": "qa",
    "[a]": "a",
    "a*": "ab",
    "**": "any",
    "{x}": "x",
    "{x,y}": "x",
    "%20": " ",
    "a b": "a",
    "a\nb": "ab",
    "é": "e\u0301",
    "~": "home",
    "$HOME": "home",
    "s3:": "s3",
    "k=v": "k",
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder with a plain name, built."""
    folder = both(tmp_path_factory.mktemp("whole") / "plain")
    assert api.build(api.load(folder / "mlbuild.yaml"), threads=1).ok
    return folder


Way = Callable[[str, Command, pytest.MonkeyPatch], Path]


def _by_words(folder: Path, mlbuild: Command, *words: str) -> Path:
    both(folder)
    done = mlbuild(*words)
    assert done.code == 0, done.err
    return folder


def file_of_the_command(name: str, mlbuild: Command, patch: pytest.MonkeyPatch) -> Path:
    return _by_words(mlbuild.folder / name, mlbuild, "-f", f"{name}/mlbuild.yaml", "build")


def folder_of_the_command(name: str, mlbuild: Command, patch: pytest.MonkeyPatch) -> Path:
    return _by_words(mlbuild.folder / name, mlbuild, "-C", name, "build")


def shared_store(name: str, mlbuild: Command, patch: pytest.MonkeyPatch) -> Path:
    patch.setenv("MLBUILD_CACHE_DIR", str(mlbuild.folder / name))
    return _by_words(mlbuild.folder / "project", mlbuild, "-C", "project", "build")


def interface(name: str, mlbuild: Command, patch: pytest.MonkeyPatch) -> Path:
    folder = both(mlbuild.folder / name)
    result = api.build(api.load(folder / "mlbuild.yaml"), threads=1)
    assert result.ok, result.failures
    return folder


@pytest.mark.parametrize("way", [file_of_the_command, folder_of_the_command, shared_store, interface])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_folder_of_any_name_builds_the_same(
    name: str, way: Way, mlbuild: Command, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(mlbuild.folder / "home"))
    decoy = plain / ".mlbuild" if way is shared_store else plain
    shutil.copytree(decoy, mlbuild.folder / NAMES[name])
    folder = way(name, mlbuild, monkeypatch)
    assert shipped(folder) == shipped(plain)


@pytest.mark.parametrize("file", ["rows.csv", "rows.parquet"])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_file_of_any_name_is_read(
    name: str, file: str, mlbuild: Command, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(mlbuild.folder / "home"))
    shutil.copytree(plain, mlbuild.folder / NAMES[name])
    shutil.copytree(plain, mlbuild.folder / name)
    place = mlbuild.folder / name / file
    rows = pl.DataFrame({"x": [1.0, 2.0, 3.0]})
    with place.open("wb") as written:
        rows.write_csv(written) if file.endswith("csv") else rows.write_parquet(written)
    done = mlbuild("predict", str(plain / "dist/trees/model.onnx"), f"{name}/{file}")
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 1 + rows.height
    done = mlbuild("init", f"{name}/{file}")
    assert done.code == 0, done.err
    assert "3 rows" in (mlbuild.folder / "mlbuild.yaml").read_text()
