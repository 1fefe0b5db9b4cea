"""Finds what contradicts itself inside a definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.diagnostics import Path, Problem
from mlbuild.params import Described, params_of
from mlbuild.spec.meaning.findings import Findings


def sound(value: Any, at: Path, findings: Findings) -> Any:
    """Return the value, or None if its own check, or that of anything inside it, finds an error."""
    return value if findings.extend(contradictions(value, at)) else None


def contradictions(value: Any, at: Path) -> Iterator[Problem]:
    """Yield contradictions between the fields of described values, from the outside in."""
    if isinstance(value, Described):
        yield from (problem.under(*at) for problem in value.check())
        for key, param in params_of(type(value)).items():
            yield from contradictions(getattr(value, param.name), (*at, key))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from contradictions(item, (*at, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from contradictions(item, (*at, index))
