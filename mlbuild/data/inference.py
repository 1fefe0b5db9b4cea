"""What the columns of a file are: dtypes, missing values and promises that every row of it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.columns import ENDS_TEXT
from mlbuild.data.casts import cast
from mlbuild.data.contracts import Column, unusable
from mlbuild.data.csv_file import read_csv
from mlbuild.data.delimiter import find_delimiter
from mlbuild.data.promises import promised
from mlbuild.data.sources import Csv, Parquet, Source
from mlbuild.diagnostics import data_failure

if TYPE_CHECKING:
    import polars as pl

#: Suffixes of files that can be read, and the type of source that reads them.
_SUFFIXES = {"csv": (".csv", ".tsv", ".tab", ".txt", ".data", ".dat"), "parquet": (".parquet", ".pq")}
READABLE = {suffix: mark for mark, suffixes in _SUFFIXES.items() for suffix in suffixes}
#: Texts, in lower case, that mean a missing value wherever they stand.
_MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "null")
#: Those that do only in a column which without them is of numbers, dates or booleans.
_DOUBTFUL = (".", "..", "-", "--", "---", "?", "*", "none", "nil", "missing", "unknown", "(null)", "\\n")
_ORDER = ("bool", "int", "float", "date", "datetime")
_SAMPLE = 1000
#: A key of a map in YAML cannot be longer than 1024 characters.
_LONGEST_NAME = 250


@dataclass(frozen=True, eq=False)
class Inferred:
    """A file of rows: the source that reads it, and the contract that its rows keep.

    `refused` says of the columns that have no place in a contract why; `missing` in which columns each null value
    was found. `path` and `contract` of the source are empty.
    """

    source: Source
    rows: pl.DataFrame
    columns: Mapping[str, Column]
    refused: Mapping[str, str]
    missing: Mapping[str, tuple[str, ...]]


def infer(file: Path) -> Inferred:
    """Read all rows of a file and say what they are.

    Raises:
        Failed: of kind `data`, where the file cannot be read or has no rows.
    """
    return _infer_parquet(file) if READABLE[file.suffix.lower()] == "parquet" else _infer_csv(file)


def _infer_csv(file: Path) -> Inferred:
    delimiter = find_delimiter(file)
    texts, header = read_csv(file, delimiter)
    refused = _refused(header)
    guesses = {
        name: _Guess.of(texts.to_series(index).fill_null(""))
        for index, name in enumerate(header)
        if name not in refused
    }
    # A null value is one in every column, also where alone it would not have been taken for one.
    proven = {word for guess in guesses.values() if guess.dtype != "string" for word in guess.words}
    missing = {
        word: tuple(name for name, guess in guesses.items() if word in guess.words)
        for word in sorted(proven | {word for guess in guesses.values() for word in guess.sure})
    }
    source = Csv(path="", contract="", delimiter=delimiter, null_values=tuple(missing))
    columns = {name: Column(dtype=guess.dtype, nullable=True) for name, guess in guesses.items()}
    return _read(source, file, columns, refused, missing)


def _infer_parquet(file: Path) -> Inferred:
    source = Parquet(path="", contract="")
    _, header = source.raw(file, ())
    refused = _refused(header)
    raw, _ = source.raw(file, [name for name in header if name not in refused])
    columns = {}
    for values in raw:
        dtype = _dtype_of(values)
        if dtype is None:
            refused[values.name] = f"is of type {values.dtype} with values that no dtype here holds exactly"
        else:
            columns[values.name] = Column(dtype=dtype, nullable=True)
    return _read(source, file, columns, refused, {})


def _read(
    source: Source,
    file: Path,
    columns: Mapping[str, Column],
    refused: Mapping[str, str],
    missing: Mapping[str, tuple[str, ...]],
) -> Inferred:
    """The rows as a build will read them, which proves every dtype, and what else they promise."""
    rows, faults = source.read(file, columns)
    if faults:
        raise data_failure("the file changed while it was read", lines=[str(fault) for fault in faults])
    useless = {name: "has no value in any row" for name in columns if rows[name].null_count() == rows.height}
    for name, column in columns.items():
        if column.dtype == "string" and rows[name].str.contains("\0", literal=True).any():
            useless[name] = f"holds {ENDS_TEXT}"
    kept = {name: promised(column, rows[name]) for name, column in columns.items() if name not in useless}
    if not kept:
        why = [f"column '{name}' {reason}" for name, reason in {**refused, **useless}.items()]
        raise data_failure("the file has no rows with a value", lines=why)
    return Inferred(source, rows.select(list(kept)), kept, {**refused, **useless}, missing)


def _refused(header: Sequence[str]) -> dict[str, str]:
    """The names that no column of a contract can have, and why."""
    refused = {}
    for name in header:
        if unusable(name):
            refused[name] = "has a name that no column can have"
        elif len(name) > _LONGEST_NAME:
            refused[name] = f"has a name of {len(name)} characters"
        elif header.count(name) > 1:
            refused[name] = "is named twice in the header"
    return refused


@dataclass(frozen=True)
class _Guess:
    """The dtype of texts, and which of them would be missing values: for sure, and with this dtype."""

    dtype: str
    sure: frozenset[str]
    words: frozenset[str]

    @classmethod
    def of(cls, texts: pl.Series) -> _Guess:
        values = texts.unique(maintain_order=True)
        folded = values.str.strip_chars(" \t").str.to_lowercase()
        sure = frozenset(values.filter(folded.is_in(_MISSING) & (values != "")))
        words = sure | frozenset(values.filter(folded.is_in(_DOUBTFUL)))
        dtype = _dtype_of_texts(values.filter(~folded.is_in([*_MISSING, *_DOUBTFUL])))
        if (
            dtype == "int"
            and not folded.is_in(_MISSING).any()
            and values.str.contains(".", literal=True).any()
        ):
            dtype = "float"  # where some are missing, pandas writes whole numbers with a point too
        if dtype == "float":  # a float reads `nan` itself
            sure, words = (
                frozenset(word for word in part if word.lower() != "nan") for part in (sure, words)
            )
        return cls(dtype, sure, sure if dtype == "string" else words)


def _dtype_of_texts(values: pl.Series) -> str:
    """The first dtype that all of the values have; a sample of them rules most dtypes out."""
    if values.is_empty() or _codes(values):
        return "string"
    sample = values.gather_every(max(1, len(values) // _SAMPLE))
    for dtype in _ORDER:
        if all(cast(part, dtype).null_count() == 0 for part in (sample, values)):
            return dtype
    return "string"


def _codes(values: pl.Series) -> bool:
    """Whether digits are names rather than numbers: padded with zeros, as postcodes are, or beyond 2^53."""
    if not values.str.contains(r"^[0-9]+$").all():
        return False
    if values.str.contains(r"^0[0-9]{2,}$").any():
        return True
    return any(int(text) > 2**53 for text in values.filter(values.str.len_chars() > 15))


def _dtype_of(values: pl.Series) -> str | None:
    """The dtype of a column that has a type, None where there is none that holds its values."""
    import polars as pl

    type_ = values.dtype
    if isinstance(type_, (pl.String, pl.Categorical, pl.Enum, pl.Binary, pl.Null)):
        choices: tuple[str, ...] = ("date", "datetime", "string")
    else:
        choices = ("bool", "int", "date", "datetime", "float") if not type_.is_float() else ("float",)
    absent = values.null_count() + (int(values.is_nan().sum()) if type_.is_float() else 0)
    fits = (dtype for dtype in choices if cast(values, dtype).null_count() == absent)
    return next(fits, None) if absent < len(values) else "string"
