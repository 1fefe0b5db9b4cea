"""Formats diagnostics as a SARIF 2.1.0 log for code scanning."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlbuild import __version__
from mlbuild.cli.output.printing import shown_path
from mlbuild.cli.output.problems.diagnostics import NO_FILES
from mlbuild.cli.output.problems.explanations import as_text, explanations
from mlbuild.diagnostics import CODES, WARNINGS, Diagnostic, Span

Json = dict[str, Any]


def diagnostics_sarif(
    diagnostics: Sequence[Diagnostic], exit_code: int, notices: Sequence[Diagnostic] = ()
) -> Json:
    """Return one run of mlbuild. Its rules are the codes that occur. `notices` are about the run itself."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    driver = {"name": "mlbuild", "semanticVersion": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(exit_code, notices)],
        "results": [_result(diagnostic, codes) for diagnostic in diagnostics],
    }
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}


def _invocation(exit_code: int, notices: Sequence[Diagnostic]) -> Json:
    ended: Json = {"executionSuccessful": exit_code == 0, "exitCode": exit_code}
    told = [
        {"level": one.severity, "message": {"text": _text(one)}, "locations": _locations([one.span])}
        for one in notices
    ]
    return ended | ({"toolExecutionNotifications": told} if told else {})


def _rule(code: str) -> Json:
    told = explanations()[code]
    return {
        "id": code,
        "shortDescription": {"text": CODES[code]},
        "help": {"text": as_text(told), "markdown": told},
        "defaultConfiguration": {"level": "warning" if code in WARNINGS else "error"},
    }


def _result(diagnostic: Diagnostic, codes: Sequence[str]) -> Json:
    related = [
        {"id": number, "message": {"text": one.message}} | _physical(one.span)
        for number, one in enumerate(diagnostic.related, 1)
        if one.span.file not in NO_FILES
    ]
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity,
        "message": {"text": _text(diagnostic)},
        "locations": _locations([diagnostic.span]),
        **({"relatedLocations": related} if related else {}),
    }


def _text(diagnostic: Diagnostic) -> str:
    sentence = f"{diagnostic.message}; {diagnostic.help}" if diagnostic.help else diagnostic.message
    return "\n".join([sentence, *diagnostic.lines])


def _locations(spans: Iterable[Span]) -> list[Json]:
    return [_physical(span) for span in spans if span.file not in NO_FILES]


def _physical(span: Span) -> Json:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.file)}, "region": region}}


def _uri(file: str) -> str:
    path = Path(shown_path(file))
    # A path is bytes to the operating system, and may not be UTF-8.
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
