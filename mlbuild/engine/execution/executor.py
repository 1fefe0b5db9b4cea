"""Executors run the functions of tasks.

Contains the interface, and the executor that runs tasks one by one in this process.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol

from mlbuild.diagnostics import Failure
from mlbuild.engine.decide.key import Read
from mlbuild.engine.decide.records import Part
from mlbuild.engine.execution.job import Running
from mlbuild.engine.graph import Task
from mlbuild.engine.store.contents import Contents
from mlbuild.frozen import frozen
from mlbuild.progress import Progress

#: The digests of the parts that a task reads, by slot.
Inputs = Mapping[str, tuple[Read, ...]]
#: Is called with the name of a task and how far it has come.
Heard = Callable[[str, Progress], None]


@frozen
class Outcome:
    """How the function of a task ended: with parts that are in the store, or with a failure.

    `peak` is the peak resident memory in bytes (None: unknown). `printed` is the end of what the task wrote to its
    standard streams, if these were not those of the build. `until` is when the answer from outside ceases to hold, if
    the task named a time.
    """

    seconds: float
    given: Mapping[str, Part]
    failure: Failure | None = None
    peak: int | None = None
    printed: str = ""
    until: float | None = None


class Executor(Protocol):
    """Runs the functions of tasks with resources of its own, which builds only borrow.

    A build submits at most `slots` tasks at once, which share `cores` cores. Whoever makes an executor closes it. One
    executor can serve several builds, one at a time, unless one was interrupted: then it has to be closed
    first.
    """

    slots: int
    cores: int

    def submit(self, task: Task, inputs: Inputs, threads: int) -> None:
        """Start a task that can use `threads` cores. Every part of `inputs` is in the store."""

    def wait(self, heard: Heard) -> list[tuple[str, Outcome]]:
        """Return the tasks that have ended since the last call, by name. If there are none, wait for one.

        Meanwhile, pass on what running tasks report about their progress.
        """

    def close(self) -> None:
        """Release all resources, and stop what is still running. The executor can be used again afterwards."""


class InProcess:
    """Runs one task after the other in this process. A task that crashes also ends the build.

    The output of tasks goes to standard error, so that standard output contains only results.
    """

    slots = 1

    def __init__(self, contents: Contents, root: Path, cores: int = 1) -> None:
        self.cores = cores
        self._contents, self._root = contents, root
        self._waiting: deque[tuple[Task, Inputs, int]] = deque()

    def submit(self, task: Task, inputs: Inputs, threads: int) -> None:
        self._waiting.append((task, inputs, threads))

    def wait(self, heard: Heard) -> list[tuple[str, Outcome]]:
        task, inputs, threads = self._waiting.popleft()
        with contextlib.redirect_stdout(sys.stderr):
            outcome = execute(task, inputs, self._contents, self._root, threads, partial(heard, task.name))
        return [(task.name, outcome)]

    def close(self) -> None:
        self._waiting.clear()


def execute(
    task: Task,
    inputs: Inputs,
    contents: Contents,
    root: Path,
    threads: int,
    heard: Callable[[Progress], None],
) -> Outcome:
    """Call the function of a task, and store what it produces. Meanwhile, pass on its progress."""
    started = time.perf_counter()
    with Running(task, inputs, contents, root, threads, heard) as job:
        task.run(job)
        job.collect()
    return Outcome(time.perf_counter() - started, job.given, job.failure, until=job.holds_until)
