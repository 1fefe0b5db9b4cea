"""The code version follows imports as Python does, and nothing else."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlbuild.engine.code import code_versions, forget
from mlbuild.engine.graph import Task
from mlbuild.engine.reasons import Reason
from tests.engine.tasks import Project, text_task

PACKAGE = {
    "__init__.py": "",
    "fit.py": "from brew.ops.impute import fill\nimport json\n\ndef run(job):\n    job.write('out', fill())\n",
    "load.py": """
from __future__ import annotations
from typing import TYPE_CHECKING
import typing
from . import text
from .tables import rows as read
if TYPE_CHECKING:
    from brew import train
if typing.TYPE_CHECKING:
    import brew.train
else:
    import brew.other

def run(job):
    from brew.deep.inner import late
    job.write('out', b'loaded')
""",
    "train.py": "from .ops import OPS\nfrom brew.ops import scale\n\ndef run(job):\n    job.write('out', b'trained')\n",
    "text.py": "",
    "tables.py": "import brew.load\nrows = 1\n",
    "other.py": "",
    "ops/__init__.py": "from brew.ops.impute import fill\nfrom brew.ops.scale import by\nOPS = (fill, by)\n",
    "ops/impute.py": "from ..text import *\n\ndef fill():\n    return b'filled'\n",
    "ops/scale.py": "by = 2\n",
    "odd.py": '''
"""A text that ends with brew
def not_yet(): pass
"""
import json; import os, \\
    brew.other as first
TEXT = """
class Brew:
    import brew.train
"""
def run(job):
    from \\
        .deep import inner

@first.decorated
def later():
    import json
''',
    "deep/__init__.py": "",
    "deep/inner.py": "late = 1\n",
}
CATALOGUES = frozenset({"brew.ops"})


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "lib" / "brew"
    for name, text in PACKAGE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    forget()
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "brew"]:
        del sys.modules[name]
    forget()


@pytest.mark.parametrize(
    ("module", "reached"),
    [
        ("brew.fit", "brew brew.fit brew.ops.impute brew.text"),
        ("brew.load", "brew brew.deep brew.deep.inner brew.load brew.other brew.tables brew.text"),
        ("brew.train", "brew brew.ops.scale brew.train"),
        ("brew.ops.impute", "brew brew.ops.impute brew.text"),
        ("brew.odd", "brew brew.deep brew.deep.inner brew.odd brew.other"),
        ("brew", "brew"),
    ],
)
def test_imports_are_followed_within_the_package(package: Path, module: str, reached: str) -> None:
    assert " ".join(code_versions((module,), CATALOGUES)) == reached
    assert "brew" not in sys.modules


def test_a_catalogue_that_is_not_left_out_reaches_all_that_it_lists(package: Path) -> None:
    assert (
        " ".join(code_versions(("brew.train",)))
        == "brew brew.ops brew.ops.impute brew.ops.scale brew.text brew.train"
    )


def test_a_module_outside_of_any_package_is_its_file(package: Path) -> None:
    (package.parent / "alone.py").write_text("import brew.fit\nimport alone.nothing\n")
    assert list(code_versions(("alone",))) == ["alone"]


def test_a_module_without_a_source_file_is_refused(package: Path) -> None:
    with pytest.raises(ValueError, match=r"module 'brew\.nowhere' has no source file"):
        code_versions(("brew.nowhere",))
    with pytest.raises(ValueError, match="module 'sys' has no source file"):
        code_versions(("sys",))


def brewed() -> list[Task]:
    runs = {name: importlib.import_module(f"brew.{name}").run for name in ("fit", "load", "train")}
    tasks = [text_task(name, name, run=run) for name, run in runs.items()]
    return [*tasks[:2], replace(tasks[2], uses=("brew.ops.scale",))]


@pytest.mark.parametrize(
    ("edited", "ran"),
    [
        ("fit.py", ("fit",)),
        ("ops/impute.py", ("fit",)),
        ("ops/scale.py", ("train",)),
        ("ops/__init__.py", ()),
        ("text.py", ("fit", "load")),
        ("deep/inner.py", ("load",)),
        ("__init__.py", ("fit", "load", "train")),
    ],
)
def test_a_changed_source_file_reruns_the_tasks_that_reach_it(
    project: Project, package: Path, edited: str, ran: tuple[str, ...]
) -> None:
    assert project.build(brewed(), catalogues=CATALOGUES).ran == ("fit", "load", "train")
    forget()
    assert project.build(brewed(), catalogues=CATALOGUES).ran == ()
    (package / edited).write_text((package / edited).read_text() + "# changed\n")
    forget()
    assert project.build(brewed(), catalogues=CATALOGUES).ran == ran
    name = ".".join(["brew", *edited.removesuffix(".py").split("/")]).removesuffix(".__init__")
    for task in ran:
        assert project.reasons(task) == [Reason("code", name)]


def test_a_new_import_is_a_reason(project: Project, package: Path) -> None:
    project.build(brewed()[:1], catalogues=CATALOGUES)
    (package / "fit.py").write_text(PACKAGE["fit.py"] + "import brew.other\n")
    forget()
    project.build(brewed()[:1], catalogues=CATALOGUES)
    assert project.reasons("fit") == [Reason("code", "brew.fit"), Reason("code added", "brew.other")]
