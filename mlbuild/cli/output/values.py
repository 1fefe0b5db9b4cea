"""Whether messages about failures quote values of the data.

They do not with `--no-samples`, and not for data outside of the project: a spec from someone else could read a file
with secrets as a table, and get its lines quoted.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mlbuild.data.faults import without_values
from mlbuild.diagnostics import Failure
from mlbuild.engine.decide.stale import Decision, FailedBefore
from mlbuild.engine.execution.events import BuildResult, Event, Listener, TaskFailed, TaskPrinted
from mlbuild.engine.graph import Task
from mlbuild.spec.layers.bounds import FLAG, Bounds
from mlbuild.spec.spec import Spec

_ELSEWHERE = f"values are not shown, as some sources lie outside of the project; {FLAG} shows them"


class Values:
    """Removes values from messages if they must not be quoted."""

    def __init__(self, args: argparse.Namespace, spec: Spec) -> None:
        bounds = Bounds.of(spec.file)
        inside = args.allow_outside or all(map(bounds.hold, _files(spec)))
        self._quoted = inside and not args.no_samples
        self._why = [] if inside or args.no_samples else [_ELSEWHERE]

    def failure(self, failure: Failure) -> Failure:
        if self._quoted:
            return failure
        told = without_values(failure)
        lines = [*told.details.get("lines", ()), *(self._why if told != failure else ())]
        return replace(told, details={**told.details, "lines": lines} if lines else told.details)

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


def _files(spec: Spec) -> Iterator[Path]:
    """Yield the local files that tables are read from."""
    for source in spec.sources.values():
        if source.located.sample is not None:
            yield source.located.sample
