"""What is wrong besides a spec, for GitHub and SARIF: how a command ended, and tasks that failed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.cli.exits import Stopped
from mlbuild.cli.report import COMMAND_LINE, diagnostics_github
from mlbuild.cli.sarif import diagnostics_sarif
from mlbuild.diagnostics import Diagnostic, Failure, Path, Span
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
    message = "\n".join([str(told), *told.lines])
    notice = Diagnostic(_ENDED, message, Span(COMMAND_LINE, 1, 1, 1, 1), told.help)
    if format_ == "github":
        return diagnostics_github([notice])
    return json.dumps(diagnostics_sarif((), code, [notice]), indent=2)


def of_failures(spec: Spec, result: BuildResult) -> Iterator[Diagnostic]:
    """The tasks of a build that failed, each at the definition that it comes from."""
    for task, failure in result.failures.items():
        message = "\n".join([f"{task}: {failure.message}", *_lines(failure)])
        yield Diagnostic(f"{failure.kind}-failure", message, spec.document.span(_place(spec, task), "key"))


def _lines(failure: Failure) -> list[str]:
    return [str(line) for line in failure.details.get("lines", ())]


def _place(spec: Spec, task: str) -> Path:
    kind, _, name = task.partition(":")
    if kind == "contract" and name in spec.sources:
        return ("contracts", spec.sources[name].contract_name)
    return (_SECTIONS.get(kind, "models"), name)
