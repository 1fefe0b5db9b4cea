"""The outcome of each task of a build so far, and the events about it."""

from __future__ import annotations

from collections.abc import Iterable

from mlbuild.diagnostics import Failure
from mlbuild.engine.decide.records import Action
from mlbuild.engine.execution.events import (
    BuildResult,
    Event,
    Listener,
    NonDeterministic,
    TaskDone,
    TaskFailed,
)


class Ledger:
    """The state of a build. `done` starts anew with each pass, with the failures of earlier passes."""

    def __init__(self, events: Listener) -> None:
        self.tell = events
        self.done: dict[str, Action | None] = {}
        self.failures: dict[str, Failure] = {}
        self._outcomes: dict[str, str] = {}
        self._times: dict[str, float] = {}
        self._unsteady: dict[str, tuple[str, ...]] = {}
        self._remembered: set[str] = set()

    def begin(self) -> None:
        """Forget all outcomes except failures: no task is tried again that has failed in this build."""
        self.done = dict.fromkeys(self.failures)

    def ran(self, task: str) -> bool:
        return self._outcomes.get(task) == "ran"

    def settle(self, task: str, action: Action | None, outcome: str, event: Event) -> None:
        """Record how a task ended, and send the event.

        If a later pass finds the same, or the result in place, it sends nothing.
        """
        self.done[task] = action
        if isinstance(event, TaskDone):
            self._times[task] = event.seconds
        former = self._outcomes.get(task)
        if former is None or outcome not in (former, "reused"):
            self._outcomes[task] = outcome
            self.tell(event)

    def fail(self, task: str, failure: Failure, key: str, remembered: str | None = None) -> None:
        self.failures[task] = failure
        if remembered and task not in self._outcomes:
            self._remembered.add(task)
        self.settle(task, None, "failed", TaskFailed(task, failure, remembered, key))

    def differ(self, task: str, parts: tuple[str, ...]) -> None:
        """Record that a task gave a different result for the same key, in these parts; none if one of the results
        was a failure.
        """
        self._unsteady[task] = parts
        self.tell(NonDeterministic(task, parts))

    def result(self, build: str, seconds: float, order: Iterable[str]) -> BuildResult:
        """Return the result of the build, with tasks in this order."""
        named: dict[str, list[str]] = {}
        settled = [task for task in order if task in self._outcomes]
        for task in settled:
            named.setdefault(self._outcomes[task], []).append(task)
        return BuildResult(
            build=build,
            seconds=seconds,
            failures={task: self.failures[task] for task in settled if task in self.failures},
            actions={task: action for task in settled if (action := self.done[task])},
            unsteady={task: self._unsteady[task] for task in settled if task in self._unsteady},
            times={task: self._times[task] for task in settled if task in self._times},
            remembered=tuple(task for task in settled if task in self._remembered),
            **{word: tuple(named.get(word, ())) for word in ("ran", "reused", "restored", "blocked")},
        )
