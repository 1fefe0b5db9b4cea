"""Finds the files of a log, and reads the records in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mlbuild.cli.exits import DATA, UNREACHABLE, Stopped, UsageError
from mlbuild.kinds import Json
from mlbuild.monitoring.compacted import COMPACT, NotALog, rows_of
from mlbuild.monitoring.log import contents_of, files_of
from mlbuild.serving.replay.skew import records_in
from mlbuild.shown import shown


def log_files(place: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files of a log with these suffixes.

    Raises:
        UsageError: There is none.
    """
    files = [file for file in files_of(place) if file == place or file.suffix in suffixes]
    if not files:
        what = (
            f"no file {' or '.join(f'*{one}' for one in suffixes)} in"
            if place.is_dir()
            else "no file or folder"
        )
        raise UsageError(f"there is {what} '{shown(str(place))}'")
    return files


def records_of(files: Iterable[Path]) -> Iterator[Json]:
    """Yield the records in files, as far as they can be read.

    Raises:
        OSError: A file cannot be read.
        NotALog: A compacted one is none.
    """
    for file in files:
        yield from (rows_of if file.suffix == COMPACT else records_in)(contents_of(file))


@contextmanager
def readable_log(place: str) -> Iterator[None]:
    """End the command if a file of a log cannot be read, or is none."""
    try:
        yield
    except OSError as error:
        message = f"cannot read '{shown(place)}': {(error.strerror or str(error)).casefold()}"
        raise Stopped(message, code=UNREACHABLE) from None
    except NotALog as error:
        raise Stopped(f"a {COMPACT} file in '{shown(place)}' {error}", code=DATA) from None
