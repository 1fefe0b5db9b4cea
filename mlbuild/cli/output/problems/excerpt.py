"""Shows the line of a diagnostic, with carets under the range that is meant."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlbuild.diagnostics import Span
from mlbuild.regular import SPEC_LIMIT, read_regular
from mlbuild.shown import COMMAND, UNSEEN, escaped
from mlbuild.spec.layers.bounds import Bounds

#: The maximum width of a line in terminal columns. Longer lines are cut on both sides of the range.
WIDEST = 100
#: How much of a cut line is before the range.
_BEFORE = 40
_CUT = "…"
#: Line breaks as spans count them: fewer than `str.splitlines` knows.
_BREAK = re.compile(r"\r\n|\r|\n")
_COMBINING = ("Mn", "Me")
#: A password in a URL, which no log should repeat.
_PASSWORD = re.compile(
    r"(?<=://)(?P<user>[^\s:@/'\"]*:)(?P<word>[^\s@'\"]+)(?=@)|(?<=password=)(?P<value>[^\s&'\"]+)"
)


class Texts:
    """The lines of files inside some bounds, each read once. `given` contains texts that are not files."""

    def __init__(self, given: Mapping[str, str] | None = None, bounds: Sequence[Bounds] = ()) -> None:
        self._lines = {name: text.split("\n") for name, text in (given or {}).items()}
        self._bounds = bounds

    def excerpt(self, span: Span) -> tuple[str, str] | None:
        """Return the line of a span and the line of carets below it; None if there is no such line."""
        if span.file not in self._lines:
            quotable = any(bounds.hold(Path(span.file)) for bounds in self._bounds)
            self._lines[span.file] = _read(Path(span.file)) if quotable else []
        lines = self._lines[span.file]
        if not 1 <= span.line <= len(lines) or not any(lines):
            return None
        end = span.end_column if span.end_line == span.line else len(lines[span.line - 1]) + 1
        return marked(lines[span.line - 1], span.column - 1, end - 1)


def _read(file: Path) -> list[str]:
    try:
        content = read_regular(file, SPEC_LIMIT)
    except (OSError, ValueError):
        return []
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return _BREAK.split(content.decode("utf-16" if utf_16 else "utf-8-sig", errors="replace"))


def marked(line: str, start: int, end: int) -> tuple[str, str]:
    """Return a line as a terminal shows it, cut around the characters `start` to `end`, and carets below these.

    Wide characters take two columns, and combining characters none. Tabs become four spaces, and invisible
    characters are escaped. Passwords in URLs are covered.
    """
    line = _PASSWORD.sub(_covered, line)
    first = max(start - WIDEST, 0)
    last = min(max(end, start + 1), start + WIDEST)
    cells = _cells(line[first : last + WIDEST])
    before, meant, after = cells[: start - first], cells[start - first : last - first], cells[last - first :]
    cut = len(line) > last + WIDEST
    if first or cut or _width(before) + _width(meant) + _width(after) > WIDEST:
        while len(before) > 1 and _width(before) > _BEFORE:
            first += 1
            before.pop(0)
        room = WIDEST - _width(before)
        shown = _fitting(meant, room)
        rest = _fitting(after, room - _width(shown)) if len(shown) == len(meant) else []
        cut = cut or len(shown) < len(meant) or len(rest) < len(after)
        meant, after = shown, rest
    lead = _CUT if first else ""
    text = lead + "".join(shown for shown, _ in (*before, *meant, *after)) + (_CUT if cut else "")
    return text.rstrip(), " " * (len(lead) + _width(before)) + "^" * max(_width(meant), 1)


def _covered(found: re.Match[str]) -> str:
    """Replace a password by as many stars."""
    return (found["user"] or "") + "*" * len(found["word"] or found["value"])


def _cells(text: str) -> list[tuple[str, int]]:
    """Return what is shown for each character, and how many columns it takes."""
    marked = {found.start() for found in COMMAND.finditer(text)}
    return [_cell(char, index in marked) for index, char in enumerate(text)]


def _cell(char: str, is_command: bool) -> tuple[str, int]:
    if is_command:
        return escaped(char), len(escaped(char))
    if char == "\t":
        return "    ", 4
    if " " <= char <= "~":
        return char, 1
    category = unicodedata.category(char)
    if category in UNSEEN:
        return escaped(char), len(escaped(char))
    if category in _COMBINING:
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _width(cells: list[tuple[str, int]]) -> int:
    return sum(width for _, width in cells)


def _fitting(cells: list[tuple[str, int]], room: int) -> list[tuple[str, int]]:
    """Return the first cells that fit into the given number of columns."""
    count = 0
    for _, width in cells:
        room -= width
        if room < 0:
            break
        count += 1
    return cells[:count]
