"""Faults that a section can have, each planted into a real one, and the law that must find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mlbuild.cli.commands.specs import check
from mlbuild.diagnostics import Problem
from mlbuild.spec.layers import includes
from mlbuild.spec.sections import SECTIONS

Plant = Callable[[pytest.MonkeyPatch], None]
_CLASSES: dict[str, Any] = {section.key: type(section) for section in SECTIONS}


def put(section: str, name: str, value: Any) -> Plant:
    """Replace an attribute of a section."""
    return lambda patch: patch.setattr(_CLASSES[section], name, value)


def uses(section: str, change: Callable[[list[tuple[str, str]]], list[tuple[str, str]]]) -> Plant:
    """Plant a section whose definitions refer to something else."""
    right = _CLASSES[section].uses
    return put(section, "uses", lambda self, definition: iter(change([*right(self, definition)])))


def checked(section: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Plant:
    """Plant a section with other checked definitions."""
    right = _CLASSES[section].check
    return put(section, "check", lambda self, project: change(dict(right(self, project))))


def complains(section: str) -> Plant:
    """Plant a section that also reports the consequences of an invalid definition."""
    right = _CLASSES[section].check

    def doubled(self: Any, project: Any) -> Any:
        for name, one in self.defined(project.definitions).items():
            if one is None:
                project.findings.add(Problem("wrong-value", f"'{name}' is invalid", (section,)))
        return right(self, project)

    return put(section, "check", doubled)


def stumbles(section: str) -> Plant:
    """Plant a section that expects all definitions to be valid."""
    right = _CLASSES[section].check

    def trusting(self: Any, project: Any) -> Any:
        for one in self.defined(project.definitions).values():
            vars(one)
        return right(self, project)

    return put(section, "check", trusting)


def reads_everything(section: str) -> Plant:
    """Plant a section that does not ask what is invalid."""
    return put(section, "read", lambda self, given, at, faults, findings: self.kind.read(given))


def numbered(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: one and replace(one, name=f"{name}{index}") for index, (name, one) in enumerate(found.items())
    }


def elsewhere(found: dict[str, Any]) -> dict[str, Any]:
    return {name: one and replace(one, at=(*one.at[:1], "other")) for name, one in found.items()}


def not_included(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(includes, "SECTIONS", [one for one in SECTIONS if one.key != "tests"])


def not_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(check, "SECTIONS", [one for one in SECTIONS if one.key != "outputs"])


def without_last(found: dict[str, Any]) -> dict[str, Any]:
    return dict([*found.items()][:-1])


#: The section, the law that finds the fault, and the fault.
FAULTS: dict[str, tuple[str, str, Plant]] = {
    "the noun of another": ("outputs", "has_a_key_and_a_noun_of_its_own", put("outputs", "one", "model")),
    "no sentence": ("sources", "has_a_key_and_a_noun_of_its_own", put("sources", "doc", "Tables")),
    "forgets the last one": ("tests", "checks_each_of_its_definitions", checked("tests", without_last)),
    "another place": ("outputs", "checks_each_of_its_definitions", checked("outputs", elsewhere)),
    "counts what it does not check": (
        "models",
        "checks_each_of_its_definitions",
        checked("models", lambda _: {}),
    ),
    "stumbles over an invalid one": ("sources", "reports_an_invalid_definition_once", stumbles("sources")),
    "reports a consequence": ("datasets", "reports_an_invalid_definition_once", complains("datasets")),
    "reads what is invalid": ("outputs", "reports_an_invalid_definition_once", reads_everything("outputs")),
    "leaves everything out": (
        "contracts",
        "leaves_out_only_what_cannot_be_read",
        put("contracts", "unreadable", lambda self, at: ()),
    ),
    "leaves something else out": (
        "preprocessing",
        "leaves_out_only_what_cannot_be_read",
        put("preprocessing", "unreadable", lambda self, at: (*at[:2], 0)),
    ),
    "uses nothing": ("sources", "knows_what_it_uses", uses("sources", lambda _: [])),
    "forgets one that it uses": ("models", "knows_what_it_uses", uses("models", lambda found: found[:1])),
    "uses everything": (
        "outputs",
        "knows_what_it_uses",
        uses("outputs", lambda found: [*found, ("sources", "rows")]),
    ),
    "hides what it uses from others": (
        "datasets",
        "warns_about_a_definition_that_nothing_uses",
        uses("models", lambda _: []),
    ),
    "an end that is none": (
        "contracts",
        "warns_about_a_definition_that_nothing_uses",
        put("contracts", "bears", ()),
    ),
    "never unused": (
        "preprocessing",
        "warns_about_a_definition_that_nothing_uses",
        uses("models", lambda found: [*found, ("preprocessing", "spare")]),
    ),
    "depends on the order": ("tests", "says_the_same_in_any_order", checked("tests", numbered)),
    "cannot be included": ("tests", "can_be_written_elsewhere", not_included),
    "tasks that lead elsewhere": ("models", "gives_its_tasks_their_place", checked("models", elsewhere)),
    "no task": ("sources", "gives_its_tasks_their_place", checked("sources", elsewhere)),
    "is not counted": ("outputs", "is_counted_if_it_says_so", not_shown),
}
