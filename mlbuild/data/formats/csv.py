"""CSV: lines of values separated by delimiters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from mlbuild.data.formats.csv_table import read_csv, read_header
from mlbuild.data.formats.delimiter import find_delimiter
from mlbuild.data.formats.format import Format, Guess
from mlbuild.data.formats.guesses import TextGuess
from mlbuild.data.parsing import Parsing
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.frozen import frozen
from mlbuild.params import ListOf, Text, field
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl


@frozen
class Csv(Format):
    """A CSV file in UTF-8 with a header. Blank lines are skipped."""

    type = "csv"
    header_lines = 1
    suffixes = (".csv",)
    other_suffixes = (".tsv", ".tab", ".txt", ".data", ".dat")
    libraries = ("numpy", "polars")

    null_values: tuple[str, ...] = field(
        ListOf(Text(), unique=True),
        "Strings that represent a missing value in any column, in addition to the empty string.",
        default=(),
        examples=(["NA"],),
    )
    delimiter: str = field(
        Text(r"^[\t !#-~]$", "one ASCII character"),
        "Character that separates the values of a row.",
        default=",",
    )

    def judge(self, columns: Mapping[str, Parsing]) -> Iterator[Problem]:
        yield from super().judge(columns)
        if "" in self.null_values and all(column.empty_is_null for column in columns.values()):
            at = ("null_values", self.null_values.index(""))
            yield Problem("no-effect", "an empty string is always a missing value", at, "remove it")

    def header(self, file: Path) -> list[str]:
        return read_header(file, self.delimiter)

    def raw(
        self, file: Path, names: Sequence[str], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        table, header = read_csv(file, self.delimiter, progress)
        first = {name: index for index, name in reversed([*enumerate(header)])}
        present = [name for name in names if name in first]
        columns = [table.to_series(first[name]).fill_null("").alias(name) for name in present]
        if self.null_values:
            columns = [texts.set(texts.is_in(self.null_values), None) for texts in columns]
        return table.select(columns), header

    def write(self, rows: pl.DataFrame, stream: IO[bytes]) -> None:
        import polars as pl

        texts = [values for values in rows if values.dtype == pl.String]
        bad = next((values.name for values in texts if values.str.contains("\0", literal=True).any()), None)
        if bad is not None:
            raise data_failure(f"cannot write column '{bad}' as csv: it contains a NUL byte")
        rows.write_csv(stream, separator=self.delimiter)

    @classmethod
    def fitting(cls, file: Path) -> Self:
        return cls(delimiter=find_delimiter(file))

    def guess(self, rows: pl.DataFrame) -> Guess:
        guesses = {texts.name: TextGuess.of(texts) for texts in rows}
        # A null value applies to every column, even if the column alone would not have suggested it.
        proven = {word for one in guesses.values() if one.dtype != "string" for word in one.words}
        words = sorted(proven | {word for one in guesses.values() for word in one.sure})
        where = {name for name, one in guesses.items() if one.words & {*words}}
        counted = "1 column" if len(where) == 1 else f"{len(where)} columns"
        remarks = {"null_values": f"missing values, in {counted}"} if words else {}
        dtypes = {name: one.dtype for name, one in guesses.items()}
        return Guess(replace(self, null_values=tuple(words)), dtypes, remarks=remarks)
