"""Applies the `warnings` section: warnings are silenced, reported, or turned into errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.warnings import LEVELS


def leveled(diagnostics: Iterable[Diagnostic], value: Any) -> list[Diagnostic]:
    """Return the diagnostics with the levels that `warnings` in a spec's value sets. Invalid levels are ignored."""
    return [
        replace(one, severity="error") if level == "error" else one
        for one in diagnostics
        if (level := _level(one, value)) != "ignore"
    ]


def level_of(code: str, value: Any) -> str:
    """Return the level of a warning code in a spec's value: `ignore`, `warn` or `error`."""
    wishes = value.get("warnings") if isinstance(value, dict) else None
    wish = wishes.get(code) if isinstance(wishes, dict) else None
    return wish if wish in [*LEVELS] else "warn"


def _level(diagnostic: Diagnostic, value: Any) -> str:
    return level_of(diagnostic.code, value) if diagnostic.severity == "warning" else diagnostic.severity
