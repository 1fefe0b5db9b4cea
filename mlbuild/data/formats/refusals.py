"""Failures for files that cannot be read: what is wrong, where, and what to do."""

from __future__ import annotations

import codecs
import io
import re
from pathlib import Path
from typing import IO, Any

from mlbuild.data.formats.looks import HEAD, look_at
from mlbuild.diagnostics import Failed, data_failure
from mlbuild.regular import open_regular

_LINE_ENDS = re.compile(r"\r\n?|\n")
_BLOCK = 1 << 16


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
        with io.BufferedReader(open_regular(file)) as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise refusal(format_, str(error.strerror).casefold()) from None
    refuse_other(head, format_)


def refuse_other(head: bytes, format_: str, encoding: str = "utf-8") -> None:
    """Check that a file with these first bytes does not look like one of another format.

    Raises:
        Failed: Of kind `data`: it does.
    """
    look = look_at(head, encoding)
    if look and look.format != format_:
        as_it_is = f"rename the file to .{look.format}, or set 'type: {look.format}' in the spec"
        raise refusal(format_, f"it looks like {look.what}", look.help or as_it_is)


def undecodable(stream: IO[bytes], format_: str, encoding: str = "utf-8", help_: str | None = None) -> Failed:
    """Create the failure for a file that is not text in an encoding, with the position of the first wrong byte.

    `stream` is the content of the file, from its start. `help_` says what to do if it may be windows-1252.
    """
    decoder, lines, before, last = codecs.getincrementaldecoder(encoding)(), 1, 0, ""
    while True:
        block = stream.read(_BLOCK)
        pending = decoder.getstate()[0]
        try:
            text = decoder.decode(block, not block)
        except UnicodeDecodeError as error:
            # The decoder starts with the bytes that it could not decode before.
            sound = codecs.getincrementaldecoder(encoding)()
            sound.setstate((b"", decoder.getstate()[1]))
            lines += _ends(last, sound.decode(error.object[: error.start]))
            return _wrong_byte(error, before - len(pending), lines, format_, encoding, help_)
        if not block:
            return refusal(format_, "it changed while it was being read")
        lines += _ends(last, text)
        before, last = before + len(block), text[-1:] or last


def _ends(last: str, text: str) -> int:
    """Count the line ends in a text that follows a character. CR LF is one, even if it is divided."""
    return len(_LINE_ENDS.findall(text)) - (last == "\r" and text[:1] == "\n")


def _wrong_byte(
    error: UnicodeDecodeError, before: int, line: int, format_: str, encoding: str, help_: str | None
) -> Failed:
    bad, at = error.object[error.start : error.start + 1], before + error.start
    where = f"byte 0x{bad.hex().upper()} at offset {at:,}"
    if encoding != "utf-8":
        return refusal(format_, f"line {line} is not valid {encoding}: {where}", "set another 'encoding'")
    char = bad.decode("windows-1252", "ignore")
    other = f", which is '{char}' in windows-1252" if char else ""
    todo = "save the file as UTF-8" + (f", or {help_}" if char and help_ else "")
    return refusal(format_, f"line {line} is not valid UTF-8: {where}{other}", todo)
