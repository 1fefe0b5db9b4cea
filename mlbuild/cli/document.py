"""The one JSON document that a command prints with `--json`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from mlbuild.cli.exits import OK
from mlbuild.cli.render import SCHEMA_VERSION


def document(command: str | None, code: int, content: Mapping[str, Any]) -> str:
    """The document of a command that ends with an exit code; None where no command was understood."""
    head = {"schema_version": SCHEMA_VERSION, "command": command, "ok": code == OK, "exit_code": code}
    return json.dumps(_plain(head | {**content}), indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    """A value as JSON has it, which knows no NaN and no infinities: these are null."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
