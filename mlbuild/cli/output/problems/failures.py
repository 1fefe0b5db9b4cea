"""Failed tasks as diagnostics, each at the line of the spec that it is about: a rule of a contract, a test, a gate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlbuild.data.faults import Fault, failure_lines
from mlbuild.diagnostics import Diagnostic, Failure, Path
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.affected import affected_lines
from mlbuild.pipeline.tasks.contracts import contract
from mlbuild.pipeline.tasks.verdicts import gate, test
from mlbuild.spec.spec import Spec

#: A code, a path in the definition of the task, a message, and lines below it.
_Found = tuple[str, Path, str, Sequence[str]]


def of_failures(spec: Spec, plan: Plan, result: BuildResult) -> Iterator[Diagnostic]:
    """Yield what failed in a build, each at the place in the spec that it is about."""
    for name, failure in result.failures.items():
        task, affected = plan.tasks[name], affected_lines(plan, name)
        found = _in_detail(task.kind, failure) or [_as_a_whole(task.kind, failure)]
        for code, at, message, lines in found:
            span = spec.document.span((*task.at, *at), "key")
            yield Diagnostic(code, f"{name}: {message}", span, lines=(*lines, *affected))


def _in_detail(kind: str, failure: Failure) -> list[_Found]:
    """Return what failed inside a task; nothing if that is unknown, as in a damaged store."""
    try:
        return [*_INSIDE[kind](failure.details)] if kind in _INSIDE else []
    except (AttributeError, KeyError, TypeError, ValueError):
        return []


def _as_a_whole(kind: str, failure: Failure) -> _Found:
    tested = kind == test.KIND and failure.kind == "gate"
    return "failed-test" if tested else f"{failure.kind}-failure", (), failure.message, failure_lines(failure)


def _violations(details: Mapping[str, Any]) -> Iterator[_Found]:
    """Yield the violated rules of a contract."""
    for one in details.get("violations", ()):
        fault = Fault.from_json(one)
        if fault.level == "error":
            at = fault.at or (("columns", fault.columns[0]) if fault.columns else ())
            help_ = [fault.help] if fault.help else []
            yield "contract-violation", at, str(replace(fault, help=None)), help_


def _gates(details: Mapping[str, Any]) -> Iterator[_Found]:
    """Yield the gates that failed."""
    for index, one in enumerate(details.get("gates", ())):
        if one["outcome"] == "failed":
            yield "failed-gate", (index,), gate.line(one), ()


_INSIDE: Mapping[str, Callable[[Mapping[str, Any]], Iterator[_Found]]] = {
    contract.KIND: _violations,
    gate.KIND: _gates,
}
