"""What a spec makes of its warnings: silenced, told, or raised to errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.language import LEVELS


def leveled(diagnostics: Iterable[Diagnostic], value: Any) -> list[Diagnostic]:
    """The diagnostics as `warnings` in a spec's value wants them; a wish that is no level is none."""
    return [
        replace(one, severity="error") if level == "error" else one
        for one in diagnostics
        if (level := _level(one, value)) != "ignore"
    ]


def level_of(code: str, value: Any) -> str:
    """What a spec's value makes of the warnings of a code: `ignore`, `warn` or `error`."""
    wishes = value.get("warnings") if isinstance(value, dict) else None
    wish = wishes.get(code) if isinstance(wishes, dict) else None
    return wish if wish in [*LEVELS] else "warn"


def _level(diagnostic: Diagnostic, value: Any) -> str:
    return level_of(diagnostic.code, value) if diagnostic.severity == "warning" else diagnostic.severity
