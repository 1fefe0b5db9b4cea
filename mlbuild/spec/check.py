"""From a spec file to a checked `Spec`, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import TypeVar

from mlbuild.diagnostics import Diagnostic, Span
from mlbuild.spec.definitions import Definitions, read_definitions
from mlbuild.spec.faults import faults_of
from mlbuild.spec.findings import Findings
from mlbuild.spec.flow import flow_datasets, flow_sources
from mlbuild.spec.loader import load
from mlbuild.spec.models import check_models
from mlbuild.spec.outputs import check_outputs, warn_unused
from mlbuild.spec.spec import Spec
from mlbuild.spec.structure import check_structure
from mlbuild.spec.tree import Document

T = TypeVar("T")


def check(file: FilePath) -> tuple[Spec | None, list[Diagnostic]]:
    """The spec in a file, None where it has errors; and all errors and warnings, in order of place.

    No data is read. A definition at fault silences what depends on it, so that one mistake is one error.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        message = f"the spec cannot be read: {why}"
        return None, [Diagnostic("missing-file", message, Span(str(file), 1, 1, 1, 1))]
    document = load(content, str(file))
    if isinstance(document, list):
        return None, sorted(document, key=_place)
    shape = check_structure(document)
    findings = Findings()
    faults = faults_of(document) if shape else frozenset()
    spec = None
    if faults is not None:
        definitions = read_definitions(document.value, faults, findings)
        spec = _checked(document, definitions, findings, sound=not shape)
    return spec, sorted([*shape, *findings.diagnostics(document)], key=_place)


def _place(diagnostic: Diagnostic) -> tuple[Span, str, str]:
    return diagnostic.span, diagnostic.severity, diagnostic.code


def _checked(document: Document, definitions: Definitions, findings: Findings, sound: bool) -> Spec | None:
    """The spec, where its shape is `sound` and no error is found."""
    sources = flow_sources(definitions, FilePath(document.file).parent, findings)
    datasets = flow_datasets(definitions, sources, findings)
    models = check_models(definitions, datasets, findings)
    outputs = check_outputs(definitions, datasets, models, findings)
    if not (sound and findings.sound):
        return None
    warn_unused(definitions, findings)
    return Spec(
        document=document,
        project=definitions.project,
        description=definitions.description,
        seed=definitions.seed,
        sources=_all(sources),
        datasets=_all(datasets),
        models=_all(models),
        outputs=_all(outputs),
    )


def _all(things: Mapping[str, T | None]) -> dict[str, T]:
    """Everything that was made; nothing lacks in a spec without errors."""
    return {name: thing for name, thing in things.items() if thing is not None}
