"""Failures for files that cannot be read: what is wrong, where, and what to do."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from mlbuild.data.formats.looks import look_at
from mlbuild.diagnostics import Failed, data_failure
from mlbuild.regular import open_regular

_LINE_ENDS = re.compile(rb"\r\n?|\n")


def refusal(
    format_: str, reason: str, help_: str | None = None, unquoted: str | None = None, **details: Any
) -> Failed:
    """Create the failure for a file that cannot be read in a format, to be raised.

    `help_` says what to do. If the reason quotes values or a message of polars, `unquoted` is the reason without
    them.
    """
    message, lines = (
        f"cannot read the file as {format_}: ",
        {} if help_ is None else {"lines": [f"help: {help_}"]},
    )
    plain = {} if unquoted is None else {"unquoted": message + unquoted}
    return data_failure(message + reason, **lines, **plain, **details)


def refuse_others(file: Path, format_: str) -> None:
    """Check that a file does not look like one of another format.

    Raises:
        Failed: Of kind `data`: it does, it is not a regular file, or it cannot be opened.
    """
    try:
        look = look_at(file)
    except OSError as error:
        raise refusal(format_, str(error.strerror).lower()) from None
    if look and look.format != format_:
        as_it_is = f"rename the file to .{look.format}, or set 'type: {look.format}' in the spec"
        raise refusal(format_, f"it looks like {look.what}", look.help or as_it_is)


def not_utf8(file: Path, format_: str) -> Failed:
    """Create the failure for a file that is not UTF-8, with the position of the first such byte.

    Lines can be counted in bytes, because a line feed is never part of another character.
    """
    number, before = 1, 0
    with io.BufferedReader(open_regular(file)) as stream:
        for line in stream:
            try:
                line.decode()
            except UnicodeDecodeError as error:
                number += len(_LINE_ENDS.findall(line, 0, error.start))
                bad, at = line[error.start : error.start + 1], before + error.start
                char = bad.decode("windows-1252", "ignore")
                other = f", which is '{char}' in windows-1252" if char else ""
                where = f"byte 0x{bad.hex().upper()} at offset {at:,}{other}"
                return refusal(
                    format_, f"line {number} is not valid UTF-8: {where}", "save the file as UTF-8"
                )
            number, before = number + len(_LINE_ENDS.findall(line)), before + len(line)
    return refusal(format_, "it changed while it was being read")
