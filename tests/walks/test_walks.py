"""Each walk of `docs/architecture.md` touches the files that the page says, works in a build, and reruns only its own
tasks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

import mlbuild
from tests.projects import copied
from tests.walks.catalogue import JOINED, WALKS
from tests.walks.walk import ADDED, Walk

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
#: How the page counts: the row of a walk names its files of the package.
COUNTS = {title: int(count) for title, count in re.findall(r"^\| \[(Add an? [^\]]+)\].*\| (\d+) \|$", PAGE, re.MULTILINE)}  # fmt: skip

SPEC = """\
mlbuild: 1
project: walk
sources: {rows: {path: rows.csv, contract: row}}
contracts:
  row: {columns: {id: int, kind: string, n: int, x: {dtype: float, nullable: true}, y: float}}
datasets: {all: {from: rows, split: {type: random, test: 0.2}}}
models:
  one:
    type: sklearn.ridge
    dataset: all
    features: [x, n]
    preprocessing: [{op: impute, columns: x, strategy: median}]
    target: y
    metrics: [r2]
outputs: {one: {model: one}}
warnings: {too-good: ignore}
"""


def rows() -> pl.DataFrame:
    """Return rows of which the last two have the same id."""
    return pl.DataFrame(
        {
            "id": [*range(79), 78],
            "kind": ["a", "bb", "ccc", "dddd"] * 20,
            "n": [index * 7 % 5 for index in range(80)],
            "x": [None if index % 9 == 4 else index * 37 % 80 / 8 for index in range(80)],
            "y": [index * 37 % 80 / 8 + index * 7 % 5 + index % 3 for index in range(80)],
        }
    )


@dataclass
class Copy:
    """A copy of the package, and a project that was built with it."""

    folder: Path
    project: Path

    @property
    def package(self) -> Path:
        return self.folder / "mlbuild"

    def run(self, *projects: Path) -> list[dict[str, Any]]:
        """Build projects with the copy, and return what the driver says about each."""
        environment = os.environ | {"PYTHONPATH": str(self.folder)}
        words = [sys.executable, str(Path(__file__).with_name("driver.py")), *map(str, projects)]
        done = subprocess.run(
            words, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr
        told = [json.loads(line) for line in done.stdout.splitlines()]
        assert all(Path(one["package"]).is_relative_to(self.folder) for one in told)
        return told

    def restore(self, walk: Walk) -> None:
        """Undo a walk. The times of the files are restored too, so that their bytecode stays valid."""
        for name in walk.touched:
            (self.package / name).unlink()
            original = Path(mlbuild.__file__).parent / name
            if original.exists():
                shutil.copy2(original, self.package / name)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("walks")
    shutil.copytree(Path(mlbuild.__file__).parent, folder / "mlbuild")
    project = folder / "base"
    (project / "days").mkdir(parents=True)
    (project / "mlbuild.yaml").write_text(SPEC, encoding="utf-8")
    rows().write_csv(project / "rows.csv")
    rows().write_csv(project / "days/monday.csv")
    rows().write_ipc(project / "rows.arrow")
    copy = Copy(folder, project)
    first, second = copy.run(project, project)
    assert (first["check"], first["failures"], second["ran"]) == (0, [], []), first["shown"]
    assert len(first["ran"]) == 12
    return copy


@pytest.fixture
def copy(base: Copy, request: pytest.FixtureRequest) -> Iterator[Copy]:
    walk: Walk = request.getfixturevalue("walk")
    try:
        walk.apply(base.package)
        yield base
    finally:
        base.restore(walk)


def changed(walk: Walk) -> str:
    """Return the spec of the base project with the settings of a walk."""
    spec = yaml.safe_load(SPEC)
    for path, value in walk.settings.items():
        *above, last = path.split(".")
        at = spec
        for key in above:
            at = at[key]
        at[last] = value
    return yaml.safe_dump(spec, sort_keys=False)


@pytest.mark.parametrize("walk", [*WALKS, *JOINED], ids=lambda walk: walk.title)
def test_a_walk_works_and_reruns_only_its_own(copy: Copy, walk: Walk, tmp_path: Path) -> None:
    same, used = tmp_path / "same", tmp_path / "used"
    for project in (same, used):
        copied(copy.project, project)
    (used / "mlbuild.yaml").write_text(changed(walk), encoding="utf-8")
    before, after = copy.run(same, used)
    assert (before["check"], before["failures"]) == (0, []), before["shown"]
    assert {*before["ran"]} == walk.at_once, "in a project that does not use it"
    assert (after["check"], after["failures"]) == (0, []), after["shown"]
    wanted = walk.then if walk.settings else walk.at_once
    assert {*after["ran"]} == wanted, "in a project that uses it"
    assert walk.schema in after["schema"] and walk.shows in after["shown"]
    assert [name for name in walk.makes if not (used / name).is_file()] == []


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.title)
def test_a_walk_touches_the_files_that_the_page_says(walk: Walk) -> None:
    assert len(walk.touched) == COUNTS[walk.title]


def test_the_page_and_the_walks_are_the_same() -> None:
    titles = re.findall(r"^## (Add an? .+)$", PAGE, re.MULTILINE)
    assert titles == [*COUNTS] == [walk.title for walk in WALKS]


def test_every_added_file_is_of_a_walk() -> None:
    files = {source for walk in [*WALKS, *JOINED] for source in walk.files.values()}
    assert files == {file.name for file in ADDED.glob("*.py")} - {"__init__.py"}
