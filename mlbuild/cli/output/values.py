"""Whether messages about failures quote values of the data: they do not with `--no-samples`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from mlbuild.data.faults import without_values
from mlbuild.diagnostics import Failure
from mlbuild.engine.decide.stale import Decision, FailedBefore
from mlbuild.engine.execution.events import BuildResult, Event, Listener, TaskFailed, TaskPrinted
from mlbuild.engine.graph import Task


class Values:
    """Removes values from messages, unless they may be quoted."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._quoted = not args.no_samples

    def failure(self, failure: Failure) -> Failure:
        return failure if self._quoted else without_values(failure)

    def result(self, result: BuildResult) -> BuildResult:
        return replace(
            result, failures={task: self.failure(failure) for task, failure in result.failures.items()}
        )

    def decisions(self, found: Sequence[tuple[Task, Decision]]) -> list[tuple[Task, Decision]]:
        return [(task, self._decision(decision)) for task, decision in found]

    def listener(self, listener: Listener) -> Listener:
        return lambda event: listener(self._event(event))

    def _decision(self, decision: Decision) -> Decision:
        if isinstance(decision, FailedBefore):
            return replace(decision, failure=self.failure(decision.failure))
        return decision

    def _event(self, event: Event) -> Event:
        match event:
            case TaskFailed(failure=failure):
                return replace(event, failure=self.failure(failure))
            case TaskPrinted() if not self._quoted:  # the output of a library can quote anything
                return replace(event, text="")
        return event
