"""CSV: lines of values separated by delimiters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from mlbuild.columns import NUMERIC
from mlbuild.data.formats.expanded import ENDINGS
from mlbuild.data.formats.format import Format, Guess
from mlbuild.data.formats.guesses import TextGuess
from mlbuild.data.formats.texts.csv_dialect import Dialect
from mlbuild.data.formats.texts.csv_table import Wanted, read_csv, read_header
from mlbuild.data.formats.texts.csv_writing import write_csv
from mlbuild.data.formats.texts.delimiter import find_delimiter
from mlbuild.data.formats.texts.encoding import ENCODINGS, find_encoding
from mlbuild.data.formats.texts.header import find_names
from mlbuild.data.parsing import Parsing
from mlbuild.data.readings.reading import Reading
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Choice, Integer, ListOf, Text, field
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl

#: The endings of files whose values are separated by tabs.
_TABS = (".tsv", ".tab")
_BLOCK = 1 << 20


@frozen
class Csv(Format):
    """A CSV file: lines of values that are separated by commas, tabs or other characters. Blank lines are skipped."""

    type = "csv"
    suffixes = (".csv", ".tsv")
    other_suffixes = (".tab", ".txt", ".data", ".dat")
    compressible = True
    libraries = ("numpy", "polars")

    null_values: tuple[str, ...] = field(
        ListOf(Text(), unique=True),
        "Strings that represent a missing value in any column, in addition to the empty string.",
        default=(),
        examples=(["NA"],),
    )
    delimiter: str | None = field(
        Text(r"^[\t !#-~]$", "one ASCII character"),
        "Character that separates the values of a row. Default: a tab for `.tsv` and `.tab` files, a comma for others.",
        default=None,
        examples=(";",),
    )
    quote: str = field(
        Text(r"^[!-/:-@\[-`{-~]?$", "one ASCII punctuation character or an empty string"),
        "Character around values that contain delimiters or line ends. If it is empty, values cannot contain them.",
        default='"',
    )
    encoding: str = field(Choice(ENCODINGS), "Encoding of the text.", default="utf-8")
    names: tuple[str, ...] = field(
        ListOf(Text(), unique=True),
        "Column names for a file without a header, in file order.",
        default=(),
        examples=(["id", "amount"],),
    )
    skip_rows: int = field(
        Integer(min=0, max=1_000_000), "Number of lines to skip before the table.", default=0
    )
    comment: str = field(
        Text(r"^[!-/:-@\[-`{-~]*$", "ASCII punctuation characters"),
        "Start of lines to skip, except inside quotes. If it is empty, there are none.",
        default="",
        examples=("#",),
    )

    def check(self) -> Iterator[Problem]:
        yield from super().check()
        delimiter = self.delimiter or ","
        if self.quote == delimiter:
            yield Problem("contradiction", f"'quote' and 'delimiter' are both '{delimiter}'", ("quote",))
        for key, text in (("quote", self.quote), ("delimiter", delimiter)):
            if self.comment and text and self.comment.startswith(text):
                yield Problem(
                    "contradiction", f"'comment' starts with '{text}', which is the '{key}'", ("comment",)
                )

    def judge(self, columns: Mapping[str, Parsing]) -> Iterator[Problem]:
        yield from super().judge(columns)
        if "" in self.null_values and all(column.empty_is_null for column in columns.values()):
            at = ("null_values", self.null_values.index(""))
            yield Problem("no-effect", "an empty string is always a missing value", at, "remove it")

    def for_file(self, name: str) -> Self:
        name = name.casefold()
        tabs = name.removesuffix(next(filter(name.endswith, ENDINGS), "")).endswith(_TABS)
        return self if self.delimiter is not None else replace(self, delimiter="\t" if tabs else ",")

    @property
    def dialect(self) -> Dialect:
        """How the file is written."""
        return Dialect(
            self.delimiter or ",", self.quote, self.encoding, self.names, self.skip_rows, self.comment
        )

    def lines_before(self, file: Path, rows: int) -> int | None:
        before = self.skip_rows + (not self.names)
        if self.comment:
            return None
        lines, last = 0, "\n"
        with replace(self.dialect, skip_rows=0).open(file) as stream:
            while block := stream.read(_BLOCK):
                lines, last = lines + block.count("\n"), block[-1]
        return before if lines + (last != "\n") == rows + before else None

    def header(self, file: Path) -> list[str]:
        return read_header(file, self.dialect)

    def raw(
        self, file: Path, names: Sequence[str], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        return self._raw(file, names, {}, progress)

    def raw_for(
        self, file: Path, columns: Mapping[str, Parsing], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        wanted = dict[str, set[str]]()
        for name, column in columns.items():
            plain = replace(self.ways.get(name, Reading()), from_=None) == Reading()
            dtype = column.dtype if plain and column.dtype in NUMERIC else "string"
            wanted.setdefault(self.name_in_file(name), set()).add(dtype)
        numbers = {name: min(dtypes) for name, dtypes in wanted.items() if len(dtypes) == 1}
        numbers = {name: dtype for name, dtype in numbers.items() if dtype in NUMERIC}
        return self._raw(file, [*wanted], numbers, progress)

    def _raw(
        self, file: Path, names: Sequence[str], numbers: Mapping[str, str], progress: Report
    ) -> tuple[pl.DataFrame, list[str]]:
        table, header = read_csv(file, self.dialect, progress, Wanted(self.null_values, numbers))
        first = {name: index for index, name in reversed([*enumerate(header)])}
        present = [name for name in names if name in first]
        return table.select(table.to_series(first[name]).alias(name) for name in present), header

    def write(self, rows: pl.DataFrame, stream: IO[bytes]) -> None:
        write_csv(rows, self.dialect, stream)

    @classmethod
    def fitting(cls, file: Path) -> Self:
        encoding = find_encoding(file, cls.type)
        found = cls(delimiter=find_delimiter(file, encoding), encoding=encoding)
        return replace(found, names=find_names(file, found.dialect))

    def guess(self, rows: pl.DataFrame) -> Guess:
        guesses = {texts.name: TextGuess.of(texts) for texts in rows}
        # A null value applies to every column, even if the column alone would not have suggested it.
        proven = {word for one in guesses.values() if one.dtype != "string" for word in one.words}
        words = sorted(proven | {word for one in guesses.values() for word in one.sure})
        where = {name for name, one in guesses.items() if one.words & {*words}}
        counted = "1 column" if len(where) == 1 else f"{len(where)} columns"
        remarks = {"null_values": f"missing values, in {counted}"} if words else {}
        if self.names:
            remarks["names"] = "a guess: the first line looks like a row, so the file has no header"
        if self.encoding in ("windows-1252", "latin-1"):
            remarks["encoding"] = "a guess: the file is not valid UTF-8"
        dtypes = {name: one.dtype for name, one in guesses.items()}
        guess = Guess(replace(self, null_values=tuple(words)), dtypes, remarks=remarks)
        return self.guessed(guess, {name: one.found for name, one in guesses.items()})
