"""Each walk of `docs/architecture.md` touches the files that the page says, keeps the laws, works in a build, and
reruns only its own tasks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

import mlbuild
from mlbuild.frozen import frozen
from tests.projects import copied
from tests.walks.catalogue import ALL, GENERAL_LAWS, WALKS
from tests.walks.walk import ADDED, Walk

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(mlbuild.__file__).parent
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
#: How the page counts: the row of a walk names its files of the package.
COUNTS = {title: int(count) for title, count in re.findall(r"^\| \[(Add an? [^\]]+)\].*\| (\d+) \|$", PAGE, re.MULTILINE)}  # fmt: skip
#: The text of each walk, by its title.
TEXTS = dict(re.findall(r"^## (Add an? .+)\n((?:(?!## ).*\n)+)", PAGE, re.MULTILINE))  # fmt: skip

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

each_walk = pytest.mark.parametrize("walk", ALL, ids=lambda walk: walk.title)


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


def reached(tasks: Collection[str], readers: Mapping[str, Sequence[str]]) -> set[str]:
    """Return the tasks and all that depend on them, directly or indirectly."""
    found: set[str] = set()
    waiting = [*tasks]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += readers[name]
    return found


@frozen
class Copy:
    """A folder with a copy of the package in `mlbuild`."""

    folder: Path

    @staticmethod
    def into(folder: Path) -> Copy:
        # With its bytecode, which stays valid because the times of the files are copied too.
        shutil.copytree(PACKAGE, folder / "mlbuild")
        return Copy(folder)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(self.folder)}
        command = [sys.executable, *words]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600
        )

    def build(self, *projects: Path) -> list[dict[str, Any]]:
        """Check and build projects, and return what the driver says about each."""
        done = self.python(str(Path(__file__).with_name("driver.py")), *map(str, projects))
        assert done.returncode == 0, done.stderr
        told = [json.loads(line) for line in done.stdout.splitlines()]
        for one in told:
            assert Path(one["package"]).is_relative_to(self.folder)
            assert (one["check"], one["failures"]) == (0, []), f"{one['project']}: {one['shown']}"
        return told

    def apply(self, walk: Walk) -> None:
        walk.apply(self.folder / "mlbuild")

    def restore(self, walk: Walk) -> None:
        for name in walk.touched:
            (self.folder / "mlbuild" / name).unlink()
            if (PACKAGE / name).exists():
                shutil.copy2(PACKAGE / name, self.folder / "mlbuild" / name)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that the package has built."""
    project = tmp_path_factory.mktemp("walks") / "base"
    (project / "days").mkdir(parents=True)
    (project / "mlbuild.yaml").write_text(SPEC, encoding="utf-8")
    rows().write_csv(project / "rows.csv")
    rows().write_csv(project / "days/monday.csv")
    rows().write_ipc_stream(project / "rows.arrows")
    first, second = Copy.into(project.parent).build(project, project)
    assert {name.partition(":")[0] for name in first["ran"]} >= {
        "source",
        "contract",
        "dataset",
        "train",
        "publish",
    }
    assert second["ran"] == []
    return project


@pytest.fixture(scope="module")
def single(base: Path) -> Copy:
    """The copy that has built `base`. Each walk alone is applied to it, and undone."""
    return Copy(base.parent)


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy to which all walks were applied, one after the other."""
    copy = Copy.into(tmp_path_factory.mktemp("complete"))
    for walk in ALL:
        copy.apply(walk)
    return copy


@pytest.fixture(scope="module")
def built(base: Path, complete: Copy) -> dict[str, Any]:
    """Build, with the complete copy, a project for each walk that uses what it adds. Return what ran, by title."""
    same = complete.folder / "same"
    copied(base, same)
    complete.build(same)
    projects = {walk.title: complete.folder / walk.title.replace(" ", "_") for walk in ALL}
    for walk in ALL:
        copied(same, projects[walk.title])
        (projects[walk.title] / "mlbuild.yaml").write_text(changed(walk), encoding="utf-8")
    return dict(zip(projects, complete.build(*projects.values()), strict=True))


@pytest.fixture
def applied(single: Copy, walk: Walk) -> Iterator[Copy]:
    try:
        for other in ALL:
            if other.title in walk.after:
                single.apply(other)
        single.apply(walk)
        yield single
    finally:
        for other in ALL:
            if other.title in (walk.title, *walk.after):
                single.restore(other)


@each_walk
def test_a_walk_reruns_nothing_that_does_not_depend_on_it(
    base: Path, applied: Copy, walk: Walk, tmp_path: Path
) -> None:
    copied(base, tmp_path / "same")
    (told,) = applied.build(tmp_path / "same")
    assert {*told["ran"]} == walk.at_once


@each_walk
def test_a_project_that_uses_it_reruns_what_depends_on_it(
    built: dict[str, Any], complete: Copy, walk: Walk
) -> None:
    told = built[walk.title]
    assert {*told["ran"]} == walk.then | reached(walk.onward, told["readers"])
    assert walk.shows in told["shown"]
    project = complete.folder / told["project"]
    assert [name for name in walk.makes if not (project / name).is_file()] == []


def test_the_schema_has_what_walks_add(complete: Copy) -> None:
    schema = complete.python("-m", "mlbuild", "schema").stdout
    assert [walk.title for walk in ALL if walk.schema not in schema] == []


def test_what_walks_add_keeps_the_laws(complete: Copy, tmp_path: Path) -> None:
    """Run the tests that find what they check in the catalogues, and only for what the walks add."""
    shutil.copytree(ROOT / "tests", complete.folder / "tests", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copy2(ROOT / "pyproject.toml", complete.folder)
    laws = [*GENERAL_LAWS, *(law for walk in ALL for law in walk.laws)]
    files = {law.partition("::")[0] for law in laws}
    names = " or ".join(law.partition("::")[2] for law in laws)
    options = ["-rp", "-p", "no:cacheprovider", f"--basetemp={tmp_path}/laws", "-k", names]
    done = complete.python("-m", "pytest", *options, *sorted(files))
    assert done.returncode == 0, done.stdout
    passed = re.findall(r"^PASSED (\S+)", done.stdout, re.MULTILINE)
    assert [law for law in laws if not any(name.startswith(law) for name in passed)] == []


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.title)
def test_a_walk_touches_the_files_that_the_page_says(walk: Walk) -> None:
    assert len(walk.touched) == COUNTS[walk.title]
    places = {*(f"{Path(name).parent}/" for name in walk.files), *(change.file for change in walk.changes)}
    assert [place for place in sorted(places) if f"mlbuild/{place}" not in TEXTS[walk.title]] == []


def test_the_page_and_the_walks_are_the_same() -> None:
    titles = re.findall(r"^## (Add an? .+)$", PAGE, re.MULTILINE)
    assert titles == [*COUNTS] == [*TEXTS] == [walk.title for walk in WALKS]


def test_every_added_file_is_of_a_walk() -> None:
    files = {source for walk in ALL for source in walk.files.values()}
    assert files == {file.name for file in ADDED.glob("*.py")} - {"__init__.py"}
