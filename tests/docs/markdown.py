"""Reads the pages of the documentation: their fenced blocks, tables and generated sections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mlbuild.frozen import frozen

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


@frozen
class Block:
    """A fenced block: its page, its first line, and the block that directly follows it."""

    page: Path
    line: int
    language: str
    text: str
    next: Block | None = None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every page of the documentation, including the README."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    follower: tuple[int, Block] | None = None
    for fence in reversed([*_FENCE.finditer(text)]):
        after = None
        if follower is not None and not text[fence.end() : follower[0]].strip():
            after = follower[1]
        line = text.count("\n", 0, fence.start()) + 1
        block = Block(page, line, fence[1], fence[2], after)
        follower = fence.start(), block
        found.append(block)
    return found[::-1]


def tables(page: Path, *header: str) -> Iterator[tuple[int, list[str]]]:
    """The line and the cells of each row of the tables of a page that have these columns."""
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        cells = _cells(line)
        if not cells:
            inside = False
        elif inside and set(line) - set("|- "):
            yield number, cells
        inside = inside or cells == list(header)


def _cells(line: str) -> list[str]:
    if not line.startswith("|"):
        return []
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table, with a line break at the end."""
    lines = [header, ["---"] * len(header), *rows]
    shown = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {line} |".replace("|  |", "| |") + "\n" for line in shown)


def filled(text: str, content: Callable[[str], str]) -> str:
    """The text of a page with each section `<!-- generated: NAME -->` filled with `content(NAME)`."""
    return _PLACE.sub(lambda place: place[1] + content(place[2]) + place[3], text)
