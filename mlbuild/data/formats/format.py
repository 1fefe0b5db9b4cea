"""The base class of formats: how a table is read from a file, written, and recognized."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar, Self

from mlbuild.data.casts import cast, nan_as_missing, polars_type
from mlbuild.data.faults import MISSING, NAMED_TWICE, Fault
from mlbuild.data.formats.guesses import dtype_of, written_in
from mlbuild.data.formats.refusals import refusal
from mlbuild.data.parsing import Parsing
from mlbuild.data.readings.guesses.written import Doubt, Written
from mlbuild.data.readings.reading import Reading
from mlbuild.diagnostics import Failed, Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import Described, Json, MapOf, Name, Object, write
from mlbuild.params import field as param
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl


_BOOLS = "list the words for true and false under 'read' of the source, or declare the column as int, or as string with categories"
#: The slot in which a task finds the file to read.
FILE = "file"


@frozen
class Guess:
    """What a format can tell about the columns of a file.

    `format` has the options that the file needs, and `remarks` gives the reason for each option. A column is either
    in `dtypes`, or in `refused` with the reason. `doubts` says what is not clear about texts.
    """

    format: Format
    dtypes: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)


@frozen
class Format(Described):
    """A file format of tables. The fields are its options for reading.

    A subclass defines `type`, the suffixes, `header`, `raw` and, if it is `writable`, `write`.
    """

    by = "type"
    #: The name of the format in a spec and in messages.
    type: ClassVar[str]
    #: Suffixes that determine the format in a spec without `type`, and other suffixes of its files.
    suffixes: ClassVar[tuple[str, ...]] = ()
    other_suffixes: ClassVar[tuple[str, ...]] = ()
    #: Whether tables can be written in it.
    writable: ClassVar[bool] = True
    #: Whether compressed files can be read.
    compressible: ClassVar[bool] = False
    #: Whether the library that reads it can crash on a damaged file.
    can_crash: ClassVar[bool] = False
    #: The distributions whose versions can change what is read.
    libraries: ClassVar[tuple[str, ...]] = ("polars",)

    ways: Mapping[str, Reading] = param(
        MapOf(Object(Reading), names=Name("column")),
        "How to read columns whose values or names differ from what the contract expects, by column.",
        key="read",
        default={},
    )

    def lines_before(self, file: Path, rows: int) -> int | None:
        """Return the number of lines before the first row, if each of the rows is one line of the file."""
        return None

    def for_file(self, name: str) -> Self:
        """Return the format with the options that follow from the name of a file, unless they are set."""
        return self

    @classmethod
    def refusal(cls, reason: str, help_: str | None = None) -> Failed:
        """Create the failure for a file that cannot be read, to be raised."""
        return refusal(cls.type, reason, help_)

    def check(self) -> Iterator[Problem]:
        for name, way in self.ways.items():
            yield from (problem.under("read", name) for problem in way.check())

    def judge(self, columns: Mapping[str, Parsing]) -> Iterator[Problem]:
        """Report options that have no effect with these columns of the contract."""
        for name, way in self.ways.items():
            if name in columns:
                yield from (problem.under("read", name) for problem in way.judge(columns[name].dtype))
            else:
                near = did_you_mean(name, columns) or f"columns of the contract: {listed(columns)}"
                yield Problem("unknown-column", f"unknown column '{name}'", ("read", name), near, on="key")

    def canonical(self, columns: Mapping[str, Parsing]) -> Json:
        """Return what determines the rows that are read, in addition to the content of the file.

        The result is itself a valid definition. `columns` contains what reading needs to know about the columns.
        """
        return write(self) | {"columns": {name: write(column.parsed()) for name, column in columns.items()}}

    def header(self, file: Path) -> list[str]:
        """Return the column names of a file, without reading its rows.

        Raises:
            Failed: Of kind `data`: the file cannot be read.
        """
        raise NotImplementedError

    def raw(
        self, file: Path, names: Sequence[str], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        """Return the columns in `names` that the file has, before conversion, and the names of all its columns.

        A format that reads a file in blocks reports its `progress`.

        Raises:
            Failed: Of kind `data`: the file cannot be read.
        """
        raise NotImplementedError

    def raw_for(
        self, file: Path, columns: Mapping[str, Parsing], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        """Return what `raw` returns for the columns of a contract.

        A format can convert values on the way, if `convert` certainly gives the same result for them.
        """
        return self.raw(file, tuple(dict.fromkeys(map(self.name_in_file, columns))), progress)

    def write(self, rows: pl.DataFrame, stream: IO[bytes]) -> None:
        """Write a table so that `read` with these options returns the same table.

        Raises:
            Failed: Of kind `data`: the format cannot represent a value.
        """
        raise NotImplementedError

    @classmethod
    def fitting(cls, file: Path) -> Self:
        """Return the options that are needed to separate the columns of a file."""
        return cls()

    def guess(self, rows: pl.DataFrame) -> Guess:
        """Guess what the columns are that `raw` returned with these options."""
        import polars as pl

        dtypes, refused = dict[str, str](), dict[str, str]()
        found = dict[str, Written | Doubt | None]()
        for values in rows:
            dtype = dtype_of(values)
            if dtype is None:
                mixed = values.dtype == pl.Object
                type_ = "of mixed types, lists or objects," if mixed else f"of type {values.dtype}"
                refused[values.name] = f"is {type_} with values that no dtype can represent exactly"
            else:
                dtypes[values.name] = dtype
                if values.dtype == pl.String and dtype == "string":
                    found[values.name] = written_in(values)
        return self.guessed(Guess(self, dtypes, refused), found)

    @staticmethod
    def guessed(guess: Guess, found: Mapping[str, Written | Doubt | None]) -> Guess:
        """Return a guess with the readings, and what is doubtful about them."""
        known = {name: one for name, one in found.items() if isinstance(one, Written)}
        ways = {name: one.way for name, one in known.items()}
        doubts = {name: one.reason for name, one in found.items() if isinstance(one, Doubt)}
        doubts |= {
            name: f"is read in the format '{one.way.format}', {one.why}"
            for name, one in known.items()
            if one.why
        }
        return replace(
            guess,
            format=replace(guess.format, ways=ways),
            dtypes={**guess.dtypes, **{name: one.dtype for name, one in known.items()}},
            doubts=doubts,
        )

    def name_in_file(self, column: str) -> str:
        """Return the name that a column of the contract has in the file."""
        way = self.ways.get(column)
        return column if way is None or way.from_ is None else way.from_

    def read(
        self, file: Path, columns: Mapping[str, Parsing], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[Fault]]:
        """Return the columns of a contract, in its order, and their faults. Rows have the order of the file.

        A value that cannot be converted is null and counted in a fault. A column that the file lacks is null in all
        rows.

        Raises:
            Failed: Of kind `data`: the file cannot be read.
        """
        return self.convert(*self.raw_for(file, columns, progress), columns)

    def convert(
        self, raw: pl.DataFrame, header: Sequence[str], columns: Mapping[str, Parsing]
    ) -> tuple[pl.DataFrame, list[Fault]]:
        """Convert what `raw` returned to the columns of a contract."""
        import polars as pl

        named = {name: self.name_in_file(name) for name in columns}
        counts, by_name = Counter(header), {values.name: values for values in raw}
        made: list[pl.Series] = []
        faults: list[Fault] = []
        for name, column in columns.items():
            if named[name] in counts:
                values, faulty = _cast(by_name[named[name]].alias(name), column, self.ways.get(name))
            else:
                values = pl.Series(name, [None], polars_type(column.dtype)).new_from_index(0, raw.height)
                faulty = [Fault((name,), MISSING, help=_missing(name, named[name], header))]
            if counts[named[name]] > 1:
                faulty = [Fault((name,), NAMED_TWICE)]
            made.append(values)
            faults.extend(faulty)
        return pl.DataFrame(made), faults


def _missing(name: str, in_file: str, header: Sequence[str]) -> str | None:
    """Return the help for a column that a file lacks."""
    near = did_you_mean(in_file, header)
    if in_file == name:
        return near
    return f"it is read from '{in_file}', which is not in the file" + (f"; {near}" if near else "")


def _cast(raw: pl.Series, column: Parsing, way: Reading | None) -> tuple[pl.Series, list[Fault]]:
    """Convert a column; if some values cannot be converted, also return the fault."""
    import polars as pl

    given = raw if way is None else way.without_nulls(raw)
    present = given if way is not None and way.empty_means else _present(given, column)
    values = cast(present, column.dtype) if way is None else way.convert(present, column.dtype)
    # A missing value stays missing, so that any more of them are values that cannot be converted.
    bad = values.is_null() & present.is_not_null() if values.null_count() > present.null_count() else None
    values = nan_as_missing(values) if column.dtype == "float" else values
    if column.dtype == "string" and (raw.dtype != pl.String or way is not None):
        values = _present(values, column)
    if bad is None:
        return values, []
    fault = Fault.of((raw.name,), f"parses as {column.dtype}", bad.arg_true(), pl.DataFrame([raw]))
    expected = way.expected(column.dtype) if way is not None else None
    return values, [replace(fault, help=expected or (_BOOLS if column.dtype == "bool" else None))]


def _present(values: pl.Series, column: Parsing) -> pl.Series:
    """Replace values that mean a missing value by null."""
    import polars as pl

    if values.dtype.is_float():
        return nan_as_missing(values)
    empty = column.dtype != "string" or column.empty_is_null
    missing = "" if empty else column.null_token
    if values.dtype == pl.Object:
        return pl.Series(values.name, [None if one == missing else one for one in values], pl.Object)
    if values.dtype == pl.String and missing is not None:
        return values.set(values == missing, None)
    return values
