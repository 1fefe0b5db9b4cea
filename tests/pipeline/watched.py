"""Real tasks that were run, with their inputs and the code of the package that ran."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from mlbuild import api
from mlbuild.engine.decide.key import sorted_params
from mlbuild.engine.decide.records import find_record
from mlbuild.engine.execution.job import Running
from mlbuild.engine.graph import Job, Task
from mlbuild.engine.paced import Paced
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from tests.budget import seed
from tests.pipeline.coded import PACKAGE, Coded
from tests.pipeline.flowing import pipelines, write_rows
from tests.pipeline.test_incremental import TWO
from tests.projects import delays, one_model

#: Rows that violate their contract, so that there is also a failing verdict.
_BROKEN = "x,y,z\n" + "".join(f"{i - 5},{i % 7 > 3},{'abc'[i % 3]}\n" for i in range(60))
_CONTRACT = "x: {dtype: float, min: 0}, y: bool, z: {dtype: string, categories: [a, b]}"


@frozen
class Run:
    """A task that was run: its code, the inputs of its function as JSON, and the code of the package that ran."""

    name: str
    coded: Coded
    sees: dict[str, Any]
    ran: frozenset[CodeType]


#: What only brings a task its inputs, its results, and the classes that its parameters name.
_PLUMBING = (str(PACKAGE / "engine"), str(PACKAGE / "catalogue.py"))


class Watched:
    """The function of a task, which records the code of the package that runs."""

    def __init__(self, task: Task) -> None:
        self.run, self.ran = task.run, set[CodeType]()
        self.__module__, self.__qualname__ = task.run.__module__, task.run.__qualname__

    def __call__(self, job: Job) -> None:
        assert isinstance(job, Running)
        job.progress = Paced(lambda progress: None)  # listeners of the build are not code of the task
        former = sys.getprofile()
        sys.setprofile(self._see)
        try:
            self.run(job)
        finally:
            sys.setprofile(former)

    def _see(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        ours = code.co_filename.startswith(str(PACKAGE)) and code.co_name != "<module>"
        if event == "call" and ours and not code.co_filename.startswith(_PLUMBING):
            self.ran.add(code)


def watched(folder: Path, flowing: int) -> Iterator[Run]:
    """Yield the tasks of a project on real rows, of one with a violated contract, and of some with random
    pipelines.
    """
    validated = TWO.replace(
        "preprocessing:\n", "    folds: {type: hash, key: tailnum, count: 2}\npreprocessing:\n", 1
    )
    validated = validated.replace("    target: late\n", "    target: late\n    cross_validation: true\n")
    yield from runs_of(delays(_folder(folder, "delays"), validated, every=900))
    model = "type: lightgbm.classifier, features: [x], target: y"
    yield from runs_of(one_model(_folder(folder, "broken"), _CONTRACT, _BROKEN, model))
    random = _folder(folder, "flowing")
    write_rows(random, seed())
    specs = pipelines(random, seed())
    for _ in range(flowing):
        yield from runs_of(next(specs))


def runs_of(file: Path) -> Iterator[Run]:
    spec = api.load(file)
    plan = api.plan(spec)
    watching = {name: Watched(task) for name, task in plan.tasks.items()}
    tasks = {name: replace(task, run=watching[name]) for name, task in plan.tasks.items()}
    api.build(spec, jobs=1, threads=1, planned=replace(plan, tasks=tasks))
    store = DiskStore.at(spec.root)
    for name, task in plan.tasks.items():
        if record := find_record(store.local, name):
            inputs = {
                slot: {part: str(store.contents.path(digest)) for part, digest in reads if digest}
                for slot, reads in record.ingredients.inputs.items()
            }
            files = {slot: [*map(str, one.files(spec.root))] for slot, one in task.files.items()}
            run = f"{task.run.__module__}:{task.run.__qualname__}"
            sees = {"run": run, "params": sorted_params(task), "inputs": inputs, "files": files}
            yield Run(f"{file.parent.name}/{name}", Coded.of(task), sees, frozenset(watching[name].ran))


def _folder(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name
