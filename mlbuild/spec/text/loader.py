"""Loads YAML bytes as a tree with positions, exactly as editors read them (YAML 1.2 core)."""

from __future__ import annotations

import codecs
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlbuild.diagnostics import Diagnostic, Span
from mlbuild.spec.text.builder import Builder, ReadingStopped
from mlbuild.spec.text.not_yaml import not_yaml
from mlbuild.spec.text.tree import Document, SourceText, located

__all__ = ["Document", "load"]

#: Characters that YAML forbids, quoted or not.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ud800-\udfff]|[\ufffe\uffff]")


def load(content: bytes, file: str) -> Document | list[Diagnostic]:
    """Return the tree of a YAML text, or the errors if it cannot be read at all.

    Anchors, aliases and merge keys (`<<`, own keys win) are supported. Tags except `!!str`, duplicate keys, keys
    that are not text, and a second document are mistakes.
    """
    text = _decoded(content, file)
    if isinstance(text, Diagnostic):
        return [text]
    return parse(text)


def parse(text: SourceText) -> Document | list[Diagnostic]:
    """Do the same for a text without forbidden characters."""
    builder = Builder(text)
    try:
        with _collector_off():
            root = builder.build(_events(text))
    except ReadingStopped as stopped:
        return [*builder.mistakes, stopped.diagnostic]
    if root is None or (root.value is None and not builder.mistakes):
        return [Diagnostic("empty-spec", "the file is empty", text.span(0, 0), "start it with 'mlbuild: 1'")]
    mistaken = (located(root, text.index(mistake.span)) for mistake in builder.mistakes)
    return Document(root, tuple(builder.mistakes), tuple(mistaken))


def _decoded(content: bytes, file: str) -> SourceText | Diagnostic:
    """Return the text without its byte order mark, or an error for the first thing that YAML forbids."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        first = Span(file, 1, 1, 1, 1)
        return Diagnostic("bad-encoding", "the file is UTF-16, not UTF-8", first, "save it as UTF-8")
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        # The bytes before the invalid one are valid, so their characters can be counted.
        before = content[: error.start].decode()
        span = SourceText(file, before).span(len(before), len(before))
        message = f"byte 0x{content[error.start]:02x} is not valid UTF-8"
        return Diagnostic("bad-encoding", message, span, "save the file as UTF-8")
    return forbidden(SourceText(file, text)) or SourceText(file, text)


def forbidden(text: SourceText) -> Diagnostic | None:
    """Return an error for the first character that YAML forbids."""
    found = _FORBIDDEN.search(text.content)
    if found is None:
        return None
    code_point = ord(found[0])
    message = f"the character U+{code_point:04X} is not allowed in YAML"
    help_ = f'remove it, or escape it in double quotes: "\\u{code_point:04x}"'
    return Diagnostic("bad-character", message, text.span(found.start(), found.end()), help_)


def _events(text: SourceText) -> Iterator[Any]:
    """Yield PyYAML's events: from libyaml if the installed wheel has it, otherwise the same, about ten times
    slower.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # For editors, a block text at the end of the file always ends with a line break.
    content = text.content if text.content.endswith("\n") else text.content + "\n"
    try:
        yield from yaml.parse(content, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise ReadingStopped(not_yaml(text, error)) from None


@contextmanager
def _collector_off() -> Iterator[None]:
    """Disable garbage collection: while a large tree grows, it would cost as much as reading the tree."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
