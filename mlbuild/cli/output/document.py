"""The JSON document that a command prints."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from mlbuild.cli.exits import OK
from mlbuild.cli.output.printing import SCHEMA_VERSION
from mlbuild.shown import UNSEEN

#: Everything except visible ASCII; and the first of two `#`, which can be adjacent only in texts.
_SUSPECT = re.compile("[^\\n -~]|#(?=#)")


def document(command: str | None, code: int, content: Mapping[str, Any]) -> str:
    """Return the document of a command that ends with an exit code. `command` is None if it was not recognized."""
    head = {"schema_version": SCHEMA_VERSION, "command": command, "ok": code == OK, "exit_code": code}
    return json_text(head | {**content})


def json_text(value: Any) -> str:
    """Format a value as ASCII JSON for printing."""
    return printable(json.dumps(_plain(value), indent=2, allow_nan=False))


def printable(text: str) -> str:
    """Return the same JSON with everything visible, and without commands for CI systems."""
    return _SUSPECT.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    """Return an escape that all YAML readers also understand. There is none for characters above U+FFFF."""
    char = found[0]
    unseen = char == "#" or (char <= "\uffff" and unicodedata.category(char) in UNSEEN)
    return f"\\u{ord(char):04x}" if unseen else char


def _plain(value: Any) -> Any:
    """Convert a value for JSON, which has no NaN and no infinities: these become null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
