"""Reads with polars, and words its errors."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.process.stderr import redirect, restore
from mlbuild.regular import open_regular

if TYPE_CHECKING:
    from io import FileIO

#: Words before a cause that contain no information.
_EMPTY = re.compile(
    r"^(parquet( error)?: |file out of specification: |underlying io error: |external format error: )+", re.I
)
_LONGEST = 200


class Unread(Exception):
    """Polars cannot read a file. The message is the cause."""


@contextmanager
def reading(file: Path) -> Iterator[FileIO]:
    """Open a file for polars and read it inside the context.

    Polars would interpret some characters of a path as a pattern.

    Raises:
        Unread: Polars cannot read the file, or panics because of its content.
        OSError: The file cannot be opened.
    """
    import polars as pl

    try:
        with open_regular(file) as stream, _quiet(pl.exceptions.PanicException):
            yield stream
    except pl.exceptions.PolarsError as error:
        raise Unread(_cause(str(error), file)) from None
    except pl.exceptions.PanicException:
        raise Unread("polars cannot parse it") from None


def _cause(text: str, file: Path) -> str:
    """Return the first line of a message of polars, without the path, which may contain secrets."""
    line = next(iter(text.splitlines()), "").strip()
    for path in {str(file), str(file.absolute()), os.path.realpath(file)}:
        line = line.replace(path, "the file")
    line = _EMPTY.sub("", line)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


@contextmanager
def _quiet(panic: type[BaseException]) -> Iterator[None]:
    """Suppress what polars prints before it raises `panic`, with its own stack trace, but print everything else."""
    import tempfile

    panicked = False
    with tempfile.TemporaryFile() as printed:
        try:
            kept = redirect(printed.fileno())
        except OSError:  # there is no standard error
            yield
            return
        try:
            yield
        except panic:
            panicked = True
            raise
        finally:
            restore(kept)
            if not panicked and printed.seek(0, os.SEEK_END):
                printed.seek(0)
                with suppress(OSError):
                    os.write(2, printed.read())
