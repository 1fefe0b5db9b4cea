"""Writes values as people write them in a spec: quoted only if they would otherwise mean something else."""

from __future__ import annotations

import math
import re
from typing import Any

from mlbuild.shown import COMMAND
from mlbuild.spec.text.scalars import resolve

_PLAIN = re.compile(r"[^\W\d](?:[\w ./()%+-]*[\w./()%+-])?")
#: Other YAML readers interpret these as booleans.
_BOOLEANS = frozenset("y n yes no on off".split())
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def as_yaml(value: Any) -> str:
    """Format a scalar of a spec on one line, so that every YAML reader gets the same value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if not isinstance(value, str):
        return str(value)
    if _PLAIN.fullmatch(value) and resolve(value) == value and value.casefold() not in _BOOLEANS:
        return value
    if value.isprintable() and not COMMAND.search(value):
        return "'" + value.replace("'", "''") + "'"
    return '"' + COMMAND.sub(r"\\x23", "".join(map(_escaped, value))) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
