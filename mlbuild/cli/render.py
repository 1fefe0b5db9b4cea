"""Diagnostics as text and as JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from mlbuild.diagnostics import Diagnostic, Span

#: The version of the JSON documents that commands print.
SCHEMA_VERSION = 1

_CODES = {"error": "31;1", "warning": "33;1", "help": "36", "dim": "2", "bold": "1", "ok": "32"}


class Paint:
    """Colours text where a person looks at a terminal and has not asked for none."""

    def __init__(self, stream: TextIO, wanted: bool = True) -> None:
        self.on = wanted and stream.isatty() and not os.environ.get("NO_COLOR")

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.on else text


def shown_path(file: str) -> str:
    """A path as people write it from here."""
    path = Path(file)
    try:
        return str(path.resolve().relative_to(Path.cwd())) if path.is_absolute() else file
    except ValueError:
        return file


def diagnostics_text(diagnostics: Sequence[Diagnostic], paint: Paint) -> str:
    """All diagnostics, each with its line and a caret; and their count."""
    sources: dict[str, list[str]] = {}
    blocks = [_one(diagnostic, sources, paint) for diagnostic in diagnostics]
    return "\n".join(blocks)


def count_text(diagnostics: Iterable[Diagnostic]) -> str:
    """ "2 errors, 1 warning"; empty where there is none."""
    severities = [diagnostic.severity for diagnostic in diagnostics]
    counts = [(severities.count(kind), kind) for kind in ("error", "warning")]
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for count, kind in counts if count)


def _one(diagnostic: Diagnostic, sources: dict[str, list[str]], paint: Paint) -> str:
    span = diagnostic.span
    head = paint("bold", f"{shown_path(span.file)}:{span.line}:{span.column}:")
    kind = paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]:")
    lines = [f"{head} {kind} {diagnostic.message}", *_excerpt(span, sources, paint)]
    for related in diagnostic.related:
        place = f"{shown_path(related.span.file)}:{related.span.line}:{related.span.column}"
        lines.append(f"  note: {related.message} at {place}")
    if diagnostic.help:
        lines.append(f"  {paint('help', 'help:')} {diagnostic.help}")
    return "\n".join(lines)


def _excerpt(span: Span, sources: dict[str, list[str]], paint: Paint) -> list[str]:
    """The line that is meant, and carets under the characters meant."""
    if span.file not in sources:
        try:
            text = Path(span.file).read_bytes().decode("utf-8-sig", errors="replace")
        except OSError:
            text = ""
        sources[span.file] = text.splitlines()
    lines = sources[span.file]
    if not 1 <= span.line <= len(lines):
        return []
    number = str(span.line)
    line = lines[span.line - 1]
    margin = " " * len(number)
    before = "".join("\t" if char == "\t" else " " for char in line[: span.column - 1])
    width = max(1, span.end_column - span.column) if span.end_line == span.line else 1
    carets = paint("error", "^" * min(width, max(1, len(line) - span.column + 1)))
    return [f"  {number} | {line}", f"  {margin} | {before}{carets}"]


def diagnostics_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    return [
        {
            "code": diagnostic.code,
            "severity": diagnostic.severity,
            "message": diagnostic.message,
            "help": diagnostic.help,
            **_place(diagnostic.span),
            "related": [
                {"message": related.message, **_place(related.span)} for related in diagnostic.related
            ],
        }
        for diagnostic in diagnostics
    ]


def _place(span: Span) -> dict[str, Any]:
    return {
        "file": shown_path(span.file),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def say(text: str) -> None:
    """Progress and errors: standard error, so that results can be piped."""
    print(text, file=sys.stderr)
