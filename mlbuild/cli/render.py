"""What all commands print with: colours, paths, standard error, the version of JSON documents."""

from __future__ import annotations

import sys

from mlbuild.cli.unchanged import colored

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

#: The version of the JSON documents that commands print.
SCHEMA_VERSION = 1

_CODES = {"error": "31;1", "warning": "33;1", "help": "36", "note": "36", "dim": "2", "bold": "1", "ok": "32"}


class Paint:
    """Colours text where a person looks at a terminal and has not asked for none."""

    def __init__(self, stream: TextIO | None, wanted: bool = True) -> None:
        self.on = wanted and colored(stream)

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.on else text


def shown_path(file: str) -> str:
    """A path as people write it from here."""
    from pathlib import Path  # asking for help does without it

    path = Path(file)
    try:
        return str(path.resolve().relative_to(Path.cwd())) if path.is_absolute() else file
    except ValueError:
        return file


def counted(count: int, word: str) -> str:
    """`1 result`, `2 results`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def seconds_text(seconds: float) -> str:
    """`0.43 s`, `2 min 05 s`, `1 h 02 min`."""
    if seconds < 59.995:
        return f"{seconds:.2f} s"
    minutes = round(seconds) // 60
    return (
        f"{minutes} min {round(seconds) % 60:02} s"
        if minutes < 60
        else f"{minutes // 60} h {minutes % 60:02} min"
    )


def say(text: str) -> None:
    """Progress and errors: standard error, so that results can be piped."""
    put(sys.stderr, f"{text}\n")


def put(stream: TextIO | None, text: str) -> None:
    """Write what only informs: that a stream is closed or full changes nothing. Only its reader's going is an end.

    Raises:
        BrokenPipeError: no one reads it any more.
    """
    try:
        if stream is not None:
            stream.write(text)
            stream.flush()
    except BrokenPipeError:
        raise
    except OSError:
        return
