"""A program that runs tasks with changed code: `python -m tests.pipeline.mutants FOLDER`.

It reads `jobs.json`, what the functions of tasks see by the name of the task, and `changes.json`, a list of
`{"module", "first", "variants"}`. A variant has the source of the module, the jobs to run with it, and the line of the
only function whose body differs, or null. Then this writes `results.json`: for each variant of each module, the result
of each job as a digest, or null if the package cannot be loaded. A job that does not enter that function has no result.

Loading the package takes much longer than most jobs, so everything that variants share is loaded once. This process
loads only libraries. It forks a process for each module, which loads the modules of the package that do not import
that module. This forks a process for each variant, which loads the rest and runs the jobs.
"""

from __future__ import annotations

import ast
import builtins
import gc
import hashlib
import importlib
import importlib.abc
import json
import os
import resource
import signal
import sys
import tempfile
import traceback
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.pipeline.outermost import outermost

#: The libraries of tasks. Others that they load are found in a first run.
LIBRARIES = (
    "numpy",
    "polars",
    "pandera.polars",
    "lightgbm",
    "sklearn.linear_model",
    "onnx",
    "onnxruntime",
    "sqlglot",
)
#: A changed task that exceeds these seconds, CPU seconds or bytes counts as one with another result.
_SECONDS, _CPU_SECONDS, _BYTES = 60, 10, 8 << 30

#: Functions by module and first line.
Functions = set[tuple[str, int]]


class Job:
    """What the function of a task sees."""

    def __init__(self, told: dict[str, Any], folder: Path) -> None:
        self.params, self.threads = told["params"], 1
        self._inputs, self._files = told["inputs"], told["files"]
        self._folder = folder
        self.given: dict[str, bytes] = {}
        self._targets: dict[str, Path] = {}

    def parts(self, slot: str) -> tuple[str, ...]:
        return tuple(self._inputs.get(slot, ()))

    def read(self, slot: str, part: str) -> bytes:
        return self.path(slot, part).read_bytes()

    def path(self, slot: str, part: str) -> Path:
        return Path(self._inputs[slot][part])

    def file(self, slot: str) -> Path:
        return Path(self._files[slot])

    def write(self, part: str, content: bytes) -> None:
        self.given[part] = content

    def target(self, part: str) -> Path:
        self._targets[part] = self._folder / str(len(self._targets))
        return self._targets[part]

    def progress(self, done: int, total: int | None, unit: str) -> None:
        pass

    def digest(self) -> str:
        given = self.given | {part: path.read_bytes() for part, path in self._targets.items()}
        parts = sorted((part, hashlib.sha256(content).hexdigest()) for part, content in given.items())
        return hashlib.sha256(repr(parts).encode()).hexdigest()


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads modules of the package in another way."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        found = PathFinder.find_spec(name, path, target) if self.takes(name) else None
        if found:
            found.loader = self
        return found

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ and module.__spec__.origin
        file = module.__spec__.origin
        exec(compile(self.tree(module.__name__, file), file, "exec", dont_inherit=True), module.__dict__)

    @abstractmethod
    def takes(self, name: str) -> bool:
        """Whether this loads a module."""

    @abstractmethod
    def tree(self, name: str, file: str) -> ast.Module:
        """Return what to execute."""


class Changed(_Loader):
    """Loads one module from another source."""

    def __init__(self, module: str, source: str) -> None:
        self._module, self._source = module, source

    def takes(self, name: str) -> bool:
        return name == self._module

    def tree(self, name: str, file: str) -> ast.Module:
        return ast.parse(self._source)


class Refusing(importlib.abc.MetaPathFinder):
    """Refuses to load a module."""

    def __init__(self, module: str) -> None:
        self._module = module

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name == self._module:
            raise ImportError(f"{name} is loaded later")
        return None


class Traced(_Loader):
    """Loads the package such that each outermost function reports when it is entered, in any thread."""

    def takes(self, name: str) -> bool:
        return name.partition(".")[0] == "mlbuild"

    def tree(self, name: str, file: str) -> ast.Module:
        found = ast.parse(Path(file).read_bytes())
        for function in outermost(found):
            report = ast.parse(f"__entered__(({name!r}, {function.lineno}))").body[0]
            for node in ast.walk(report):
                ast.copy_location(node, function.body[0])
            function.body.insert(int(ast.get_docstring(function) is not None), report)
        return found


def run(told: dict[str, Any]) -> str:
    """Return the result of a job, or how it fails."""
    module, _, name = told["run"].partition(":")
    with tempfile.TemporaryDirectory() as folder:
        job = Job(told, Path(folder))
        try:
            getattr(importlib.import_module(module), name)(job)
            return job.digest()
        except BaseException as error:  # also the exceptions of compiled libraries
            failure = getattr(error, "failure", None)
            return f"{type(error).__name__}: {error} {getattr(failure, 'details', '')}"


def forked(act: Callable[[Callable[[Any], None]], None]) -> list[Any]:
    """Run a function in a process of its own. Return what it tells with the function that it is given."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(read)
            act(lambda told: _write(write, json.dumps(told).encode() + b"\n"))
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as lines:
        found = [json.loads(line) for line in lines if line.endswith("\n")]
    os.waitpid(pid, 0)
    return found


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def enters(jobs: Mapping[str, Any]) -> tuple[dict[str, Functions], list[str]]:
    """Return the functions that each job enters in a new process, and the libraries that it loads."""

    def alone(job: Any) -> list[Any]:
        def act(tell: Callable[[Any], None]) -> None:
            run(job)
            tell([[*entered], [name for name in sys.modules if name.partition(".")[0] != "mlbuild"]])

        return forked(act)

    def load(tell: Callable[[Any], None]) -> None:
        sys.meta_path.insert(0, Traced())
        vars(builtins)["__entered__"] = entered.add
        importlib.import_module("mlbuild.api")
        for name, job in jobs.items():
            tell([name, *alone(job)])

    entered: Functions = set()
    found = {name: (functions, libraries) for name, (functions, libraries) in forked(load)}
    assert [*found] == [*jobs]
    modules = dict.fromkeys(module for _, libraries in found.values() for module in libraries)
    return {name: {(module, line) for module, line in one} for name, (one, _) in found.items()}, [*modules]


def variant(
    module: str, source: str, names: Sequence[str], jobs: Mapping[str, Any], tell: Callable[[Any], None]
) -> None:
    """Load the package with the changed module, and tell the result of each job."""
    signal.alarm(_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.meta_path.insert(0, Changed(module, source))
    try:
        importlib.import_module("mlbuild.api")
        importlib.import_module(module)
    except BaseException:  # for any reason: the package cannot be loaded
        tell(None)
        return
    for name in names:
        tell([name, run(jobs[name])])


def variants(
    change: dict[str, Any], jobs: Mapping[str, Any], entered: Mapping[str, Functions]
) -> list[dict[str, str] | None]:
    """Return the results of all variants of a module. To be called in a process of its own."""
    module = change["module"]
    refusing = Refusing(module)
    sys.meta_path.insert(0, refusing)
    for name in change["first"]:
        with suppress(ImportError):  # one that imports the module through a catalogue
            importlib.import_module(name)
    sys.meta_path.remove(refusing)
    assert module not in sys.modules
    gc.freeze()  # children would copy memory that the collector marks
    results: list[dict[str, str] | None] = []
    for one in change["variants"]:
        names = one["jobs"]
        if one["function"]:
            names = [name for name in names if (module, one["function"]) in entered[name]]

        def act(tell: Callable[[Any], None], source: str = one["source"], names: list[str] = names) -> None:
            variant(module, source, names, jobs, tell)

        found = forked(act)
        # A job that ended its process, and those after it, count as having another result.
        results.append(None if None in found else dict.fromkeys(names, "ended") | dict(found))
    return results


def answers(
    changes: Sequence[dict[str, Any]], jobs: Mapping[str, Any], folder: Path, processes: int
) -> list[list[dict[str, str] | None]]:
    """Return the results of all variants of all modules."""
    entered, libraries = enters(jobs)
    for library in libraries:
        with suppress(Exception):  # one that needs others first
            importlib.import_module(library)
    gc.freeze()
    files = {folder / f"results-{number}.json": change for number, change in enumerate(changes)}
    run_apart([*files.items()], jobs, entered, processes)
    # The kernel may have killed a process because others needed its memory.
    run_apart([(file, change) for file, change in files.items() if not file.exists()], jobs, entered, 1)
    return [json.loads(file.read_text()) for file in files]


def run_apart(
    changes: Sequence[tuple[Path, dict[str, Any]]],
    jobs: Mapping[str, Any],
    entered: Mapping[str, Functions],
    processes: int,
) -> None:
    """Write the results for each module from a process of its own. Some run at the same time."""
    running: dict[int, str] = {}

    def wait() -> None:
        pid, status = os.wait()
        module = running.pop(pid)
        if status:
            sys.stderr.write(f"{module}: its process ended with the status {status}\n")

    for file, change in changes:
        if len(running) == processes:
            wait()
        pid = os.fork()
        if not pid:
            code = 1
            try:
                found = variants(change, jobs, entered)
                file.write_text(json.dumps(found))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        running[pid] = change["module"]
    while running:
        wait()


def main() -> None:
    folder, processes = Path(sys.argv[1]), int(sys.argv[2])
    jobs = json.loads((folder / "jobs.json").read_text())
    changes = json.loads((folder / "changes.json").read_text())
    for library in LIBRARIES:
        importlib.import_module(library)
    assert "mlbuild" not in sys.modules
    found = answers(changes, jobs, folder, processes)
    (folder / "results.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
