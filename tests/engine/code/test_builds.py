"""Builds rerun what an edit of code affects, say which definition changed, and remember what they have read."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlbuild.engine.code import versions
from mlbuild.engine.code.policy import Policy
from mlbuild.engine.code.reach import Reach
from mlbuild.engine.code.scan import ModuleScan
from mlbuild.engine.code.scan import scan as scan_module
from mlbuild.engine.code.versions import Code
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.execution.run import build
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.store.store import DiskStore
from tests.engine.code.packages import TOP, write
from tests.engine.tasks import Project, text_task

FILES = {
    "fit.py": "from brew.ops.impute import fill\n\ndef run(job):\n    job.write('out', fill())\n",
    "load.py": "from .tables import rows as read\n\ndef run(job):\n    job.write('out', b'loaded' + read)\n",
    "train.py": "from brew.ops import OPS\n\ndef run(job):\n    job.write('out', OPS[0]().apply())\n",
    "tables.py": "#: Rows.\nrows = b''\nunused = 1\n",
    "ops/__init__.py": "from brew.ops.scale import Scale\n\nOPS = (Scale,)\n",
    "ops/impute.py": "from brew.tables import unused\n\ndef fill():\n    return b'filled'\n",
    "ops/scale.py": "BY = b'2'\n\nclass Scale:\n    def apply(self):\n        return BY\n\n    def lower(self):\n        return 1\n",
}
POLICY = Policy(catalogues=frozenset({"brew.ops.OPS"}), families=frozenset({"brew.ops.scale.Scale"}))


@pytest.fixture
def package(library: Path) -> Iterator[Path]:
    write(library, FILES)
    yield library / TOP
    for name in [name for name in sys.modules if name.partition(".")[0] == TOP]:
        del sys.modules[name]


def tasks() -> list[Task]:
    runs = {name: importlib.import_module(f"brew.{name}").run for name in ("fit", "load", "train")}
    made = [text_task(name, name, run=run) for name, run in runs.items()]
    return [*made[:2], replace(made[2], uses=(importlib.import_module("brew.ops.scale").Scale,))]


def built(project: Project) -> BuildResult:
    project.events = []
    plan = Plan({task.name: task for task in tasks()}, POLICY)
    return build(plan, project.store, project.root, events=project.events.append)


def code(name: str) -> list[Reason]:
    return [Reason("code", name)]


EDITS: list[tuple[str, str, str, dict[str, list[Reason]]]] = [
    ("fit.py", "fill()", "fill() + b'!'", {"fit": code("brew.fit.run")}),
    ("tables.py", "rows = b''", "rows = b'3'", {"load": code("brew.tables.rows")}),
    ("tables.py", "unused = 1", "unused = 2", {}),
    ("tables.py", "#: Rows.", "#: All rows.", {}),
    ("ops/impute.py", "b'filled'", "b'full'", {"fit": code("brew.ops.impute.fill")}),
    ("ops/impute.py", "def fill():\n", 'def fill():\n    """Fill."""\n', {}),
    ("ops/scale.py", "b'2'", "b'3'", {"train": code("brew.ops.scale.BY")}),
    ("ops/scale.py", "return BY", "return BY * 2", {"train": code("brew.ops.scale.Scale.apply")}),
    ("ops/scale.py", "return 1", "return 2", {}),
    ("ops/__init__.py", "(Scale,)", "(Scale, Scale)", {}),
    (
        "ops/impute.py",
        "return b'filled'",
        "return b'filled' * unused",
        {"fit": [*code("brew.ops.impute.fill"), Reason("code added", "brew.tables.unused")]},
    ),
    (
        "load.py",
        "b'loaded' + read",
        "b'loaded'",
        {"load": [*code("brew.load.run"), Reason("code removed", "brew.tables.rows")]},
    ),
    (
        "ops/__init__.py",
        "OPS =",
        "OPS = []\nOPS =",
        {
            "fit": [Reason("code added", "brew.ops"), Reason("code added", "brew.ops.scale.Scale")],
            "train": [Reason("code added", "brew.ops")],
        },
    ),
    (
        "__init__.py",
        "",
        "print(1)\n",
        {name: [Reason("code added", "brew")] for name in ("fit", "load", "train")},
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "reasons"), EDITS)
def test_an_edit_reruns_what_it_reaches_and_says_which_definition_changed(
    project: Project, package: Path, file: str, old: str, new: str, reasons: dict[str, list[Reason]]
) -> None:
    assert built(project).ran == ("fit", "load", "train")
    assert built(project).ran == ()
    text = (package / file).read_text()
    assert old in text
    (package / file).write_text(text.replace(old, new, 1))
    assert {name: project.reasons(name) for name in built(project).ran} == reasons
    assert built(project).ran == ()


def test_many_changed_definitions_are_told_by_their_modules(project: Project, package: Path) -> None:
    names = [f"f{number}" for number in range(40)]
    text = "".join(f"def {name}(): return b'x'\n" for name in names)
    (package / "tables.py").write_text(
        f"{text}rows = b''.join([{', '.join(f'{name}()' for name in names)}])\nunused = 1\n"
    )
    built(project)
    (package / "tables.py").write_text((package / "tables.py").read_text().replace("b'x'", "b'y'"))
    assert built(project).ran == ("load",)
    assert project.reasons("load") == code("brew.tables")


def test_where_it_is_not_known_of_what_a_version_consisted_the_code_changed(
    on_disk: Project, package: Path
) -> None:
    built(on_disk)
    assert isinstance(on_disk.store, DiskStore)
    for path, _ in on_disk.store.local.notes("code"):
        path.unlink()
    (package / "fit.py").write_text(FILES["fit.py"].replace("fill()", "fill() * 2"))
    assert built(on_disk).ran == ("fit",)
    assert on_disk.reasons("fit") == [Reason("code")]


def test_each_file_is_looked_at_once_until_it_changes(
    project: Project, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in another process: what this process knows is forgotten before each build."""
    scanned: list[bytes] = []

    def scan(content: bytes, *rest: Any) -> ModuleScan:
        scanned.append(content)
        return scan_module(content, *rest)

    monkeypatch.setattr(versions, "scan", scan)
    monkeypatch.setattr(versions, "_known", {})
    built(project)
    everything = len(scanned)
    assert everything == len({*package.rglob("*.py")})
    versions._known.clear()
    built(project)
    assert len(scanned) == everything
    (package / "tables.py").write_text("rows = b'5'\nunused = 1\n")
    versions._known.clear()
    assert built(project).ran == ("load",)
    assert scanned[everything:] == [b"rows = b'5'\nunused = 1\n"]


def test_names_are_followed_once_until_a_module_changes(
    project: Project, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[Any] = []

    def reach(*given: Any) -> Reach:
        followed.append(given[-1])
        return Reach(*given)

    monkeypatch.setattr(versions, "Reach", reach)
    built(project)
    assert len(followed) == 3
    built(project)
    assert len(followed) == 3
    (package / "tables.py").write_text("rows = b'5'\nunused = 1\n")
    assert built(project).ran == ("load",)
    assert len(followed) == 6


OPTIONAL = "try:\n    from brew import extra\nexcept ImportError:\n    extra = None\n\ndef run(job):\n    job.write('out', repr(extra).encode())\n"
ANY = "from importlib import import_module\n\ndef run(job):\n    job.write('out', import_module('brew.tables').rows)\n"


@pytest.mark.parametrize("text", [OPTIONAL, ANY], ids=["a missing module", "any module"])
def test_a_new_file_counts_where_a_name_leads_to_it(project: Project, package: Path, text: str) -> None:
    (package / "fit.py").write_text(text)
    built(project)
    assert built(project).ran == ()
    (package / "extra.py").write_text("value = 1\n")
    assert built(project).ran == ("fit",)


def test_definitions_that_were_lost_are_found_again(on_disk: Project, package: Path) -> None:
    built(on_disk)
    assert isinstance(on_disk.store, DiskStore)
    lost = [path for path, _ in on_disk.store.local.notes("code")]
    for path in lost:
        path.unlink()
    (package / "tables.py").write_text(FILES["tables.py"])  # a new time, and the same text
    plan = Plan({task.name: task for task in tasks()}, POLICY)
    assert build(plan, on_disk.store, on_disk.root, force=True).ran == ("fit", "load", "train")
    assert [path for path, _ in on_disk.store.local.notes("code")] == lost


STRANGE = [
    {},
    {"modules": {"": None}},
    {"modules": {"..x": None}},
    {"reached": {"brew.fit:run": ["", []]}},
    {"reached": {"brew.fit:run": ["0" * 64, ["../x"]]}},
    {"by": "another"},
]


@pytest.mark.parametrize("change", STRANGE)
def test_a_strange_note_of_what_was_reached_is_left(
    project: Project, package: Path, change: dict[str, Any]
) -> None:
    built(project)
    note = project.store.local.note("reached")
    project.store.local.keep_note("reached", note | change if change else change)
    assert built(project).ran == ()
    assert project.store.local.note("reached") == note


@pytest.mark.parametrize("note", [None, 3, {"by": "another", "scans": {}}, {"scans": 1}])
def test_a_strange_note_of_what_was_looked_at_is_left(
    project: Project, package: Path, note: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "_known", {})
    project.store.local.keep_note("scans", note)
    assert len(built(project).ran) == 3
    versions._known.clear()
    assert built(project).ran == ()


def test_files_are_those_of_all_that_is_loaded(project: Project, package: Path) -> None:
    task = tasks()[1]
    assert Code(project.store.local, POLICY).files(task.run, task.uses) == {
        package / "__init__.py",
        package / "load.py",
        package / "tables.py",
    }
