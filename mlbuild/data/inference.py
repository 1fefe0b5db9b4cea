"""Infers the columns of a file: dtypes, missing values, and properties that every row has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.columns import ENDS_TEXT
from mlbuild.data.casts import cast
from mlbuild.data.contracts import COLUMN, Column, unusable
from mlbuild.data.crashes import try_reading
from mlbuild.data.evidence.promises import promised
from mlbuild.data.faults import faulty
from mlbuild.data.file_tables import members, raw_of, read_files
from mlbuild.data.formats.by_suffix import format_of
from mlbuild.data.formats.format import Format
from mlbuild.data.locators.patterns import partitions
from mlbuild.data.readings.reading import Reading
from mlbuild.data.rules.nullable import Nullable
from mlbuild.diagnostics import Failed, data_failure
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

#: A key of a YAML map cannot be longer than 1024 characters.
_LONGEST_NAME = 250
#: Why a column is refused in which all values are missing.
NO_VALUES = "has no values"
#: People are not going to read a draft of more columns; guessing their contracts would take minutes.
_MOST_COLUMNS = 20_000


@frozen(eq=False)
class Inferred:
    """A data file: the format that reads it, and a contract that its rows satisfy.

    `refused` gives the reason for each column that cannot be in a contract. `remarks` gives the reason for each
    option of the format, and `doubts` says what is not clear about the values of a column.
    """

    format: Format
    rows: pl.DataFrame
    columns: Mapping[str, Column]
    refused: Mapping[str, str]
    remarks: Mapping[str, str]
    doubts: Mapping[str, str]


def infer(file: Path, *others: Path) -> Inferred:
    """Read all rows of a file, or of several that are one table, and infer its format and contract.

    Raises:
        Failed: Of kind `data`: the file cannot be read or has no rows.
        ValueError: The file name does not determine a format.
    """
    kind = format_of(file)
    if kind is None:
        raise ValueError(f"no format has the suffix '{file.suffix}'")
    fitting = kind.fitting(file)
    for one in (file, *others):
        try_reading(fitting, one)
    header = fitting.header(file)
    if len(header) > _MOST_COLUMNS:
        raise data_failure(
            f"the file has {len(header):,} columns, but a draft supports at most {_MOST_COLUMNS:,}"
        )
    refused = _refused(header)
    index = _index(header)
    if index is not None:
        del refused[""]
    if others:
        in_paths = [name for name in partitions(file.as_posix()) if name not in header]
        raw = raw_of(
            fitting, members((file, *others), in_paths), [name for name in header if name not in refused]
        )
    else:
        raw, in_paths = _raw(fitting, file, header, refused), []
    if index is not None and _counts(raw[""]):
        refused[""] = "has no name, and numbers the rows"
        raw, index = raw.drop(""), None
    guess = fitting.guess(raw if index is None else raw.rename({"": index}))
    del raw
    if index is not None:
        ways = guess.format.ways
        ways = {**ways, index: replace(ways.get(index, Reading()), from_="")}
        guess = replace(guess, format=replace(guess.format, ways=ways))
    columns = {
        name: COLUMN(dtype=dtype).ruled(Nullable(nullable=True)) for name, dtype in guess.dtypes.items()
    }
    # Read as a build will, which proves every dtype.
    if others:
        rows, faults = read_files(guess.format, members((file, *others), in_paths), columns)
    else:
        rows, faults = guess.format.read(file, columns)
    if faults:
        raise faulty("the file changed while it was being read", faults)
    refused |= guess.refused
    refused |= {name: NO_VALUES for name in columns if rows[name].null_count() == rows.height}
    for name, column in columns.items():
        if column.dtype == "string" and rows[name].str.contains("\0", literal=True).any():
            refused[name] = f"contains {ENDS_TEXT}"
    kept = {name: promised(column, rows[name]) for name, column in columns.items() if name not in refused}
    if not kept:
        why = [f"column '{name}' {reason}" for name, reason in refused.items()]
        raise data_failure("the file has no values", lines=why)
    ways = {name: way for name, way in guess.format.ways.items() if name in kept}
    doubts = {name: doubt for name, doubt in guess.doubts.items() if name in kept}
    form = replace(guess.format, ways=ways)
    return Inferred(form, rows.select(list(kept)), kept, refused, guess.remarks, doubts)


def _raw(form: Format, file: Path, header: Sequence[str], refused: dict[str, str]) -> pl.DataFrame:
    """Return the columns that can be read and can have a contract. Add the others to `refused`."""
    for _ in range(2):
        try:
            return form.raw(file, [name for name in header if name not in refused])[0]
        except Failed as failed:
            faults = failed.failure.details.get("columns", {})
            if not faults:
                raise
            refused |= {name: f"cannot be read: {cause}" for name, cause in faults.items()}
    raise data_failure("the file changed while it was being read")


def _index(header: Sequence[str]) -> str | None:
    """Return a name for the first column if it has none, as pandas and R write the names of rows."""
    if not header or header[0] or header.count("") > 1:
        return None
    return next(name for name in ("index", "row_index", "unnamed_index") if name not in header)


def _counts(values: pl.Series) -> bool:
    """Whether values only number the rows from 0 or 1."""
    numbers = cast(values, "int")
    if numbers.null_count() or not len(numbers):
        return False
    return numbers[0] in (0, 1) and bool((numbers.diff().drop_nulls() == 1).all())


def _refused(header: Sequence[str]) -> dict[str, str]:
    """Return the names that no column of a contract can have, with the reason."""
    refused, counts = {}, Counter(header)
    for name in header:
        if unusable(name):
            refused[name] = "has an invalid name"
        elif len(name) > _LONGEST_NAME:
            refused[name] = f"has a name of {len(name)} characters"
        elif counts[name] > 1:
            refused[name] = "appears twice in the header"
    return refused
