"""Writes the generated documentation: `python -m tests.docs`."""

from __future__ import annotations

import sys

from tests.docs.generated import generated
from tests.docs.markdown import ROOT

for page, text in generated().items():
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"wrote {page.relative_to(ROOT)}\n")
