"""Reads the definitions of a spec, resolves their names and follows their columns, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from mlbuild.diagnostics import Path
from mlbuild.params import params_of
from mlbuild.spec.layers.bounds import Bounds
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.project import Project
from mlbuild.spec.root import Root
from mlbuild.spec.sections import SECTIONS

#: The keys whose values the rest of the project needs.
_PLAIN = ("project", "description", "seed")


def read_definitions(value: Mapping[str, Any], faults: frozenset[Path], findings: Findings) -> Definitions:
    """Read the definitions of a spec, except the invalid paths in `faults`.

    Contradictions inside a definition are added to `findings`, and the definition is then None, too.
    """
    named = {
        section.key: {
            name: section.read(given, (section.key, name), faults, findings)
            for name, given in value.get(section.key, {}).items()
        }
        for section in SECTIONS
    }
    plain = {
        key: param.kind.read(value[key])
        for key, param in params_of(Root).items()
        if key in _PLAIN and key in value and (key,) not in faults
    }
    return Definitions(**plain, named=named)


def resolve(
    definitions: Definitions, root: FilePath, bounds: Bounds, findings: Findings, offline: bool = False
) -> Project:
    """Check every section in the order of data flow, each as far as its dependencies are known. No data is read."""
    project = Project(definitions, root, bounds, findings, offline=offline)
    for section in SECTIONS:
        project.sections[section.key] = section.check(project)
    return project
