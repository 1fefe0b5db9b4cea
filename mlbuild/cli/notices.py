"""What is wrong besides a spec, for GitHub and SARIF: how a command ended, and tasks that failed."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.cli.document import json_text
from mlbuild.cli.exits import Stopped
from mlbuild.cli.report import COMMAND_LINE, diagnostics_github
from mlbuild.cli.sarif import diagnostics_sarif
from mlbuild.data.faults import failure_lines
from mlbuild.diagnostics import Diagnostic, Path, Span
from mlbuild.engine.events import BuildResult
from mlbuild.spec.spec import Spec

#: Stands for a code where a command ends without a diagnostic.
_ENDED = "mlbuild"

#: The section of a spec that a kind of task belongs to; all others are those of a model.
_SECTIONS = {
    "source": "sources",
    "contract": "sources",
    "dataset": "datasets",
    "artifact": "outputs",
    "verify": "outputs",
    "publish": "outputs",
}


def of_end(told: Stopped, code: int, format_: str) -> str:
    """The end of a command that could not be run, as it is printed."""
    notice = Diagnostic(_ENDED, str(told), Span(COMMAND_LINE, 1, 1, 1, 1), told.help, lines=told.lines)
    if format_ == "github":
        return diagnostics_github([notice])
    return json_text(diagnostics_sarif((), code, [notice]))


def of_failures(spec: Spec, result: BuildResult) -> Iterator[Diagnostic]:
    """The tasks of a build that failed, each at the definition that it comes from."""
    for task, failure in result.failures.items():
        message, lines = f"{task}: {failure.message}", tuple(failure_lines(failure))
        span = spec.document.span(_place(spec, task), "key")
        yield Diagnostic(f"{failure.kind}-failure", message, span, lines=lines)


def _place(spec: Spec, task: str) -> Path:
    kind, _, name = task.partition(":")
    if kind == "contract" and name in spec.sources:
        return ("contracts", spec.sources[name].contract_name)
    return (_SECTIONS.get(kind, "models"), name)
