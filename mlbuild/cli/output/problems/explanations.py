"""The explanations of diagnostic codes: the sections of `docs/errors.md`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FILE = "errors.md"


@cache
def explanations() -> dict[str, str]:
    """Return the explanation of each code as Markdown, without the one-line meaning before it."""
    _, *parts = re.split(r"^## (.*)\n\n.*\n", _shipped().read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {code: text.strip() for code, text in zip(parts[::2], parts[1::2], strict=True)}


def _shipped() -> Path:
    """Return the page: next to this module if mlbuild is installed from a wheel, otherwise in the checkout."""
    here = Path(__file__)
    installed = here.with_name(FILE)
    return installed if installed.exists() else here.parents[4] / "docs" / FILE


def as_text(markdown: str) -> str:
    """Format an explanation for a terminal: code is indented, below the name of its file."""
    return "\n".join(_indented(markdown))


def _indented(markdown: str) -> Iterator[str]:
    inside = False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            name = "" if inside else line.removeprefix("```").partition(" ")[2]
            inside = not inside
            if name:
                yield f"{name}:"
        else:
            yield f"    {line}".rstrip() if inside else line
