"""Writes the generated documentation, and what `check` reports about the examples: `python -m tests.docs`.

Review the differences.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.docs.examples import renewed
from tests.docs.generated import generated
from tests.docs.markdown import DOCS, ROOT


def write(page: Path, text: str) -> None:
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"wrote {page.relative_to(ROOT)}\n")


pages = generated()
for page, text in pages.items():
    write(page, text)
for page in pages:
    if page != DOCS / "errors.md":  # `python -m tests.cases` writes it
        write(page, renewed(page))
