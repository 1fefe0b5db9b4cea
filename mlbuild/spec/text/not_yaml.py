"""Rewords errors of the YAML parser, and finds the place that was meant."""

from __future__ import annotations

import re
from typing import Any

from mlbuild.diagnostics import Diagnostic, Related, Span
from mlbuild.spec.text.tree import SourceText

_MISFIT = ("this does not fit the lines above it", "indent all keys of a map equally")
_NAMELESS = ("an anchor name must follow '&' or '*'", "put the value in quotes")

#: A part of a message of libyaml or PyYAML, what it means, and what to do about it.
_WORDINGS = {
    "mapping values are not": (
        "unexpected ':'",
        "put a string that contains ': ' in quotes, or fix the indentation",
    ),
    "escape char": (
        "unknown escape sequence in double quotes",
        "use single quotes, in which a backslash is an ordinary character",
    ),
    "hexdecimal number": (
        "this escape sequence needs hexadecimal digits",
        "use single quotes, in which a backslash is an ordinary character",
    ),
    "unexpected end of stream": ("unclosed quote", None),
    "expected ',' or ']'": (
        "expected ',' or ']'",
        "close the list, and put strings that contain ',' or ']' in quotes",
    ),
    "expected ',' or '}'": (
        "expected ',' or '}'",
        "close the map, and put strings that contain ',' or '}' in quotes",
    ),
    "could not find expected ':'": (
        "expected 'key: value'",
        "put ': ' after the key, or fix the indentation",
    ),
    "expected key": _MISFIT,
    "expected <block end>": _MISFIT,
    "expected '-' indicator": ("expected '- item'", "indent all items of a list equally"),
    "sequence entries are not allowed": (
        "a list cannot start here",
        "start it on the next line, or put a string that starts with '- ' in quotes",
    ),
    "node content": ("a value is missing here", "put a string that starts with ',', ']' or '}' in quotes"),
    "comment or": (
        "a string after '|' or '>' must start on the next line",
        "put a string that starts with '|' or '>' in quotes",
    ),
    "alphabetic or numeric character": _NAMELESS,
    "<document start>": ("unexpected text after the end of the spec", "check for an extra closing bracket"),
    "incompatible YAML": ("this version of YAML is not supported", "remove the %YAML line"),
    "digit or '.' character": ("this version of YAML is not supported", "remove the %YAML line"),
}
#: libyaml's words for the value that it was reading.
_BEGUN = {
    "a block mapping": "the map",
    "a flow mapping": "the map",
    "a block collection": "the list",
    "a flow sequence": "the list",
    "a simple key": "the key",
    "a plain scalar": "the string",
    "a quoted scalar": "the string",
    "a double-quoted scalar": "the string",
    "a block scalar": "the string",
}
#: A line up to the place where a parser fails because of text after a quoted text, as in `"my column" > 3`.
_QUOTED = re.compile(r"""((?:.*[:\-]\s+)?(?:"[^"]*"|'[^']*')\s*)[|>]?\s*""")
#: A line that was meant as an entry of a map.
_KEY_GLUED = re.compile(r"\s*(?:- +)?([A-Za-z_][\w-]*:[^\s:/][^\s]*)\s*")


def not_yaml(text: SourceText, error: Any) -> Diagnostic:
    """Return the diagnostic for a `yaml.MarkedYAMLError`."""
    problem = error.problem or error.context or "invalid YAML"
    context, mark = error.context_mark, error.problem_mark or error.context_mark
    # The parser notices something that is never closed, or lacks its ':', only after it.
    keyless = "could not find expected ':'" in problem
    if context is not None and (keyless or "end of stream" in problem):
        mark = context
    # The parser notices unclosed values at the end of the text, where there is nothing.
    index = min(mark.index, max(len(text.content.rstrip()) - 1, 0))
    before = text.content[:index].rpartition("\n")[2]
    line = text.content[index:].split("\n", 1)[0].rstrip()
    if quoted := _QUOTED.fullmatch(before):
        start, end = index - len(before) + quoted.end(1), index + len(line)
        advice = "put the whole value in quotes: '\"my column\" > 3'"
        return Diagnostic("bad-yaml", "unexpected text after a closing quote", text.span(start, end), advice)
    if "mapping values are not" in problem and (glued := _glued(text, index)):
        return Diagnostic("bad-yaml", "expected 'key: value'", glued, "put a space after the ':'")
    message, help_ = _worded(problem, line)
    span = text.span(index, index + (len(line) if keyless else 1))
    return Diagnostic("bad-yaml", message, span, help_, _related(text, error, index))


def _glued(text: SourceText, index: int) -> Span | None:
    """Return the line before a character, if no space follows the ':' of its key: YAML reads it as a text that
    continues.
    """
    end = text.content.rfind("\n", 0, index)
    start = text.content.rfind("\n", 0, max(end, 0)) + 1
    found = _KEY_GLUED.fullmatch(text.content, start, max(end, start))
    return text.span(*found.span(1)) if found else None


def _related(text: SourceText, error: Any, index: int) -> tuple[Related, ...]:
    """Return where the value starts that the parser was reading."""
    context = error.context_mark
    if context is None or context.index >= index:
        return ()
    begun = (error.context or "").removeprefix("while parsing ").removeprefix("while scanning ")
    place = text.span(context.index, context.index + 1)
    return (Related(f"{_BEGUN.get(begun, 'it')} starts here", place),)


def _worded(problem: str, line: str) -> tuple[str, str | None]:
    """Reword a problem of the parser, depending on the rest of the line."""
    if line[:1] == "\t" and ("tab" in problem or "cannot start any token" in problem):
        return "YAML cannot be indented with tabs", "use spaces"
    if "cannot start any token" in problem:
        return f"an unquoted value cannot start with '{line[:1]}'", "put the value in quotes"
    if "could not find expected ':'" in problem and ":" in line:
        return "expected 'key: value'", "put a space after the ':'"
    found = (told for part, told in _WORDINGS.items() if part in problem)
    return next(found, (problem, None))
