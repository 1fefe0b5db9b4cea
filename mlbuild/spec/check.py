"""Checks a spec file: returns a checked `Spec`, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import TypeVar

from mlbuild.diagnostics import Diagnostic, Span
from mlbuild.hints import sparing
from mlbuild.spec.layers.bounds import Bounds
from mlbuild.spec.layers.compose import Composed, compose
from mlbuild.spec.layers.files import read_main
from mlbuild.spec.layers.outputs import shared_outputs
from mlbuild.spec.layers.variants import check_variants
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.levels import leveled
from mlbuild.spec.meaning.resolve import read_definitions, resolve
from mlbuild.spec.meaning.unused import warn_unused
from mlbuild.spec.shape.shape import check_shape
from mlbuild.spec.spec import Spec

T = TypeVar("T")


def check(
    file: FilePath,
    profiles: Sequence[str] = (),
    settings: Sequence[str] = (),
    *,
    bounds: Bounds | None = None,
    offline: bool = False,
) -> tuple[Spec | None, list[Diagnostic]]:
    """Return the spec in a file, or None if it has errors; and all errors and warnings, in the order of their
    places.

    The named `profiles` and then the `settings` (`PATH=VALUE`) are merged into it. Every other profile is checked
    as if it alone were chosen. No data is read. Nothing is reported for definitions that depend on an invalid one,
    so one mistake is one error. Only files within `bounds` are read (default: those of the project).
    For a build that fetches nothing (`offline`), what is fetched need not exist.
    """
    with sparing():
        return _check(file, profiles, settings, bounds or Bounds.of(file), offline)


def _check(
    file: FilePath, profiles: Sequence[str], settings: Sequence[str], bounds: Bounds, offline: bool
) -> tuple[Spec | None, list[Diagnostic]]:
    main = read_main(file, bounds)
    if isinstance(main, list):
        return None, sorted(main, key=_place)
    composed = compose(main, profiles, settings, bounds=bounds)
    shape = check_shape(composed)
    findings = Findings()
    spec = None
    deeper: list[Diagnostic] = []
    if shape.meant is not None and shape.meant.faults is not None:
        definitions = read_definitions(shape.meant.document.value, shape.meant.faults, findings)
        spec = _checked(composed, definitions, bounds, findings, offline, sound=not shape.diagnostics)
        deeper += findings.diagnostics(shape.meant.document)
    deeper += [] if shape.base is None else check_variants(shape.base, shape.variants)
    # What is wrong at the place of a misspelt word is hidden: the word may not be what was meant.
    misspelt = {one.span for one in shape.diagnostics}
    shared = shared_outputs(composed, bounds)
    told = [*shape.diagnostics, *(one for one in deeper if one.span not in misspelt), *shared]
    # Profiles that share a mistake through an alias report it only once.
    found = leveled([*dict.fromkeys(told)], composed.document.value)
    if any(one.severity == "error" for one in found):
        spec = None
    return spec, sorted(found, key=_place)


def _place(diagnostic: Diagnostic) -> tuple[Span, str, str]:
    return diagnostic.span, diagnostic.severity, diagnostic.code


def _checked(
    composed: Composed,
    definitions: Definitions,
    bounds: Bounds,
    findings: Findings,
    offline: bool,
    sound: bool,
) -> Spec | None:
    """Return the spec, if its shape is `sound` and no error was found."""
    document = composed.document
    project = resolve(definitions, FilePath(document.file).parent, bounds, findings, offline)
    if not (sound and findings.sound):
        return None
    warn_unused(definitions, findings)
    return Spec(
        document=document,
        parts=tuple(composed.parts),
        profiles=composed.profiles,
        settings=composed.settings,
        project=definitions.project,
        description=definitions.description,
        seed=definitions.seed,
        sections={key: _all(things) for key, things in project.sections.items()},
    )


def _all(things: Mapping[str, T | None]) -> dict[str, T]:
    """Return the values without None; in a spec without errors nothing is missing."""
    return {name: thing for name, thing in things.items() if thing is not None}
