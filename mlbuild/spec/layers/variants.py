"""Checks each profile that was not chosen as if it were chosen: what it changes, and what depends on that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from mlbuild.diagnostics import Diagnostic, Path
from mlbuild.spec.layers.bounds import EVERYWHERE
from mlbuild.spec.meaning.findings import Findings, related
from mlbuild.spec.meaning.resolve import read_definitions, resolve
from mlbuild.spec.root import SECTION_KEYS
from mlbuild.spec.shape.shape import Meant, Variant
from mlbuild.spec.text.tree import Document

#: Errors that depend on this machine, which may not be the one that a profile is for.
ELSEWHERE = ("missing-file", "missing-library", "undefined-variable")


def check_variants(base: Meant, variants: Iterable[Variant]) -> list[Diagnostic]:
    """Return the errors that the profiles cause in the spec `base`."""
    if base.faults is None:
        return []
    names: _Names | None = None
    own: Findings | None = None
    found: list[Diagnostic] = []
    for variant in variants:
        document, faults = variant.meant.document, variant.meant.faults
        if faults is None:
            continue
        names = names or _Names(base.document.value)
        wanted = names.touched(document.value)
        if not wanted:
            continue
        others = _definitions(document.value).keys() - wanted
        findings = _findings(document, faults | others)
        if not findings.sound:
            own = own or _findings(base.document, base.faults)
            found += _brought_about(variant, findings, own)
    return found


def _brought_about(variant: Variant, findings: Findings, own: Findings) -> Iterator[Diagnostic]:
    """Yield the errors of a variant that the spec alone does not have, each with its place."""
    blame = variant.blame.without(problem for problem, _ in own.found)
    for problem, notes in findings.found:
        if problem.severity == "error" and problem.code not in ELSEWHERE and not blame.known(problem):
            one = blame.diagnostic(variant.meant.document, problem)
            yield replace(one, related=(*one.related, *related(notes, variant.meant.document)))


def _findings(document: Document, faults: frozenset[Path]) -> Findings:
    findings = Findings()
    definitions = read_definitions(document.value, faults, findings)
    resolve(definitions, FilePath(document.file).parent, EVERYWHERE, findings)
    return findings


class _Names:
    """Which definitions of a spec may refer to which. Every text that equals the name of a definition counts."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self.base = _definitions(value)
        self.texts = {path: _texts(one) for path, one in self.base.items()}
        self.named = _edges(self.texts, self.base)
        self.naming = _turned(self.named)

    def touched(self, value: Mapping[str, Any]) -> set[Path]:
        """Return the definitions that differ from the spec, what depends on them, and what all of these need."""
        definitions = _definitions(value)
        touched = {path for path, one in definitions.items() if self.base.get(path) is not one}
        texts = {path: _texts(definitions[path]) for path in touched}
        if touched <= self.base.keys():
            # A definition that refers to something for the first time is touched itself.
            named = {**self.named, **_edges(texts, self.base)}
            return _reached(_reached(touched, self.naming), named)
        named = _edges(self.texts | texts, definitions)
        return _reached(_reached(touched, _turned(named)), named)


def _turned(leads: Mapping[Path, list[Path]]) -> dict[Path, list[Path]]:
    """Reverse a map of edges."""
    turned: dict[Path, list[Path]] = {}
    for path, others in leads.items():
        for other in others:
            turned.setdefault(other, []).append(path)
    return turned


def _definitions(value: Mapping[str, Any]) -> dict[Path, Any]:
    sections = ((section, value.get(section)) for section in SECTION_KEYS)
    return {
        (section, name): one
        for section, things in sections
        if isinstance(things, dict)
        for name, one in things.items()
    }


def _texts(value: Any) -> frozenset[str]:
    """Return all texts in a value. A value that aliases repeat is searched once."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found.add(one)
        elif isinstance(one, (dict, list)) and id(one) not in seen:
            seen.add(id(one))
            waiting += one.values() if isinstance(one, dict) else one
    return frozenset(found)


def _edges(texts: Mapping[Path, frozenset[str]], definitions: Iterable[Path]) -> dict[Path, list[Path]]:
    by_name: dict[str, list[Path]] = {}
    for path in definitions:
        by_name.setdefault(str(path[1]), []).append(path)
    return {
        path: [to for text in those & by_name.keys() for to in by_name[text]] for path, those in texts.items()
    }


def _reached(start: Iterable[Path], leads: Mapping[Path, list[Path]]) -> set[Path]:
    """Return everything that can be reached from some definitions, including these."""
    found = set(start)
    waiting = [*found]
    while waiting:
        new = {*leads.get(waiting.pop(), ())} - found
        found |= new
        waiting += new
    return found
