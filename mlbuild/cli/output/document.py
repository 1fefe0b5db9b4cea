"""The one JSON document that a command prints."""

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

#: All but ASCII that can be seen; and the first of two `#`, which only stand side by side in texts.
_SUSPECT = re.compile("[^\\n -~]|#(?=#)")


def document(command: str | None, code: int, content: Mapping[str, Any]) -> str:
    """The document of a command that ends with an exit code; None where no command was understood."""
    head = {"schema_version": SCHEMA_VERSION, "command": command, "ok": code == OK, "exit_code": code}
    return json_text(head | {**content})


def json_text(value: Any) -> str:
    """A value as JSON in ASCII, as it is printed."""
    return printable(json.dumps(_plain(value), indent=2, allow_nan=False))


def printable(text: str) -> str:
    """The same JSON, in which everything can be seen and nothing is a command in the log of a CI system."""
    return _SUSPECT.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    """An escape that all readers of YAML know too, which beyond U+FFFF there is none for."""
    char = found[0]
    unseen = char == "#" or (char <= "\uffff" and unicodedata.category(char) in UNSEEN)
    return f"\\u{ord(char):04x}" if unseen else char


def _plain(value: Any) -> Any:
    """A value as JSON has it, which knows no NaN and no infinities: these are null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
