"""What a report consists of, before it is written as HTML or Markdown.

Sections give blocks, and blocks contain cells. All are plain values, so each kind is written in one place per format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any, TypeAlias

from mlbuild.frozen import frozen
from mlbuild.reports.writing.html import Html
from mlbuild.shown import shown

#: How a word is meant: it also has a colour then. The text alone must be enough.
GOOD, BAD, WARN, CALM = "good", "bad", "warn", "calm"
#: From this size on, numbers are written without decimals.
_LARGE = 10_000


@frozen
class Number:
    """A number of a JSON part, which is shown rounded. None: it is not known. A `signed` one always has a sign. Digits are
    grouped unless it can be something else than an amount, such as a year.
    """

    value: float | None
    signed: bool = False
    grouped: bool = True

    @property
    def text(self) -> str:
        if self.value is None:
            return "–"
        sign = "+" if self.signed else ""
        if isinstance(self.value, int) or abs(self.value) >= _LARGE:
            return f"{self.value:{sign}{',' if self.grouped else ''}.0f}"
        return f"{self.value:{sign}.4g}"


@frozen
class Share:
    """A number of rows, and which share of others it is."""

    count: int
    of: int

    @property
    def text(self) -> str:
        if not self.of:
            return f"{self.count:,}"
        return f"{self.count:,} ({self.count / self.of:.1%})"


@frozen
class Interval:
    """A confidence interval, or why there is none."""

    ends: Sequence[float] | str | None
    signed: bool = False

    @property
    def text(self) -> str:
        if self.ends is None or isinstance(self.ends, str):
            return self.ends or ""
        return f"[{', '.join(Number(one, self.signed).text for one in self.ends)}]"


@frozen
class Badge:
    """A short verdict."""

    text: str
    tone: str = CALM


@frozen
class Name:
    """The name of something of the project, such as a column, or a code."""

    name: str

    @property
    def text(self) -> str:
        return shown(self.name)


@frozen(eq=False)
class Picture:
    """A small picture in a cell. The other cells of the row say the same."""

    svg: Html

    @property
    def text(self) -> str:
        return ""


@frozen(eq=False)
class Stack:
    """Cells below each other."""

    cells: Sequence[Cell]

    @property
    def text(self) -> str:
        return ", ".join(map(text_of, self.cells))


Cell: TypeAlias = "str | Number | Share | Interval | Badge | Name | Picture | Stack | tuple[Any, ...]"


def text_of(cell: Cell) -> str:
    """Return the text of a cell without its form."""
    if isinstance(cell, tuple):
        return " ".join(filter(None, map(text_of, cell)))
    return cell if isinstance(cell, str) else cell.text


@frozen(eq=False)
class Words:
    """A paragraph."""

    cells: Sequence[Cell]


def words(*cells: Cell) -> Words:
    return Words(cells)


@frozen(eq=False)
class Table:
    """A table with its caption and the names of its columns. The first cell of each row names the row. `rows` are
    lists of cells.

    `shades` colours cells by the numbers between 0 and 1 at the same places.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    shades: Sequence[Sequence[float]] = ()


@frozen(eq=False)
class Chart:
    """A chart with the table of what it shows."""

    title: str
    svg: Html
    table: Table


@frozen(eq=False)
class Charts:
    """Charts next to each other."""

    charts: Sequence[Chart]


@frozen(eq=False)
class Drawing:
    """A wide picture with the table of what it shows."""

    svg: Html
    table: Table


@frozen(eq=False)
class Source:
    """A text in which lines matter."""

    text: str


@frozen(eq=False)
class Folded:
    """Blocks that are shown on request."""

    summary: str
    blocks: Sequence[Block]


Block: TypeAlias = "Words | Table | Charts | Drawing | Source | Folded"


@frozen(eq=False)
class Part:
    """A section of a page: its title and its blocks."""

    title: str
    blocks: Sequence[Block] = field(default=())
