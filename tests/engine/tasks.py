"""Tasks without ML, and a project to build them in."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from mlbuild.diagnostics import Failed, Failure, data_failure
from mlbuild.engine.decide.files import LocalFile
from mlbuild.engine.decide.foresee import foresee
from mlbuild.engine.decide.reasons import Reason
from mlbuild.engine.decide.stale import Decision
from mlbuild.engine.execution.events import BuildResult, Event, TaskStarted
from mlbuild.engine.execution.executor import Executor
from mlbuild.engine.execution.run import build
from mlbuild.engine.execution.workers import Workers
from mlbuild.engine.execution.zygote import Setup
from mlbuild.engine.graph import Input, Job, Origin, Plan, Task
from mlbuild.engine.store.store import Store
from tests.engine.memory import memory_store


def load(job: Job) -> None:
    """Each line `name: text` of a file becomes the part with that name."""
    lines = job.file("data").read_text().splitlines()
    table = dict(line.split(": ") for line in lines)
    for name in job.params["columns"]:
        job.write(name, table[name].encode())


def join(job: Job) -> None:
    """Write a text, followed by everything that is read, as the part `out`."""
    reads = [job.read("of", part).decode() for part in job.parts("of")]
    job.write("out", " ".join([job.params["text"], *reads]).encode())


def say(job: Job) -> None:
    """Write the text of the parameters as the part `out`."""
    job.write("out", str(job.params["text"]).encode())


def sign(job: Job) -> None:
    """Write whether the inputs have an even number of bytes, and a file with the number of parameters."""
    even = sum(len(job.path("of", part).read_bytes()) for part in job.parts("of")) % 2
    job.write("even", str(even).encode())
    job.target("notes/params.txt").write_text(str(len(job.params)))


def guard(job: Job) -> None:
    """Refuse inputs that contain the word "bad", with the failure kind in the parameters."""
    texts = [job.read("of", part).decode() for part in job.parts("of")]
    if any("bad" in text for text in texts):
        raise Failed(Failure(job.params["kind"], "there is something bad", {"texts": texts}))
    job.write("out", b"good")


def boom(job: Job) -> None:
    raise ZeroDivisionError("one by zero")


def forgetful(job: Job) -> None:
    job.target("out")


def interrupted(job: Job) -> None:
    job.write("out", b"half")
    raise KeyboardInterrupt


def unlearnable(job: Job) -> None:
    raise data_failure("all values are missing", column="temp")


class Panic(BaseException):
    """An exception like those of compiled libraries."""


def panic(job: Job) -> None:
    raise Panic("index out of bounds")


ticks: list[int] = []


def unsteady(job: Job) -> None:
    """Produce a different result each time."""
    ticks.append(1)
    job.write("out", str(len(ticks)).encode())


def killed(job: Job) -> None:
    job.write("out", b"half")
    os.kill(os.getpid(), signal.SIGKILL)


def quits(job: Job) -> None:
    os._exit(3)


def greedy(job: Job) -> None:
    """Allocate a terabyte."""
    job.write("out", bytes(1 << 40))


def aborted(job: Job) -> None:
    """Abort like a compiled library that gets no memory."""
    faulthandler.disable()  # pytest has enabled it
    os.write(2, b"memory allocation of 99 bytes failed\n")
    os.abort()


def chatter(job: Job) -> None:
    """Print in all possible ways."""
    sys.stdout.write(f"{job.params['text']}\n")
    sys.stderr.write("UserWarning: take care\n")
    os.write(1, b"from a library\n")
    subprocess.run(["echo", "from a program"], check=True)
    job.write("out", b"said")


def counts(job: Job) -> None:
    """Report every step, and end as the parameters say."""
    for done in range(1, 1001):
        job.progress(done, 1000, "steps")
    if job.params["dies"]:
        os.kill(os.getpid(), signal.SIGKILL)
    job.write("out", b"counted")


def open_files(job: Job) -> None:
    """Write what this process has open, one per line."""
    names = sorted(str(file.resolve()) for file in list(Path("/proc/self/fd").iterdir()))
    job.write("out", "\n".join(names).encode())


def local(path: Path) -> LocalFile:
    """Return a file, named by its path."""
    return LocalFile(path, path.as_posix())


def file_task(path: Path, *columns: str, name: str = "source:s", **fields: Any) -> Task:
    return Task(
        name, "source", load, {"columns": list(columns)}, columns, files={"data": local(path)}, **fields
    )


def text_task(name: str, text: Any, *reads: str, **fields: Any) -> Task:
    """Return a task that writes a text, followed by what it reads (`task/part`), as its part `out`."""
    run = join if reads else say
    defaults: dict[str, Any] = {
        "run": run,
        "params": {"text": text},
        "parts": ("out",),
        "inputs": reading(*reads),
    }
    return Task(**{"name": name, "kind": "text", **defaults, **fields})


def chain() -> list[Task]:
    return [text_task("a", "a"), text_task("b", "b", "a/out"), text_task("c", "c", "b/out")]


def reading(*reads: str) -> tuple[Input, ...]:
    return tuple(Input("of", task, (part,)) for task, _, part in (read.partition("/") for read in reads))


def origin(path: str, line: int) -> Origin:
    return Origin(path, "mlbuild.yaml", line)


class Project:
    """A folder with a store in which plans are built. It keeps the events of the last build."""

    def __init__(self, root: Path, store: Store | None = None) -> None:
        self.root = root
        self.store = store or memory_store(root)
        self.events: list[Event] = []

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return Path(name)

    def build(
        self,
        tasks: Sequence[Task],
        targets: Collection[str] | None = None,
        *,
        executor: Executor | None = None,
        **options: Any,
    ) -> BuildResult:
        """Build in an executor (None: one by one in this process), and close it."""
        self.events = []
        options = {**options, "executor": executor, "events": self.events.append}
        with nullcontext() if executor is None else closing(executor):
            return build(plan(tasks), self.store, self.root, targets, **options)

    def workers(self, slots: int = 2, cores: int = 1, memory: int | None = None) -> Workers:
        """Return an executor with processes, which only a store on disk can be shared with."""
        return Workers(Setup(self.store.contents, self.root, memory=memory), slots, cores)

    def foresee(
        self, tasks: Sequence[Task], targets: Collection[str] | None = None, **options: Any
    ) -> dict[str, Decision]:
        found = foresee(plan(tasks), self.store, self.root, targets, **options)
        return {task.name: decision for task, decision in found}

    def told(self, event: type[Event]) -> list[Any]:
        return [found for found in self.events if isinstance(found, event)]

    def reasons(self, task: str) -> list[Reason]:
        """Return why the task ran in the last build."""
        return [reason for event in self.told(TaskStarted) if event.task == task for reason in event.reasons]

    def content(self, result: BuildResult, task: str, part: str = "out") -> str:
        content = self.store.contents.get(result.actions[task].parts[part].digest)
        assert content is not None
        return content.decode()


def plan(tasks: Sequence[Task]) -> Plan:
    return Plan({task.name: task for task in tasks})
