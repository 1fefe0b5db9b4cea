"""What a spec makes of its warnings: silenced, told, or raised to errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.language import LEVELS


def leveled(diagnostics: Iterable[Diagnostic], value: Any) -> list[Diagnostic]:
    """The diagnostics as `warnings` in a spec's value wants them; a wish that is no level is none."""
    wishes = value.get("warnings") if isinstance(value, dict) else None
    return [
        replace(one, severity="error") if level == "error" else one
        for one in diagnostics
        if (level := _level(one, wishes)) != "ignore"
    ]


def _level(diagnostic: Diagnostic, wishes: Any) -> str:
    wish = wishes.get(diagnostic.code) if isinstance(wishes, dict) else None
    return wish if diagnostic.severity == "warning" and wish in [*LEVELS] else diagnostic.severity
