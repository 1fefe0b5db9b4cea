"""What a section is: a top-level key under which a spec defines things by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from mlbuild.diagnostics import Path, Problem
from mlbuild.kinds import Kind
from mlbuild.params import Described, params_of
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.project import Project

#: What a definition of a section is read as, and what checking makes of it.
Defined = TypeVar("Defined")
Checked = TypeVar("Checked")


class Section(Generic[Defined, Checked]):
    """One section of the spec language: how its definitions are written, read, checked and referred to.

    `key` is the top-level key, `one` the noun for one definition, `kind` what a definition may be, `doc` what the
    section is for. `bears` are the kinds of names that its definitions can be called by. A section that is `counted`
    appears in the summary of `check`.
    """

    key: ClassVar[str]
    one: ClassVar[str]
    kind: ClassVar[Kind]
    doc: ClassVar[str]
    bears: ClassVar[tuple[str, ...]] = ()
    counted: ClassVar[bool] = True

    def defined(self, definitions: Definitions) -> Mapping[str, Defined | None]:
        """The definitions of this section by name, None where one is at fault."""
        return definitions.of(self.key)

    def checked(self, project: Project) -> Mapping[str, Checked | None]:
        """What `check` made of the definitions, None where one is at fault or depends on one that is."""
        return project.of(self.key)

    def unreadable(self, at: Path) -> Path:
        """The smallest part of a definition that has to be left out if the value at a path is at fault."""
        return at[:2]

    def read(self, given: Any, at: Path, faults: frozenset[Path], findings: Findings) -> Defined | None:
        """The definition at a path; None where it is at fault. `faults` are the paths that cannot be read."""
        return None if at in faults else sound(self.kind.read(given), at, findings)

    def check(self, project: Project) -> Mapping[str, Checked | None]:
        """Check all definitions against the rest of the project, whose earlier sections are checked already."""
        return {}

    def uses(self, definition: Defined) -> Iterator[tuple[str, str]]:
        """The section and name of each definition that this one refers to."""
        return iter(())


def sound(value: Any, at: Path, findings: Findings) -> Any:
    """The value; None where its own check, or that of anything inside it, finds an error."""
    return value if findings.extend(contradictions(value, at)) else None


def contradictions(value: Any, at: Path) -> Iterator[Problem]:
    """What the fields of described values contradict in each other, from the outside in."""
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
