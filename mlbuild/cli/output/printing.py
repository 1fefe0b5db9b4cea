"""Writes what commands print, and has helpers for output: colors, paths, numbers.

Human-readable text is printed line by line through `page`, wherever its values come from. No other place decides what a
terminal or a CI log can get.
"""

from __future__ import annotations

import re
import sys

from mlbuild.cli.unchanged import colored
from mlbuild.regular import real
from mlbuild.shown import line, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

#: The version of the JSON documents that commands print.
SCHEMA_VERSION = 1

_CODES = {"error": "31;1", "warning": "33;1", "help": "36", "note": "36", "dim": "2", "bold": "1", "ok": "32"}
#: The codes that `Paint` puts around a text, and the mark of a time in a snapshot.
_PAINTED = rf"\x1b\[(?:{'|'.join({*_CODES.values(), '0'})})m"
_DATED = r"\0\d*\0"


class Paint:
    """Colors text on a terminal, unless the user has disabled it."""

    def __init__(self, stream: TextIO | None, wanted: bool = True) -> None:
        self.on = wanted and colored(stream)

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.on else text


def page(lines: Iterable[str], paint: Paint | None = None, *, dated: bool = False) -> str:
    """Join lines for output. Whatever they contain, each becomes one line in which everything is visible.

    Only the colors of an enabled paint are kept, and the marks of times if they are `dated`.
    """
    passing = [*([_PAINTED] if paint and paint.on else []), *([_DATED] if dated else [])]
    if not passing:
        return "".join(f"{line(text)}\n" for text in lines)
    marks = re.compile(f"({'|'.join(passing)})")
    return "".join(f"{_between(marks.split(text))}\n" for text in lines)


def _between(parts: list[str]) -> str:
    """Join texts to a line. Every second text is a mark that is kept unchanged."""
    parts[0::2] = [line(parts[0]), *map(visible, parts[2::2])] if parts[0] else ["", *map(line, parts[2::2])]
    return "".join(parts)


def show(lines: Iterable[str], paint: Paint | None = None) -> None:
    """Print human-readable results to standard output."""
    sys.stdout.write(page(lines, paint))


def show_document(text: str) -> None:
    """Print results for programs unchanged to standard output. Whoever makes a format must escape its content."""
    sys.stdout.write(f"{text}\n")


def say(lines: Iterable[str], paint: Paint | None = None) -> None:
    """Print progress and errors to standard error, so that results can be piped."""
    put(sys.stderr, page(lines, paint))


def shown_path(file: str) -> str:
    """Format a path relative to the current folder."""
    from pathlib import Path  # --help does not need it

    path = Path(file)
    try:
        return str(real(path).relative_to(Path.cwd())) if path.is_absolute() else file
    except (OSError, ValueError):  # it is elsewhere, or this folder was deleted
        return file


def counted(count: int, word: str) -> str:
    """Format a count: `1 result`, `2 results`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def seconds_text(seconds: float) -> str:
    """Format a duration: `0.43 s`, `2 min 05 s`, `1 h 02 min`."""
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    minutes = round(seconds) // 60
    return (
        f"{minutes} min {round(seconds) % 60:02} s"
        if minutes < 60
        else f"{minutes // 60} h {minutes % 60:02} min"
    )


def put(stream: TextIO | None, text: str) -> None:
    """Write informational text. A closed or full stream is ignored, but not a reader that has gone.

    Raises:
        BrokenPipeError: Nobody reads it any more.
    """
    try:
        if stream is not None:
            stream.write(text)
            stream.flush()
    except BrokenPipeError:
        raise
    except OSError:
        return
