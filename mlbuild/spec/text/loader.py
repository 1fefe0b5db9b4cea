"""YAML bytes to a located tree, read exactly as editors read them (YAML 1.2 core)."""

from __future__ import annotations

import codecs
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlbuild.diagnostics import Diagnostic, Span
from mlbuild.spec.text.builder import Builder, Stopped
from mlbuild.spec.text.not_yaml import not_yaml
from mlbuild.spec.text.tree import Document, Text, located

__all__ = ["Document", "load"]

#: What YAML forbids in a text, quoted or not.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ud800-\udfff]|[\ufffe\uffff]")


def load(content: bytes, file: str) -> Document | list[Diagnostic]:
    """The tree of a YAML text, or what keeps it from being read at all.

    Anchors, aliases and merge keys (`<<`, own keys win) are supported; tags but `!!str`, a key given twice, keys that
    are not texts, and a second document are mistakes.
    """
    text = _decoded(content, file)
    if isinstance(text, Diagnostic):
        return [text]
    return parse(text)


def parse(text: Text) -> Document | list[Diagnostic]:
    """The same of a text in which no character is forbidden."""
    builder = Builder(text)
    try:
        with _collector_off():
            root = builder.build(_events(text))
    except Stopped as stopped:
        return [*builder.mistakes, stopped.diagnostic]
    if root is None or (root.value is None and not builder.mistakes):
        return [Diagnostic("empty-spec", "the file is empty", text.span(0, 0), "start it with 'mlbuild: 1'")]
    mistaken = (located(root, text.index(mistake.span)) for mistake in builder.mistakes)
    return Document(root, tuple(builder.mistakes), tuple(mistaken))


def _decoded(content: bytes, file: str) -> Text | Diagnostic:
    """The text without its byte order mark, or the first thing in it that cannot stand in a YAML text."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        first = Span(file, 1, 1, 1, 1)
        return Diagnostic("bad-encoding", "the file is UTF-16, not UTF-8", first, "save it as UTF-8")
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        # What precedes the wrong byte is good, so its characters can be counted.
        before = content[: error.start].decode()
        span = Text(file, before).span(len(before), len(before))
        message = f"byte 0x{content[error.start]:02x} is not valid UTF-8"
        return Diagnostic("bad-encoding", message, span, "save the file as UTF-8")
    return forbidden(Text(file, text)) or Text(file, text)


def forbidden(text: Text) -> Diagnostic | None:
    """The first character that cannot stand in a YAML text."""
    found = _FORBIDDEN.search(text.content)
    if found is None:
        return None
    code_point = ord(found[0])
    message = f"the character U+{code_point:04X} is not allowed in YAML"
    help_ = f'remove it, or escape it in double quotes: "\\u{code_point:04x}"'
    return Diagnostic("bad-character", message, text.span(found.start(), found.end()), help_)


def _events(text: Text) -> Iterator[Any]:
    """PyYAML's events: from libyaml where the installed wheel has it, else the same, about ten times slower."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # A block text at the very end has a last line break for editors, written or not.
    content = text.content if text.content.endswith("\n") else text.content + "\n"
    try:
        yield from yaml.parse(content, Loader=loader)
    except yaml.MarkedYAMLError as error:
        raise Stopped(not_yaml(text, error)) from None


@contextmanager
def _collector_off() -> Iterator[None]:
    """Collecting garbage while a large tree grows costs as much as reading it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
