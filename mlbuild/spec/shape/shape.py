"""Checks whether a composed spec has the right shape, and which of its definitions can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from mlbuild.diagnostics import Diagnostic, Path, Problem
from mlbuild.frozen import frozen
from mlbuild.spec.layers.blame import Blame
from mlbuild.spec.layers.compose import Composed
from mlbuild.spec.layers.overlay import overlaid, without
from mlbuild.spec.shape.faults import faults_of
from mlbuild.spec.shape.repair import repaired
from mlbuild.spec.shape.structure import Structure
from mlbuild.spec.text.tree import Document

#: What errors a value appears to have if its key or content could not be read.
_CONSEQUENCES = ("empty", "missing-key", "wrong-type")


@frozen
class Meant:
    """A spec as it is checked further: without the mistakes whose correction is clear.

    `faults` are the paths that cannot be read. None if nothing can be checked.
    """

    document: Document
    faults: frozenset[Path] | None

    @staticmethod
    def of(document: Document, problems: Sequence[Problem]) -> Meant:
        """Correct a document with these problems."""
        better = repaired(document, problems)
        left = problems if better is document else Structure().problems(better.value)
        return Meant(better, faults_of(better, left))


@frozen
class Variant:
    """The spec with a profile that was not chosen."""

    meant: Meant
    blame: Blame


@frozen
class Shape:
    """The errors, in the order of their places, and what was meant; None if nothing can be checked.

    `base` is the spec alone. `variants` are the spec with each profile that was not chosen.
    """

    diagnostics: list[Diagnostic]
    meant: Meant | None
    base: Meant | None
    variants: list[Variant] = field(default_factory=list)


def check_shape(composed: Composed) -> Shape:
    """Check the shape and the text of a spec, its profiles and settings."""
    structure = Structure()
    base = structure.problems(composed.base.value)
    problems = Structure().problems(composed.document.value) if composed.layers else base
    found = [*composed.base.mistakes, *composed.found]
    # What could not be read was already reported, whatever its shape is.
    told = {_start(one) for one in found}
    blame = Blame(composed.base, composed.layers, base)
    shape = _told(composed.document, blame, problems)
    variants = []
    plain = without(composed.base.root, "profiles") if composed.others else composed.base.root
    for name, layer in composed.others.items():
        root = overlaid(plain, layer.root)
        document = Document(root, (), (*composed.base.mistaken, *layer.mistaken))
        blame = Blame(composed.base, [layer], base, ("profiles", name))
        new = structure.variant().problems(document.value)
        shape += _told(document, blame, [one for one in new if not blame.known(one)])
        variants.append(Variant(Meant.of(document, [*base, *new]), blame))
    found += (one for one in shape if _start(one) not in told)
    diagnostics = sorted(dict.fromkeys(found), key=lambda one: (one.span, one.code))
    if not composed.whole:
        return Shape(diagnostics, None, None)
    alone = Meant.of(composed.base, base)
    meant = Meant.of(composed.document, problems) if composed.layers else alone
    return Shape(diagnostics, meant, alone, variants)


def _start(diagnostic: Diagnostic) -> tuple[str, int, int]:
    return diagnostic.span.file, diagnostic.span.line, diagnostic.span.column


def _told(document: Document, blame: Blame, problems: Iterable[Problem]) -> list[Diagnostic]:
    """Return problems with their places, except those of what could not be read."""
    kept = [one for one in problems if one.code not in _CONSEQUENCES or one.at not in document.mistaken]
    return blame.diagnostics(document, kept)
