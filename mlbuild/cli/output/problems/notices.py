"""Notices for GitHub and SARIF besides diagnostics of the spec: how a command ended, and failed tasks."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.cli.exits import Stopped
from mlbuild.cli.output.document import json_text
from mlbuild.cli.output.problems.diagnostics import COMMAND_LINE, diagnostics_github
from mlbuild.cli.output.problems.sarif import diagnostics_sarif
from mlbuild.data.faults import failure_lines
from mlbuild.diagnostics import Diagnostic, Span
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.graph import Plan
from mlbuild.engine.queries.affected import affected_lines
from mlbuild.spec.spec import Spec

#: Used instead of a code if a command ends without a diagnostic.
_ENDED = "mlbuild"


def of_end(told: Stopped, code: int, format_: str) -> str:
    """Format the end of a command that could not run."""
    notice = Diagnostic(_ENDED, str(told), Span(COMMAND_LINE, 1, 1, 1, 1), told.help, lines=told.lines)
    if format_ == "github":
        return diagnostics_github([notice])
    return json_text(diagnostics_sarif((), code, [notice]))


def of_failures(spec: Spec, plan: Plan, result: BuildResult) -> Iterator[Diagnostic]:
    """Yield the failed tasks of a build, each at the definition that it comes from."""
    for task, failure in result.failures.items():
        message, lines = f"{task}: {failure.message}", (*failure_lines(failure), *affected_lines(plan, task))
        span = spec.document.span(plan.tasks[task].at, "key")
        yield Diagnostic(f"{failure.kind}-failure", message, span, lines=lines)
