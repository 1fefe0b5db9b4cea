"""The comment in a spec that tells editors which schema to use."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from urllib.parse import quote

#: What yaml-language-server looks for: a comment before everything else, with the schema after `$schema=`.
_MODELINE = re.compile(
    rb"#[ \t]+(?:yaml-language-server[ \t]*:[^\r\n]*?\$schema(?:=|:[ \t]*)|\$schema:[ \t]*)(\S+)"
)
_BREAK = re.compile(rb"\r\n|\r|\n")


def modeline(schema: str) -> str:
    """Return the comment that names a schema by its path, relative to the spec."""
    return f"# yaml-language-server: $schema={quote(os.fsencode(schema))}"


def with_modeline(content: bytes, schema: str) -> bytes:
    """Return a spec with this schema for editors. Everything else stays unchanged, byte for byte.

    If a schema is already named, by this comment or by the one for JetBrains (`# $schema:`), it is replaced in
    place.
    """
    named = [*_schemas(content)]
    for start, end in reversed(named):
        content = content[:start] + quote(os.fsencode(schema)).encode() + content[end:]
    if named:
        return content
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    found = _BREAK.search(content)
    line = modeline(schema).encode() + (found[0] if found else b"\n")
    return mark + line + content[len(mark) :]


def _schemas(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield where schemas are named in the comments before everything else."""
    position = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    while position < len(content):
        found = _BREAK.search(content, position)
        end = found.start() if found else len(content)
        line = content[position:end].strip()
        if line and not line.startswith(b"#"):
            return
        if named := _MODELINE.search(content, position, end):
            yield named.span(1)
        position = found.end() if found else end
