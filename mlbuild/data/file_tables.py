"""Reads a table that is stored in several files with the same columns."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from mlbuild.data.faults import Fault
from mlbuild.data.formats.format import Format
from mlbuild.data.locators.patterns import partitions
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import Failed, Failure, data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl

#: The value of a partition that is missing, as Hive and its successors write it.
_MISSING = "__HIVE_DEFAULT_PARTITION__"


@frozen
class Member:
    """One of several files of a table: its name in messages, and the columns that its path holds, with their values."""

    called: str
    file: Path
    columns: Mapping[str, str]


def members(files: Sequence[Path], names: Sequence[str]) -> list[Member]:
    """Return local files, in whose paths are the columns `names`."""
    folder = os.path.commonpath([file.parent for file in files])
    known = [partitions(file.as_posix()) for file in files]
    return [
        Member(os.path.relpath(file, folder), file, {name: some[name] for name in names})
        for file, some in zip(files, known, strict=True)
    ]


def read_files(
    form: Format, files: Sequence[Member], columns: Mapping[str, Parsing], progress: Report = silent
) -> tuple[pl.DataFrame, list[Fault]]:
    """Return the columns of a contract from all files, one after the other, and their faults.

    The row numbers of faults count through all files.

    Raises:
        Failed: Of kind `data`: a file cannot be read, or has other columns than the first one.
    """
    import polars as pl

    wanted = dict.fromkeys(map(form.name_in_file, columns))
    first: tuple[str, list[str]] | None = None
    frames: list[pl.DataFrame] = []
    faults: list[Fault] = []
    height = 0
    for number, one in enumerate(files):
        called = one.called
        raw, header = _raw(lambda file: form.raw_for(file, columns), one.file, called)
        if both := [name for name in one.columns if name in header]:
            raise data_failure(f"column '{both[0]}' is in both the file '{called}' and its path")
        if raw.height:  # a file without rows need not have columns
            has = [name for name in wanted if name in header]
            first = first or (called, has)
            _check(*first, called, has)
        frame, found = form.convert(*_with_partitions(raw, header, one.columns), columns)
        faults += [fault.after(height, called) for fault in found]
        frames.append(frame)
        height += frame.height
        progress(number + 1, len(files), "files")
    return pl.concat(frames), merged(faults)


def raw_of(form: Format, files: Sequence[Member], columns: Sequence[str]) -> pl.DataFrame:
    """Return these columns of all files as they are written, one file after the other, with those in the paths.

    Raises:
        Failed: Of kind `data`: a file cannot be read, or does not have the columns of the first one.
    """
    import polars as pl
    import polars.selectors as cs

    frames: list[pl.DataFrame] = []
    first = ("", list[str]())
    for one in files:
        called = one.called
        raw, header = _raw(lambda file: form.raw(file, columns), one.file, called)
        first = first if frames else (called, header)
        _check(*first, called, header)
        frames.append(
            _with_partitions(
                raw.select(cs.by_name(*sorted(raw.columns, key=columns.index))), header, one.columns
            )[0]
        )
    try:
        return pl.concat(frames, how="vertical_relaxed")
    except pl.exceptions.PolarsError:
        raise data_failure("the files have columns of different types") from None


def _raw(
    read: Callable[[Path], tuple[pl.DataFrame, list[str]]], file: Path, called: str
) -> tuple[pl.DataFrame, list[str]]:
    """Return the columns of one file. A failure names the file."""
    try:
        return read(file)
    except Failed as failed:
        failure = failed.failure
        details = dict(failure.details)
        if "unquoted" in details:
            details["unquoted"] = f"'{called}': {details['unquoted']}"
        raise Failed(Failure(failure.kind, f"'{called}': {failure.message}", details)) from None


def _check(first: str, has: Sequence[str], other: str, other_has: Sequence[str]) -> None:
    """Check that a file has the same columns of the contract as the first one.

    Raises:
        Failed: It has not.
    """
    for some, others, with_it, without in ((has, other_has, first, other), (other_has, has, other, first)):
        if lost := [name for name in some if name not in others]:
            what = "column" if len(lost) == 1 else "columns"
            quoted = listed(f"'{name}'" for name in lost)
            raise data_failure(f"'{with_it}' has the {what} {quoted}, but '{without}' does not")


def _with_partitions(
    raw: pl.DataFrame, header: Sequence[str], known: Mapping[str, str]
) -> tuple[pl.DataFrame, list[str]]:
    """Add the columns that are in the path of a file."""
    import polars as pl

    texts = {name: None if value == _MISSING else unquote(value) for name, value in known.items()}
    added = [pl.lit(text, pl.String).alias(name) for name, text in texts.items()]
    return raw.with_columns(added), [*header, *known]


def merged(faults: Sequence[Fault]) -> list[Fault]:
    """Join the faults of several files that are about the same columns and rule."""
    found: dict[tuple[tuple[str, ...], str], Fault] = {}
    for fault in faults:
        key = (fault.columns, fault.rule)
        found[key] = found[key].joined(fault) if key in found else fault
    return [*found.values()]
