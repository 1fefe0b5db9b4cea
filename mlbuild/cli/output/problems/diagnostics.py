"""Formats diagnostics as text, as JSON and as workflow commands for GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from mlbuild.cli.output.printing import Paint, counted, shown_path
from mlbuild.cli.output.problems.excerpt import Texts
from mlbuild.diagnostics import Diagnostic, Span
from mlbuild.shown import visible
from mlbuild.spec.layers.settings import FLAG

#: The file name for errors on the command line.
COMMAND_LINE = "<command line>"
#: The file names in spans that are not files.
NO_FILES = (COMMAND_LINE, FLAG)
#: The maximum number of diagnostics in text. JSON and SARIF have all of them.
MOST = 100


def diagnostics_text(diagnostics: Sequence[Diagnostic], paint: Paint, texts: Texts) -> list[str]:
    """Format the first `MOST` diagnostics, errors before warnings, each with its line and carets."""
    order = sorted(range(len(diagnostics)), key=lambda index: diagnostics[index].severity != "error")
    told = [diagnostics[index] for index in sorted(order[:MOST])]
    left = [diagnostics[index] for index in order[MOST:]]
    more = [f"and {count_text(left)} more (use --json to see all)"] if left else []
    return [*(line for one in told for line in _lines(one, texts, paint)), *more]


def count_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Format counts: "2 errors, 1 warning". Empty if there are none."""
    severities = [diagnostic.severity for diagnostic in diagnostics]
    counts = [(severities.count(kind), kind) for kind in ("error", "warning")]
    return ", ".join(counted(count, kind) for count, kind in counts if count)


def _lines(diagnostic: Diagnostic, texts: Texts, paint: Paint) -> Iterator[str]:
    severity = diagnostic.severity
    places = [diagnostic.span, *(related.span for related in diagnostic.related)]
    margin = max(len(str(span.line)) for span in places)
    kind = paint(severity, f"{severity}[{diagnostic.code}]:")
    yield f"{paint('bold', f'{_place(diagnostic.span)}:')} {kind} {diagnostic.message}"
    yield from _excerpt(diagnostic.span, texts, margin, severity, paint)
    for related in diagnostic.related:
        yield f"  {paint('note', 'note:')} {related.message}, at {_place(related.span)}"
        yield from _excerpt(related.span, texts, margin, "note", paint)
    if diagnostic.help:
        yield f"  {paint('help', 'help:')} {diagnostic.help}"
    yield from (f"  {line}" for line in diagnostic.lines)


def _place(span: Span) -> str:
    return f"{shown_path(span.file)}:{span.line}:{span.column}"


def _excerpt(span: Span, texts: Texts, margin: int, style: str, paint: Paint) -> Iterator[str]:
    found = texts.excerpt(span)
    if found is not None:
        line, carets = found
        indent = len(carets) - len(carets.lstrip())
        yield f"  {span.line:>{margin}} | {line}".rstrip()
        yield f"  {'':{margin}} | {carets[:indent]}{paint(style, carets[indent:])}"


def diagnostics_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    return [
        {
            "code": diagnostic.code,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "help": diagnostic.help,
            "lines": [*diagnostic.lines],
            **_span_json(diagnostic.span),
            "related": [
                {"message": related.message, **_span_json(related.span)} for related in diagnostic.related
            ],
        }
        for diagnostic in diagnostics
    ]


def _span_json(span: Span) -> dict[str, Any]:
    return {
        "file": shown_path(span.file),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def diagnostics_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Return a workflow command for each diagnostic, which GitHub shows next to the line."""
    return "\n".join(visible(_command(one)) for one in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    place = {
        "file": shown_path(span.file),
        "line": span.line,
        "endLine": span.end_line,
        "col": span.column,
        "endColumn": span.end_column,
    }
    told = {} if span.file in NO_FILES else place
    properties = ",".join(
        f"{name}={_property(str(value))}" for name, value in (told | {"title": diagnostic.code}).items()
    )
    message = diagnostic.message + (f" ({diagnostic.help})" if diagnostic.help else "")
    text = "\n".join([message, *diagnostic.lines])
    return f"::{diagnostic.severity} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
