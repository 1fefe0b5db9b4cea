"""The code versions of real tasks, with the current sources and with edited ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import mlbuild
from mlbuild import api
from mlbuild.data import DATASET_STEPS, FOLDS, SPLITS
from mlbuild.data.formats import FORMATS
from mlbuild.data.rules import RULES, TABLE_RULES
from mlbuild.engine.code.modules import ModuleFiles
from mlbuild.engine.code.versions import Code
from mlbuild.engine.graph import Task
from mlbuild.frozen import frozen
from mlbuild.models import ANSWERS, LEARNERS
from mlbuild.models.metrics import METRICS
from mlbuild.ops import OPS
from mlbuild.pipeline.plan import POLICY
from tests.engine.memory import memory_store
from tests.spec.generated import generated

#: All classes that a task can declare in `uses`.
CLASSES = (
    *OPS,
    *LEARNERS,
    *METRICS,
    *FORMATS,
    *ANSWERS,
    *DATASET_STEPS,
    *SPLITS,
    *FOLDS,
    *RULES,
    *TABLE_RULES,
)
PACKAGE = Path(mlbuild.__path__[0])


class Edited(ModuleFiles):
    """The current sources, except for some files."""

    def __init__(self, edits: Mapping[Path, bytes]) -> None:
        super().__init__()
        self._edits = edits

    def of(self, module: str) -> Path | None:
        return _file(module)

    def read(self, file: Path) -> bytes:
        return self._edits.get(file) or _content(file)


@cache
def _file(module: str) -> Path | None:
    return ModuleFiles().of(module)


@cache
def _content(file: Path) -> bytes:
    return file.read_bytes()


def edited(file: str, old: str, new: str) -> Edited:
    """Return the sources with one change in a file of the package."""
    text = (PACKAGE / file).read_text()
    assert old in text, f"{file} has no {old!r}"
    return Edited({PACKAGE / file: text.replace(old, new, 1).encode()})


def rewritten(change: Callable[[str], str]) -> Edited:
    """Return the sources with a change of every file."""
    return Edited({file: change(file.read_text()).encode() for file in PACKAGE.rglob("*.py")})


@frozen
class Coded:
    """The code of a task: its kind, its function, and the classes that it uses."""

    kind: str
    run: Callable[..., object]
    uses: frozenset[type]

    @staticmethod
    def of(task: Task) -> Coded:
        return Coded(task.kind, task.run, frozenset(task.uses))

    def __str__(self) -> str:
        return f"{self.kind} with {', '.join(sorted(cls.__name__ for cls in self.uses))}"


#: The digests of the definitions in the version of each task, by `module:definition`.
Definitions = Mapping[Coded, Mapping[str, str]]


@cache
def planned() -> tuple[Coded, ...]:
    """Return the tasks of enough random projects that each class of the catalogues occurs."""
    chance = random.Random(0)
    found: dict[Coded, None] = {}
    with TemporaryDirectory() as folder:
        for number in range(400):
            project = generated(chance)
            spec, _ = api.check(project.write(Path(folder, str(number))), project.profiles, project.settings)
            assert spec is not None
            tasks = [Coded.of(task) for task in api.plan(spec).tasks.values()]
            seen = {cls for task in found for cls in task.uses}
            # Later projects only for classes that are rare.
            found.update(dict.fromkeys(task for task in tasks if number < 40 or task.uses - seen))
            if {cls for task in found for cls in task.uses} >= {*CLASSES}:
                return tuple(found)
    raise AssertionError("a class never comes up")


def definitions(tasks: tuple[Coded, ...], sources: ModuleFiles | None = None) -> Definitions:
    """Return the definitions that determine the result of each task, with the current sources or with others."""
    return _definitions(tasks, sources) if sources else _current(tasks)


def _definitions(tasks: tuple[Coded, ...], sources: ModuleFiles) -> Definitions:
    code = Code(memory_store(Path()).local, POLICY, sources)
    return {task: code.definitions(code.version(task.run, task.uses)) or {} for task in tasks}


@cache
def _current(tasks: tuple[Coded, ...]) -> Definitions:
    return _definitions(tasks, ModuleFiles())


def reran(tasks: tuple[Coded, ...], sources: ModuleFiles) -> set[Coded]:
    """Return the tasks that have another version with these sources."""
    before, after = definitions(tasks), definitions(tasks, sources)
    return {task for task in tasks if before[task] != after[task]}
