"""Writes tables between markers in docs/performance.md and the README."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"
README = ROOT / "README.md"


def write_section(name: str, heading: str, text: str) -> None:
    """Write a text to the page on performance, between the markers with that name, or at its end."""
    if f"<!-- {name}: begin -->" not in PAGE.read_text():
        with PAGE.open("a") as page:
            page.write(f"\n## {heading}\n\n<!-- {name}: begin -->\n<!-- {name}: end -->\n")
    replace_section(PAGE, name, text)


def replace_section(page: Path, name: str, text: str) -> None:
    """Write a text between the markers with that name, which the page has."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = page.read_text().partition(begin)
    page.write_text(f"{before}{begin}\n{text}\n{end}{rest.partition(end)[2]}")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a table in Markdown; all columns except the first are right-aligned."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
