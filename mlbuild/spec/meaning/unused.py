"""Finds definitions that are never used."""

from __future__ import annotations

from mlbuild.diagnostics import Problem
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.sections import SECTIONS


def warn_unused(definitions: Definitions, findings: Findings) -> None:
    """Warn about definitions that are never used. Call this only for a valid spec, in which every name is known."""
    used = {
        use
        for section in SECTIONS
        for definition in definitions.of(section.key).values()
        if definition is not None
        for use in section.uses(definition)
    }
    for section in SECTIONS:
        for name in definitions.of(section.key) if section.bears and not section.optional else ():
            if (section.key, name) not in used:
                message = f"nothing uses the {section.one} '{name}'"
                findings.add(Problem("unused", message, (section.key, name), "remove it", on="key"))
