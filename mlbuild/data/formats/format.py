"""What a format is: how a table stands in a file, and how it is read, written and recognized."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, ClassVar, Self

from mlbuild.data.casts import cast, polars_type
from mlbuild.data.contracts import Column
from mlbuild.data.faults import MISSING, NAMED_TWICE, Fault
from mlbuild.data.formats.guesses import dtype_of
from mlbuild.data.formats.refusals import refusal
from mlbuild.diagnostics import Failed, Problem
from mlbuild.hints import did_you_mean
from mlbuild.params import Described, Json, write

if TYPE_CHECKING:
    import polars as pl


#: The slot in which a task finds the file that a format reads.
FILE = "file"


@dataclass(frozen=True)
class Guess:
    """What the columns of a file are, as far as its format tells.

    `format` has the options that the file needs, and `remarks` say why, by option. A column is either one of `dtypes`,
    or `refused`, with the reason.
    """

    format: Format
    dtypes: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Format(Described):
    """How a table stands in a file; the fields are the options of reading it.

    A subclass gives `type`, the suffixes, `header`, `raw` and `write`.
    """

    by = "type"
    #: What the format is called in a spec and in messages.
    type: ClassVar[str]
    #: Suffixes that name the format in a spec without `type`, and others under which its files are found.
    suffixes: ClassVar[tuple[str, ...]] = ()
    other_suffixes: ClassVar[tuple[str, ...]] = ()
    #: The distributions whose version can change what is read.
    libraries: ClassVar[tuple[str, ...]] = ("polars",)

    @classmethod
    def refusal(cls, reason: str, help_: str | None = None) -> Failed:
        """The failure that a file cannot be read: raise it."""
        return refusal(cls.type, reason, help_)

    def judge(self, columns: Mapping[str, Column]) -> Iterator[Problem]:
        """Options that change nothing where these are the columns of the contract."""
        return iter(())

    def canonical(self, columns: Mapping[str, Column]) -> Json:
        """What decides the rows that are read, besides the content of the file.

        It is a valid definition itself; `columns` holds what reading needs to know about them.
        """
        return write(self) | {"columns": {name: _asked(column) for name, column in columns.items()}}

    def header(self, file: Path) -> list[str]:
        """The names of the columns in a file; its rows are not read.

        Raises:
            Failed: of kind `data`, where the file cannot be read.
        """
        raise NotImplementedError

    def raw(self, file: Path, names: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
        """Those of the columns `names` that a file has, before they are cast, and the names of all its columns.

        Raises:
            Failed: of kind `data`, where the file cannot be read.
        """
        raise NotImplementedError

    def write(self, rows: pl.DataFrame, stream: IO[bytes]) -> None:
        """Write a table, so that `read` gives the same one with these options.

        Raises:
            Failed: of kind `data`: the format cannot hold a value.
        """
        raise NotImplementedError

    @classmethod
    def fitting(cls, file: Path) -> Self:
        """The options with which the columns of a file can be told apart."""
        return cls()

    def guess(self, rows: pl.DataFrame) -> Guess:
        """What the columns are that `raw` has given with these options."""
        import polars as pl

        dtypes, refused = {}, {}
        for values in rows:
            dtype = dtype_of(values)
            if dtype is None:
                mixed = values.dtype == pl.Object
                type_ = "of several types, lists or objects," if mixed else f"of type {values.dtype}"
                refused[values.name] = f"is {type_} with values that no dtype here holds exactly"
            else:
                dtypes[values.name] = dtype
        return Guess(self, dtypes, refused)

    def read(self, file: Path, columns: Mapping[str, Column]) -> tuple[pl.DataFrame, list[Fault]]:
        """The columns of a contract, in its order, and what is wrong with them; rows in the order of the file.

        A value that cannot be cast is null and counted in a fault; a column that the file lacks is null throughout.

        Raises:
            Failed: of kind `data`, where the file cannot be read.
        """
        import polars as pl

        raw, header = self.raw(file, tuple(columns))
        counts, by_name = Counter(header), {values.name: values for values in raw}
        made: list[pl.Series] = []
        faults: list[Fault] = []
        for name, column in columns.items():
            if name in counts:
                values, faulty = _cast(by_name[name], column)
            else:
                values = pl.Series(name, [None], polars_type(column.dtype)).new_from_index(0, raw.height)
                faulty = [Fault((name,), MISSING, help=did_you_mean(name, header))]
            if counts[name] > 1:
                faulty = [Fault((name,), NAMED_TWICE)]
            made.append(values)
            faults.extend(faulty)
        return pl.DataFrame(made), faults


def _asked(column: Column) -> Json:
    asked = write(column)
    return {key: asked[key] for key in ("dtype", "empty_is_null", "null_token") if key in asked}


def _cast(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Fault]]:
    """The values of a column and, if some cannot be cast, the fault."""
    import polars as pl

    present = _present(raw, column)
    values = cast(present, column.dtype)
    bad = (values.is_null() & present.is_not_null()).arg_true()
    values = values.fill_nan(None) if column.dtype == "float" else values
    if column.dtype == "string" and raw.dtype != pl.String:
        values = _present(values, column)
    if not len(bad):
        return values, []
    return values, [Fault.of((raw.name,), f"parses as {column.dtype}", bad, pl.DataFrame([raw]))]


def _present(values: pl.Series, column: Column) -> pl.Series:
    """Values of which those are null that mean a missing one."""
    import polars as pl

    if values.dtype.is_float():
        return values.fill_nan(None)
    empty = column.dtype != "string" or column.empty_is_null
    missing = "" if empty else column.null_token
    if values.dtype == pl.Object:
        return pl.Series(values.name, [None if one == missing else one for one in values], pl.Object)
    if values.dtype == pl.String and missing is not None:
        return values.set(values == missing, None)
    return values
