"""What polars says when it cannot read a file, in words, and nowhere else."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.regular import open_regular

if TYPE_CHECKING:
    from io import FileIO

#: Words in front of a cause that say only that there is one.
_EMPTY = re.compile(
    r"^(parquet( error)?: |file out of specification: |underlying io error: |external format error: )+", re.I
)
_LONGEST = 200


class Unread(Exception):
    """Polars cannot read a file; the text is the cause."""


@contextmanager
def reading(file: Path) -> Iterator[FileIO]:
    """Open a file for polars, which would take characters of a path for a pattern; inside, it reads the file.

    Raises:
        Unread: it cannot, or it stops working over what is in the file.
        OSError: the file cannot be opened.
    """
    import polars as pl

    try:
        with open_regular(file) as stream, _quiet(pl.exceptions.PanicException):
            yield stream
    except pl.exceptions.PolarsError as error:
        raise Unread(_cause(str(error), file)) from None
    except pl.exceptions.PanicException:
        raise Unread("polars cannot make sense of it") from None


def _cause(text: str, file: Path) -> str:
    """The first line of what polars says, without the path, which may hold secrets."""
    line = next(iter(text.splitlines()), "").strip()
    for path in {str(file), str(file.absolute()), os.path.realpath(file)}:
        line = line.replace(path, "the file")
    line = _EMPTY.sub("", line)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


@contextmanager
def _quiet(panic: type[BaseException]) -> Iterator[None]:
    """Drop what polars prints by itself, with a stack of its own, before it raises `panic`; print all else."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    panicked = False
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 2)
        try:
            yield
        except panic:
            panicked = True
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if not panicked and printed.seek(0, os.SEEK_END):
                printed.seek(0)
                with suppress(OSError):
                    os.write(2, printed.read())
