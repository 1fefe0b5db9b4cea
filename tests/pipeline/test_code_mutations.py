"""No change of the code changes a result without changing the key of its task."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mlbuild import api
from mlbuild.engine.code.library import Library
from mlbuild.engine.code.modules import ModuleFiles, with_packages
from mlbuild.engine.code.scan import ModuleScan, scan
from mlbuild.engine.code.versions import Code
from mlbuild.frozen import frozen
from mlbuild.pipeline.plan import POLICY
from tests.budget import examples, seed, tell
from tests.engine.memory import memory_store
from tests.pipeline.coded import PACKAGE, Coded, Definitions, Edited, definitions
from tests.pipeline.mutating import Mutant, mutant
from tests.pipeline.outermost import body_at
from tests.pipeline.watched import Run, watched

#: The result of each task as a digest, or how it failed, by the name of the task.
Results = dict[str, str]
Loaded = Mapping[Coded, frozenset[Path]]
ROOT = Path(__file__).parents[2]


@frozen
class Variant:
    """A changed module, and the tasks to run with it: those of `changed` have another key."""

    module: str
    file: Path
    mutant: Mutant
    jobs: tuple[str, ...]
    changed: frozenset[Coded]
    #: The first line of the outermost function whose body differs. Tasks that do not enter it are not run.
    function: int | None

    def to_json(self) -> dict[str, Any]:
        return {"source": self.mutant.source.decode(), "jobs": self.jobs, "function": self.function}


def results(
    variants: Iterable[Variant], runs: Mapping[str, Run], folder: Path
) -> Iterator[tuple[Variant, Results | None]]:
    """Yield each variant with the results of its tasks; None if the package then cannot be loaded."""
    by_module: dict[str, list[Variant]] = {}
    for variant in variants:
        by_module.setdefault(variant.module, []).append(variant)
    first = apart({"mlbuild.api", *(run.coded.run.__module__ for run in runs.values())}, [*by_module])
    changes = [
        {"module": module, "first": first[module], "variants": [one.to_json() for one in found]}
        for module, found in by_module.items()
    ]
    (folder / "jobs.json").write_text(json.dumps({name: run.sees for name, run in runs.items()}))
    (folder / "changes.json").write_text(json.dumps(changes))
    command = [sys.executable, "-m", "tests.pipeline.mutants", str(folder), str(api.available_threads())]
    environment = os.environ | {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    for variants, answers in zip(
        by_module.values(), json.loads((folder / "results.json").read_text()), strict=True
    ):
        for variant, found in zip(variants, answers, strict=True):
            yield variant, found and {name: re.sub("0x[0-9a-f]+", "0x", one) for name, one in found.items()}


def apart(starts: set[str], modules: Iterable[str]) -> dict[str, list[str]]:
    """Return, for each of some modules, what does not import it, of all that `starts` import."""
    sources = ModuleFiles()

    def scanned(module: str) -> ModuleScan | None:
        file = sources.of(module)
        package = module if file and file.name == "__init__.py" else module.rpartition(".")[0]
        return scan(file.read_bytes(), package, POLICY) if file else None

    library = Library(frozenset({"mlbuild"}), sources, scanned)

    @cache
    def below(module: str) -> frozenset[str]:
        found: set[str] = set()
        waiting = with_packages(module)
        while waiting:
            if (one := waiting.pop()) not in found:
                found.add(one)
                waiting += library.imports(one)
        return frozenset(found)

    loaded = sorted(frozenset().union(*map(below, starts)))
    return {module: [one for one in loaded if module not in below(one)] for module in modules}


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


def variant(
    chance: random.Random,
    file: Path,
    found: Mutant,
    runs: Mapping[str, Run],
    loaded: Loaded,
    before: Definitions,
) -> Variant:
    """Return a change with the tasks to run: all whose key it should change but does not, and a few others."""
    tasks = tuple(before)
    after = definitions(tasks, Edited({file: found.source}))
    changed = frozenset(task for task in tasks if before[task] != after[task])
    # If the key changes, a few are run to see that changes matter at all.
    sure = [name for name, run in runs.items() if run.coded in changed]
    jobs = [name for name, run in runs.items() if run.coded not in changed and file in loaded[run.coded]]
    # They are last, because a job that ends its process takes all later jobs with it.
    jobs += chance.sample(sure, min(examples(1, 3), len(sure)))
    # Now and then, all tasks are run, to see that no other function can be affected.
    function = body_at(file.read_text(), found.line) if chance.random() < 0.95 else None
    return Variant(named(file), file, found, tuple(jobs), changed, function)


def unchanged(file: Path, runs: Mapping[str, Run]) -> Variant:
    source = file.read_bytes()
    return Variant(named(file), file, Mutant(source, 0, "", ""), (*runs,), frozenset(), None)


def named(file: Path) -> str:
    module = ".".join(["mlbuild", *file.relative_to(PACKAGE).with_suffix("").parts])
    return module.removesuffix(".__init__")


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
    variants = [unchanged(PACKAGE / name, runs) for name in ("kinds.py", "hints.py")]
    for _ in range(examples(25, 2_000)):
        variants.append(variant(chance, *chosen(chance, functions, files), runs, loaded, before))
    found = [*results(variants, runs, tmp_path)]
    same, again = (told for one, told in found if not one.mutant.line)
    assert same and same == again
    counts = {"changes": 0, "cannot be loaded": 0, "change a result": 0, "change a key": 0}
    for one, told in found:
        if not one.mutant.line:
            continue
        counts["changes"] += 1
        counts["change a key"] += bool(one.changed)
        if told is None:
            counts["cannot be loaded"] += 1
            continue
        other = {name for name, result in told.items() if result != same[name]}
        counts["change a result"] += bool(other)
        wrong = {name: told[name] for name in other if runs[name].coded not in one.changed}
        assert wrong == {}, f"{one.file}:{one.mutant.line}: {one.mutant.was!r} -> {one.mutant.now!r}"
    tell("; ".join(f"{count:,} {what}" for what, count in counts.items()))
    assert counts["change a result"] > counts["changes"] / 20
