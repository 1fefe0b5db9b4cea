"""Writes blocks as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mlbuild.reports.blocks import (
    Badge,
    Block,
    Cell,
    Charts,
    Drawing,
    Folded,
    Name,
    Picture,
    Source,
    Table,
    Words,
)
from mlbuild.reports.blocks import text_of as plain_text

#: What Markdown would interpret. It leaves underscores inside of words alone.
_SPECIAL = re.compile(r"[\\`*\[<|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def escaped(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text)


def markdown(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield lines. Pictures are left out; their tables say the same."""
    for block in blocks:
        match block:
            case Words():
                yield from (" ".join(map(cell_text, block.cells)), "")
            case Table():
                yield from (*_table(block), "")
            case Charts():
                yield from markdown([chart.table for chart in block.charts])
            case Drawing():
                yield from markdown([block.table])
            case Source():
                yield from ("```yaml", *block.text.splitlines(), "```", "")
            case Folded():
                yield from markdown(block.blocks)


def cell_text(cell: Cell) -> str:
    if isinstance(cell, tuple):
        return " ".join(filter(None, map(cell_text, cell)))
    if isinstance(cell, Badge):
        return f"**{escaped(cell.text)}**"
    if isinstance(cell, Name) and "`" not in cell.text and "|" not in cell.text:
        return f"`{cell.text}`"
    return escaped(plain_text(cell))


def _table(table: Table) -> Iterator[str]:
    """Yield a table without the columns that have only pictures or nothing."""
    kept = [
        place
        for place in range(len(table.head))
        if any(not isinstance(row[place], Picture) and plain_text(row[place]) for row in table.rows)
    ]
    yield f"{escaped(table.caption)}:"
    yield ""
    yield _row([escaped(table.head[place]) for place in kept])
    yield _row(["---"] * len(kept))
    for row in table.rows:
        yield _row([cell_text(row[place]) for place in kept])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
