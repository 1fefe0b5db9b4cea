"""A path is the name of one file: not a pattern, an address or a home folder, whatever characters it contains.

Next to each folder is a decoy: a folder with the same files, which the name would match as a pattern.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mlbuild import api
from mlbuild.cli.commands.building.build import FORMATS
from tests.cli.both import both, shipped
from tests.cli.running import Command
from tests.projects import copied

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
#: A name that is not UTF-8, which macOS does not allow.
BYTES = "\udcff"
if sys.platform != "darwin":
    NAMES[BYTES] = "\ufffd"


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
    if name == BYTES:
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"mlbuild: the path '\\udcff/{file}' is not valid UTF-8")
        done = mlbuild("-C", name, "init", "-f", "new.yaml", file)
    assert done.code == 0, done.err
    spec = f"{name}/new.yaml" if name == BYTES else "mlbuild.yaml"
    assert "3 rows" in (mlbuild.folder / spec).read_text()


READING = [
    ("status",),
    ("plan",),
    ("why", "train:trees"),
    ("graph",),
    ("render",),
    ("store", "verify"),
    ("gc",),
]
#: Names that programs may also spell differently.
SPELLED = [name for name in NAMES if name in ("%20", BYTES)]


@pytest.mark.parametrize("words", READING, ids=" ".join)
@pytest.mark.parametrize("name", SPELLED, ids=ascii)
def test_a_project_of_any_name_is_read(
    name: str, words: tuple[str, ...], mlbuild: Command, plain: Path
) -> None:
    copied(plain, mlbuild.folder / name)
    for place in (["-C", name], ["-f", f"{name}/mlbuild.yaml"]):
        done = mlbuild(*place, *words)
        assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_mistakes_in_a_spec_of_any_name_are_reported(name: str, form: str, mlbuild: Command) -> None:
    folder = both(mlbuild.folder / name)
    spec = (folder / "mlbuild.yaml").read_text().replace("lightgbm", "nothing")
    (folder / f"{name}.yaml").write_text(spec)
    done = mlbuild("-f", f"{name}/{name}.yaml", "check", "--format", form)
    assert done.code == 2, done.err
    assert (done.out + done.err).encode()  # what is not UTF-8 is escaped
    if form in ("json", "sarif"):
        assert json.loads(done.out)
