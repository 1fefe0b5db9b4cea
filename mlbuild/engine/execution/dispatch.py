"""Tasks that are waiting and running: starts the most urgent first, and divides the cores among them."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace

from mlbuild.engine.decide.machine import Machine
from mlbuild.engine.decide.stale import Stale
from mlbuild.engine.execution.executor import Executor, Heard, Outcome
from mlbuild.engine.execution.perform import VERDICTS
from mlbuild.engine.graph import Task
from mlbuild.frozen import frozen

Urgent = Callable[[str], tuple[int, float, int]]


@frozen
class Attempt:
    """A task that is running or has run. `first` is the outcome of the first run, if it runs twice."""

    task: Task
    decision: Stale
    threads: int = 0
    first: Outcome | None = None


class Dispatch:
    """Passes tasks to an executor. Equal keys are one task: while one of them is here, the others are held back.

    Free cores are divided among the tasks that start together, so a task that runs alone gets all of them. With
    `twice`, each task that does not fail by accident runs a second time with another number of threads.
    """

    def __init__(self, executor: Executor, urgent: Urgent, twice: bool) -> None:
        self._executor, self._urgent, self._twice = executor, urgent, twice
        self._heap: list[tuple[tuple[int, float, int], Attempt]] = []
        self._running: dict[str, Attempt] = {}
        self._twins: dict[str, list[str]] = {}

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def clear(self) -> None:
        """Remove the waiting tasks. No task may be running."""
        self._heap.clear()
        self._twins.clear()

    def add(self, task: Task, decision: Stale) -> None:
        """Let a task wait until a slot is free, or until a task with the same key is done."""
        key = decision.ingredients.key
        if key in self._twins:
            self._twins[key].append(task.name)
        else:
            self._twins[key] = []
            heapq.heappush(self._heap, (self._urgent(task.name), Attempt(task, decision)))

    def next(self) -> Attempt | None:
        """Return the task that should start now; None if none is waiting, or no slot is free."""
        if not self._heap or len(self._running) >= self._executor.slots:
            return None
        return heapq.heappop(self._heap)[1]

    def start(self, attempt: Attempt) -> None:
        """Run a task with its share of the free cores."""
        starting = min(len(self._heap) + 1, self._executor.slots - len(self._running))
        free = self._executor.cores - sum(other.threads for other in self._running.values())
        self._submit(replace(attempt, threads=max(1, -(-free // starting))))

    def ended(self, heard: Heard) -> list[tuple[Attempt, Outcome]]:
        """Wait until tasks have ended. Return each with the outcome of its last run."""
        found = []
        for name, outcome in self._executor.wait(heard):
            attempt = self._running.pop(name)
            if self._twice and attempt.first is None and _repeatable(attempt.task, outcome):
                self._submit(replace(attempt, first=outcome, threads=1 if attempt.threads > 1 else 2))
            else:
                found.append((attempt, outcome))
        return found

    def release(self, attempt: Attempt) -> list[str]:
        """Finish with a task. Return the tasks that were held back because of it."""
        return self._twins.pop(attempt.decision.ingredients.key)

    def _submit(self, attempt: Attempt) -> None:
        self._running[attempt.task.name] = attempt
        self._executor.submit(attempt.task, attempt.decision.inputs, attempt.threads)


def _repeatable(task: Task, outcome: Outcome) -> bool:
    """Whether a second run of a task must give the same. A measurement need not."""
    if isinstance(task.outside, Machine):
        return False
    return outcome.failure is None or outcome.failure.kind in VERDICTS
