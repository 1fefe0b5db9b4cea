"""XLSX: a sheet of an Excel workbook."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mlbuild.data.formats.format import Format, Guess
from mlbuild.data.formats.sheets.table import SheetTable, read_table
from mlbuild.data.formats.sheets.workbook import open_workbook
from mlbuild.data.formats.typed import Odd, typed
from mlbuild.frozen import frozen
from mlbuild.params import Integer, Json, Kind, ListOf, Text, field
from mlbuild.progress import Report, silent

if TYPE_CHECKING:
    import polars as pl

#: The error that people write into cells on purpose, with `NA()`: the value is not available.
_ABSENT = "#N/A"


@frozen
class SheetName(Kind):
    """The name of a sheet, or its number."""

    def json_schema(self) -> Json:
        return {"type": ["string", "integer"], "minimum": 1, "minLength": 1}

    def read(self, value: Any) -> str | int:
        return value if isinstance(value, str) else int(value)

    def phrase(self) -> str:
        return "the name of a sheet, or its number from 1"


@frozen
class Xlsx(Format):
    """A sheet of an Excel workbook (.xlsx), with the names of the columns in its first row. Rows without any value are
    skipped. For a formula, the result that is stored in the file is read. Errors and times without a date do not parse.
    """

    type = "xlsx"
    suffixes = (".xlsx",)
    other_suffixes = (".xlsm",)
    writable = False

    sheet: str | int | None = field(
        SheetName(),
        "Sheet with the table: its name, or its number from 1. Default: the first one.",
        default=None,
        examples=("Sales 2026", 2),
    )
    skip_rows: int = field(
        Integer(min=0, max=1_000_000), "Number of lines to skip before the table.", default=0
    )
    null_values: tuple[str, ...] = field(
        ListOf(Text(), unique=True),
        "Texts or errors that represent a missing value in any column, in addition to empty cells.",
        default=(),
        examples=(["#N/A"],),
    )

    def lines_before(self, file: Path, rows: int) -> int | None:
        numbers = self._table(file, ()).rows
        in_order = numbers and numbers[-1] - numbers[0] == rows - 1 == len(numbers) - 1
        return numbers[0] - 1 if in_order else None

    def header(self, file: Path) -> list[str]:
        return self._table(file, (), only_header=True).header

    def raw(
        self, file: Path, names: Sequence[str], progress: Report = silent
    ) -> tuple[pl.DataFrame, list[str]]:
        import polars as pl

        table = self._table(file, frozenset(names))
        columns = {name: table.columns[name] for name in names if name in table.columns}
        if self.null_values:
            columns = {
                name: [None if str(cell) in self.null_values else cell for cell in cells]
                for name, cells in columns.items()
            }
        return pl.DataFrame([typed(name, cells) for name, cells in columns.items()]), table.header

    @classmethod
    def fitting(cls, file: Path) -> Self:
        with open_workbook(file) as book:
            names = [*book.sheets]
            return cls(sheet=book.sheet(None) if len(names) > 1 else None)

    def guess(self, rows: pl.DataFrame) -> Guess:
        import polars as pl

        remarks = {} if self.sheet is None else {"sheet": "the first one"}
        objects = [values for values in rows if values.dtype == pl.Object]
        counts = [sum(isinstance(cell, Odd) and cell == _ABSENT for cell in values) for values in objects]
        if not any(counts):
            return replace(super().guess(rows), remarks=remarks)
        some = sum(map(bool, counts))
        remarks["null_values"] = f"missing values, in {some} column{'s' if some > 1 else ''}"
        changed = [
            typed(values.name, [None if str(cell) == _ABSENT else cell for cell in values])
            for values in objects
        ]
        form = replace(self, null_values=(_ABSENT,))
        return replace(super(Xlsx, form).guess(rows.with_columns(changed)), remarks=remarks)

    def _table(self, file: Path, names: Collection[str], only_header: bool = False) -> SheetTable:
        with open_workbook(file) as book:
            return read_table(book, book.sheet(self.sheet), self.skip_rows, names, only_header)
