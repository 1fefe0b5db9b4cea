"""Specs written in tests, and what is reported about them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.layers.compose import compose
from mlbuild.spec.shape.shape import check_shape
from mlbuild.spec.text.loader import load
from mlbuild.spec.text.tree import Document

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "specs").glob("*/mlbuild.yaml"))


def loaded(text: str | bytes) -> Document:
    document = load(text.encode() if isinstance(text, str) else text, "mlbuild.yaml")
    assert isinstance(document, Document), told(document)
    return document


def told(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> list[str]:
    """Format diagnostics as `line:column code message | help`."""
    return [
        f"{found.span.line}:{found.span.column} {found.code} {found.message}"
        + (f" | {found.help}" if found.help else "")
        for found in diagnostics
    ]


def complaints(text: str | bytes) -> list[str]:
    """Return the errors of loading and of the structural check for a text with any indentation."""
    content = dedent(text).encode() if isinstance(text, str) else text
    document = load(content, "mlbuild.yaml")
    return told(document if isinstance(document, list) else check_shape(compose(document)).diagnostics)
