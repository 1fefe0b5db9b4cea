"""A process that runs tasks with changed code: `python -m tests.pipeline.mutants JOBS`.

It imports libraries and forks. Only its children load the package, each with one module replaced. A line of JSON on
standard input, `{"module": ..., "file": ..., "jobs": [...]}`, is a request. The answer is a line with the result of
each job as a digest, or null if the package cannot be loaded.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

#: The libraries of tasks, so that children need not load them again.
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
#: A changed task that exceeds these seconds or bytes counts as one with another result.
_SECONDS, _BYTES = 30, 8 << 30


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


class Changed(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Loads one module from another source."""

    def __init__(self, module: str, file: str, source: str) -> None:
        self._module, self._file, self._source = module, file, source

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._module:
            return None
        return importlib.util.spec_from_file_location(name, self._file, loader=self)

    def get_source(self, fullname: str) -> str:
        return self._source


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


def child(request: dict[str, Any], jobs: dict[str, Any], output: int) -> None:
    """Load the package with the changed module, and write a line for each job."""
    signal.alarm(_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.meta_path.insert(0, Changed(request["module"], request["file"], request["source"]))
    try:
        importlib.import_module("mlbuild.api")
        importlib.import_module(request["module"])
    except BaseException:  # for any reason: the package cannot be loaded
        os.write(output, b"null\n")
        return
    for name in request["jobs"]:
        os.write(output, json.dumps([name, run(jobs[name])]).encode() + b"\n")


def answer(request: dict[str, Any], jobs: dict[str, Any]) -> dict[str, str] | None:
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(read)
            child(request, jobs, write)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as lines:
        found = [json.loads(line) for line in lines if line.endswith("\n")]
    os.waitpid(pid, 0)
    if None in found:
        return None
    # A job that ended its process, and those after it, count as having another result.
    return dict.fromkeys(request["jobs"], "ended") | dict(found)


def main() -> None:
    jobs = json.loads(Path(sys.argv[1]).read_text())
    for library in LIBRARIES:
        importlib.import_module(library)
    assert "mlbuild" not in sys.modules
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), jobs)), flush=True)  # noqa: T201  # the answer


if __name__ == "__main__":
    main()
