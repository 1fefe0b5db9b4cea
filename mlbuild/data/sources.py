"""Tables from outside: what a source is, and how its columns become those of a contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlbuild.data.casts import cast, polars_type
from mlbuild.data.contracts import Column
from mlbuild.data.csv_file import read_csv, read_header
from mlbuild.data.faults import MISSING, NAMED_TWICE, Fault
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.hints import did_you_mean
from mlbuild.params import Described, Json, ListOf, Name, Text, field, write
from mlbuild.regular import Irregular, open_regular

if TYPE_CHECKING:
    import polars as pl

#: The type of a source without `type:`, by the suffix of its path.
SUFFIXES = {".csv": "csv", ".parquet": "parquet"}


@dataclass(frozen=True)
class Source(Described):
    """A table from outside and the contract that it must keep."""

    path: str = field(Text(), "The file, relative to the folder of the spec.")
    contract: str = field(
        Name("contract"), "The contract that the table must keep; it says which columns are read."
    )

    def judge(self, columns: Mapping[str, Column]) -> Iterator[Problem]:
        """What of it changes nothing where these are the columns of the contract."""
        return iter(())

    def canonical(self, columns: Mapping[str, Column]) -> Json:
        """What decides the rows read, besides the content of the file.

        It is a valid definition itself, with neither path nor contract; `columns` holds what reading asks of them.
        """
        asked = {name: _asked(column) for name, column in columns.items()}
        return write(replace(self, path="", contract="")) | {"columns": asked}

    def header(self, file: Path) -> list[str]:
        """The names of the columns in the file; its rows are not read.

        Raises:
            Failed: of kind `data`, where the file cannot be read.
        """
        raise NotImplementedError

    def raw(self, file: Path, names: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
        """Those of the columns `names` that the file has, as they stand there, and the names of all its columns.

        Raises:
            Failed: of kind `data`, where the file cannot be read.
        """
        raise NotImplementedError

    def read(self, file: Path, columns: Mapping[str, Column]) -> tuple[pl.DataFrame, list[Fault]]:
        """The columns of a contract, in its order, and what was wrong with them; rows in the order of the file.

        A value that does not cast is null and counted in a fault; a column that the file lacks is null throughout.

        Raises:
            Failed: of kind `data`, where the file cannot be read.
        """
        import polars as pl

        raw, header = self.raw(file, tuple(columns))
        made: list[pl.Series] = []
        faults: list[Fault] = []
        for name, column in columns.items():
            if name in header:
                values, faulty = _cast(raw[name], column)
            else:
                values = pl.Series(name, [None], polars_type(column.dtype)).new_from_index(0, raw.height)
                faulty = [Fault((name,), MISSING, help=did_you_mean(name, header))]
            if header.count(name) > 1:
                faulty = [Fault((name,), NAMED_TWICE)]
            made.append(values)
            faults.extend(faulty)
        return pl.DataFrame(made), faults


@dataclass(frozen=True)
class Csv(Source):
    """A file of comma-separated values in UTF-8, with a header; blank lines are passed over."""

    discriminator = ("type", "csv")

    null_values: tuple[str, ...] = field(
        ListOf(Text(), unique=True),
        "Texts that stand for a missing value, in any column, besides an empty one.",
        default=(),
        examples=(["NA"],),
    )
    delimiter: str = field(
        Text(r"^[\t !#-~]$", "one ASCII character"),
        "The character that separates the values of a row.",
        default=",",
    )

    def judge(self, columns: Mapping[str, Column]) -> Iterator[Problem]:
        if "" in self.null_values and all(column.empty_is_null for column in columns.values()):
            at = ("null_values", self.null_values.index(""))
            yield Problem("no-effect", "an empty text is a missing value in any case", at, "remove it")

    def header(self, file: Path) -> list[str]:
        return read_header(file, self.delimiter)

    def raw(self, file: Path, names: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
        table, header = read_csv(file, self.delimiter)
        first = {name: header.index(name) for name in names if name in header}
        columns = [table.to_series(index).fill_null("").alias(name) for name, index in first.items()]
        if self.null_values:
            columns = [texts.set(texts.is_in(self.null_values), None) for texts in columns]
        return table.select(columns), header


@dataclass(frozen=True)
class Parquet(Source):
    """A parquet file; its columns are cast to the dtypes of the contract."""

    discriminator = ("type", "parquet")

    def header(self, file: Path) -> list[str]:
        return self.raw(file, ())[1]

    def raw(self, file: Path, names: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
        import polars as pl

        try:
            with open_regular(file) as stream:
                scan = pl.scan_parquet(stream, glob=False, hive_partitioning=False)
                header = scan.collect_schema().names()
                return scan.select(name for name in names if name in header).collect(), header
        except Irregular as error:
            raise data_failure(f"cannot read the file as parquet: {error.strerror}") from None
        except (pl.exceptions.PolarsError, OSError) as error:
            cause = str(error).replace(str(file), "the file")
            raise data_failure("cannot read the file as parquet", cause=cause) from None


def _asked(column: Column) -> Json:
    asked = write(column)
    return {key: asked[key] for key in ("dtype", "empty_is_null", "null_token") if key in asked}


def _cast(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Fault]]:
    """The values of a column and, if some do not cast, the fault."""
    import polars as pl

    present = raw
    if raw.dtype == pl.String:
        present = _present(raw, column)
    elif raw.dtype.is_float():
        present = raw.fill_nan(None)
    values = cast(present, column.dtype)
    bad = (values.is_null() & present.is_not_null()).arg_true()
    values = values.fill_nan(None) if column.dtype == "float" else values
    if column.dtype == "string" and raw.dtype != pl.String:
        values = _present(values, column)
    if not len(bad):
        return values, []
    return values, [Fault.of((raw.name,), f"parses as {column.dtype}", bad, pl.DataFrame([raw]))]


def _present(texts: pl.Series, column: Column) -> pl.Series:
    """Texts in which what the contract takes for missing is null."""
    if column.dtype != "string" or column.empty_is_null:
        return texts.set(texts == "", None)
    if column.null_token is not None:
        texts = texts.set(texts == column.null_token, None)
    return texts
