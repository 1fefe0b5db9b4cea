"""Notices for GitHub and SARIF about how a command ended, if it could not run."""

from __future__ import annotations

from mlbuild.cli.exits import Stopped
from mlbuild.cli.output.document import json_text
from mlbuild.cli.output.problems.diagnostics import COMMAND_LINE, diagnostics_github
from mlbuild.cli.output.problems.sarif import diagnostics_sarif
from mlbuild.diagnostics import Diagnostic, Span

#: Used instead of a code if a command ends without a diagnostic.
_ENDED = "mlbuild"


def of_end(told: Stopped, code: int, format_: str) -> str:
    """Format the end of a command that could not run."""
    notice = Diagnostic(_ENDED, str(told), Span(COMMAND_LINE, 1, 1, 1, 1), told.help, lines=told.lines)
    if format_ == "github":
        return diagnostics_github([notice])
    return json_text(diagnostics_sarif((), code, [notice]))
