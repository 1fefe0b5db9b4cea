"""Reads the table in a sheet of a workbook: a header and rows of cells."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from datetime import datetime

from mlbuild.data.formats.refusals import refusal
from mlbuild.data.formats.sheets.cell import Cell, Malformed, Shows, value_of
from mlbuild.data.formats.sheets.workbook import TYPE, Enough, Workbook
from mlbuild.data.formats.typed import Odd
from mlbuild.frozen import frozen

_PLACE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_ROWS, _COLUMNS = 1 << 20, 1 << 14


@frozen(eq=False)
class SheetTable:
    """The names of the columns, the cells of some of them, and the number of each row in the sheet."""

    header: list[str]
    columns: Mapping[str, list[Cell]]
    rows: list[int]


def read_table(
    book: Workbook, sheet: str, skip_rows: int, names: Collection[str] | None, only_header: bool = False
) -> SheetTable:
    """Read the columns in `names`, or all. The header is the first row with a value after the skipped ones.

    Rows without any value in a named column are skipped.

    Raises:
        Failed: Of kind `data`: the sheet is empty or damaged.
    """
    reader = _Reader(book, sheet, skip_rows, names, only_header)
    book.parse(book.sheets[sheet], reader.start, reader.end, reader.text)
    if reader.header is None:
        after = f" after row {skip_rows}" if skip_rows else ""
        raise refusal(TYPE, f"the sheet '{sheet}' is empty{after}", unquoted=f"the sheet is empty{after}")
    reader.mark_merged()
    columns: dict[str, list[Cell]] = {}
    for (_, name), cells in zip(reader.wanted, reader.cells, strict=True):
        columns.setdefault(name, cells)
    return SheetTable([*reader.header.values()], columns, reader.rows)


class _Reader:
    """The handlers of the elements of a sheet."""

    def __init__(
        self, book: Workbook, sheet: str, skip_rows: int, names: Collection[str] | None, only_header: bool
    ) -> None:
        self._book, self._sheet, self._skip = book, sheet, skip_rows
        self._names, self._only_header = names, only_header
        self._texts, self._styles = book.texts(), book.styles()
        #: The names by column, and the columns that are read.
        self.header: dict[int, str] | None = None
        self.wanted: list[tuple[int, str]] = []
        self.cells: list[list[Cell]] = []
        self.rows: list[int] = []
        self._merged: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self._row, self._column = 0, -1
        self._found: dict[int, Cell] = {}
        self._kind, self._style, self._formula = "n", "", False
        self._pieces: list[str] | None = None
        self._collecting = self._silent = False

    def start(self, name: str, given: Mapping[str, str]) -> None:
        if name == "c":
            self._column = self._after(given)
            self._kind, self._style = given.get("t", "n"), given.get("s", "")
            self._formula, self._pieces = False, None
        elif name == "v" or (name == "t" and self._kind == "inlineStr" and not self._silent):
            self._collecting = True
            self._pieces = self._pieces or []
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._silent = True
        elif name == "row":
            row = int(given.get("r", self._row + 1))
            if not self._row < row <= _ROWS:
                raise Malformed(f"row {row} of the sheet is out of order")
            self._row, self._column, self._found = row, -1, {}
        elif name == "mergeCell":
            first, _, last = given["ref"].partition(":")
            self._merged.append((_place(first), _place(last or first)))

    def text(self, piece: str) -> None:
        if self._collecting and self._pieces is not None:
            self._pieces.append(piece)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._collecting = False
        elif name == "rPh":
            self._silent = False
        elif name == "c":
            value = self._value()
            if value is not None:
                self._found[self._column] = value
        elif name == "row" and self._row > self._skip and self._found:
            self._end_row()

    def _after(self, given: Mapping[str, str]) -> int:
        """Return the column of a cell, which comes after the one before it."""
        place = given.get("r")
        row, column = (self._row, self._column + 1) if place is None else _place(place)
        if row != self._row or not self._column < column < _COLUMNS:
            raise Malformed(f"the cell {place} in row {self._row} is out of order")
        return column

    def _value(self) -> Cell:
        style = int(self._style) if self._style.isascii() and self._style.isdigit() else 0
        shows: Shows | None = self._styles[style] if style < len(self._styles) else None
        text = None if self._pieces is None else "".join(self._pieces)
        try:
            value = value_of(self._kind, text, self._texts, shows, self._book.from_1904, self._formula)
        except Malformed as error:
            raise Malformed(f"cell {_called(self._row, self._column)}: {error}") from None
        if isinstance(value, str):
            # A text that many cells share is stored once, but read many times.
            self._book.characters -= len(value)
            if self._book.characters < 0:
                raise refusal(TYPE, "it expands to too much data", "save the table as csv or parquet")
        return value

    def _end_row(self) -> None:
        if self.header is None:
            self.header = {
                column: name for column, cell in self._found.items() if (name := _name(cell)) != ""
            }
            known = self.header.items()
            self.wanted = [one for one in known if self._names is None or one[1] in self._names]
            self.cells = [[] for _ in self.wanted]
            if self._only_header:
                raise Enough
        elif not self._found.keys().isdisjoint(self.header):
            self.rows.append(self._row)
            for (column, _), cells in zip(self.wanted, self.cells, strict=True):
                cells.append(self._found.get(column))

    def mark_merged(self) -> None:
        """Mark the empty cells that are merged with one that has a value: people see them as one cell."""
        left_over = len(self.rows) * len(self.wanted)
        for (top, left), (bottom, right) in self._merged:
            rows = range(bisect_left(self.rows, top), bisect_right(self.rows, bottom))
            here = [index for index, (column, _) in enumerate(self.wanted) if left <= column <= right]
            left_over -= len(rows) * len(here)
            if left_over < 0:
                raise Malformed("merged cells overlap")
            known = rows and here and (self.wanted[here[0]][0], self.rows[rows[0]]) == (left, top)
            if known and self.cells[here[0]][rows[0]] is None:
                continue
            for cells in (self.cells[index] for index in here):
                for row in rows:
                    if cells[row] is None:
                        cells[row] = Odd(f"merged with {_called(top, left)}")


def _place(text: str) -> tuple[int, int]:
    """Return the row from 1 and the column from 0 of a cell such as `B5`."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise Malformed(f"there is no cell '{text[:20]}'")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column - 1


def _called(row: int, column: int) -> str:
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def _name(cell: Cell) -> str:
    """Return the name of a column, which can be a year or a date, too."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat()
    return "" if cell is None else str(cell)
