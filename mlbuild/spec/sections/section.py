"""The base class of sections: top-level keys under which a spec defines things by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from mlbuild.diagnostics import Path
from mlbuild.kinds import Kind
from mlbuild.spec.meaning.contradictions import sound
from mlbuild.spec.meaning.definitions import Definitions
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.project import Project

#: The type of a definition after reading, and after checking.
Defined = TypeVar("Defined")
Checked = TypeVar("Checked")


class Section(Generic[Defined, Checked]):
    """One section of the spec language: how its definitions are written, read, checked and referenced.

    `key` is the top-level key, `one` the noun for one definition, `kind` the kind of a definition, and `doc` the
    documentation of the section. `bears` are the kinds of names that its definitions have. If the names are `optional`,
    nothing needs to use a definition. The summary of `check` mentions a `counted` section; a `rare` one
    only if there are definitions.
    """

    key: ClassVar[str]
    one: ClassVar[str]
    kind: ClassVar[Kind]
    doc: ClassVar[str]
    bears: ClassVar[tuple[str, ...]] = ()
    optional: ClassVar[bool] = False
    counted: ClassVar[bool] = True
    rare: ClassVar[bool] = False

    def defined(self, definitions: Definitions) -> Mapping[str, Defined | None]:
        """Return the definitions of this section by name, None if one is invalid."""
        return definitions.of(self.key)

    def checked(self, project: Project) -> Mapping[str, Checked | None]:
        """Return the checked definitions, None if one is invalid or depends on something invalid."""
        return project.of(self.key)

    def unreadable(self, at: Path) -> Path:
        """Return the smallest part of a definition that must be left out if the value at a path is invalid."""
        return at[:2]

    def read(self, given: Any, at: Path, faults: frozenset[Path], findings: Findings) -> Defined | None:
        """Return the definition at a path, None if it is invalid. `faults` are the paths that cannot be read."""
        return None if at in faults else sound(self.kind.read(given), at, findings)

    def check(self, project: Project) -> Mapping[str, Checked | None]:
        """Check all definitions against the rest of the project, whose earlier sections are already checked."""
        return {}

    def uses(self, definition: Defined) -> Iterator[tuple[str, str]]:
        """Yield the section and name of each definition that this one refers to."""
        return iter(())
