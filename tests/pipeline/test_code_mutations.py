"""No change of the code changes a result without changing the key of its task."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlbuild.engine.code.modules import ModuleFiles
from mlbuild.engine.code.versions import Code
from mlbuild.pipeline.plan import POLICY
from tests.budget import examples, seed, tell
from tests.engine.memory import memory_store
from tests.pipeline.coded import PACKAGE, Coded, Edited, definitions
from tests.pipeline.mutating import Mutant, mutant
from tests.pipeline.watched import Run, watched

#: The result of each task as a digest, or how it failed, by the name of the task.
Results = Mapping[str, str]


class Mutants:
    """A process that runs tasks with changed code."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def results(self, module: str, file: Path, source: bytes, jobs: list[str]) -> Results | None:
        """Return the results of jobs if a module has another source; None if the package then cannot be loaded."""
        request = {"module": module, "file": str(file), "source": source.decode(), "jobs": jobs}
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        found: Results | None = json.loads(self._process.stdout.readline())
        return found and {name: re.sub("0x[0-9a-f]+", "0x", result) for name, result in found.items()}


@contextmanager
def mutants(runs: Mapping[str, Run], folder: Path) -> Iterator[Mutants]:
    jobs = folder / "jobs.json"
    jobs.write_text(json.dumps({name: run.sees for name, run in runs.items()}))
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.pipeline.mutants", str(jobs)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        try:
            yield Mutants(process)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """Tasks by name: at most two with the same code."""
    found: dict[str, Run] = {}
    taken: dict[Coded, int] = {}
    for number, run in enumerate(watched(tmp_path_factory.mktemp("runs"), examples(2, 12))):
        if taken.setdefault(run.coded, 0) < examples(1, 2):
            taken[run.coded] += 1
            found[f"{number} {run.name}"] = run
    return found


def executed(runs: Mapping[str, Run]) -> dict[Path, list[range]]:
    """Return the lines of the functions that the tasks ran, by file."""
    found: dict[Path, list[range]] = {}
    for code in sorted({code for run in runs.values() for code in run.ran}, key=repr):
        last = max((line for *_, line in code.co_lines() if line), default=code.co_firstlineno)
        found.setdefault(Path(code.co_filename), []).append(range(code.co_firstlineno, last + 1))
    return found


def chosen(
    chance: random.Random, functions: dict[Path, list[range]], files: list[Path]
) -> tuple[Path, Mutant]:
    """Return a change of a function that the tasks run or, occasionally, anywhere in the files that they reach."""
    while True:
        if chance.random() < 0.75:
            file = chance.choice([*functions])
            found = mutant(file.read_bytes(), chance, chance.choice(functions[file]))
        else:
            file = chance.choice(files)
            found = mutant(file.read_bytes(), chance)
        if found:
            return file, found


def test_where_a_result_changes_the_key_does(runs: Mapping[str, Run], tmp_path: Path) -> None:
    chance = random.Random(seed())
    tasks = tuple({run.coded for run in runs.values()})
    before = definitions(tasks)
    code = Code(memory_store(tmp_path).local, POLICY)
    loaded = {task: code.files(task.run, task.uses) for task in tasks}
    modules = {name.partition(":")[0] for found in before.values() for name in found}
    sources = ModuleFiles()
    files = sorted(
        {file for module in modules if (file := sources.of(module))} - {*(PACKAGE / "engine").rglob("*.py")}
    )
    functions = executed(runs)
    counts = {"changes": 0, "cannot be loaded": 0, "change a result": 0, "change a key": 0}
    with mutants(runs, tmp_path) as process:
        same = process.results(
            "mlbuild.kinds", PACKAGE / "kinds.py", (PACKAGE / "kinds.py").read_bytes(), [*runs]
        )
        assert same and same == process.results(
            "mlbuild.hints", PACKAGE / "hints.py", (PACKAGE / "hints.py").read_bytes(), [*runs]
        )
        while counts["changes"] < examples(25, 2_000):
            file, change = chosen(chance, functions, files)
            module = ".".join(["mlbuild", *file.relative_to(PACKAGE).with_suffix("").parts])
            module = module.removesuffix(".__init__")
            after = definitions(tasks, Edited({file: change.source}))
            changed = {task for task in tasks if before[task] != after[task]}
            # If the key changes, a few are run to see that changes matter at all.
            sure = [name for name, run in runs.items() if run.coded in changed]
            jobs = [
                name for name, run in runs.items() if run.coded not in changed and file in loaded[run.coded]
            ]
            # They are last, because a job that ends its process takes all later jobs with it.
            jobs += chance.sample(sure, min(examples(1, 3), len(sure)))
            results = process.results(module, file, change.source, jobs)
            counts["changes"] += 1
            counts["change a key"] += bool(changed)
            if results is None:
                counts["cannot be loaded"] += 1
                continue
            other = {name for name in jobs if results[name] != same[name]}
            counts["change a result"] += bool(other)
            wrong = {name: results[name] for name in other if runs[name].coded not in changed}
            assert wrong == {}, f"{file}:{change.line}: {change.was!r} -> {change.now!r}"
    tell("; ".join(f"{count:,} {what}" for what, count in counts.items()))
    assert counts["change a result"] > counts["changes"] / 20
