"""Whether a composed spec has the shape of one, and which of its definitions can be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from mlbuild.diagnostics import Diagnostic, Path, Problem, Related
from mlbuild.spec.compose import Composed
from mlbuild.spec.faults import faults_of
from mlbuild.spec.overlay import depth, overlaid
from mlbuild.spec.structure import Structure
from mlbuild.spec.tree import Document

#: What a value seems to be whose key or content could not be read.
_CONSEQUENCES = ("empty", "missing-key", "wrong-type")


@dataclass(frozen=True)
class Shape:
    """What is wrong, in order of place; and the paths of what cannot be read, None where nothing can be checked."""

    diagnostics: list[Diagnostic]
    faults: frozenset[Path] | None


def check_shape(composed: Composed) -> Shape:
    """All that is wrong with the shape of a spec, its profiles and settings, and with its text."""
    structure = Structure()
    base = structure.problems(composed.base.value)
    problems = Structure().problems(composed.document.value) if composed.layers else base
    found = [*composed.base.mistakes, *composed.found]
    # What could not be read is told already, whatever its shape.
    told = {_start(one) for one in found}
    shape = [*_placed(composed.document, composed.layers, problems, base)]
    for layer in composed.others:
        shape += _of_profile(composed.base, layer, structure.variant(), base)
    found += (one for one in shape if _start(one) not in told)
    faults = faults_of(composed.document, problems) if composed.whole else None
    return Shape(sorted(dict.fromkeys(found), key=lambda one: (one.span, one.code)), faults)


def _start(diagnostic: Diagnostic) -> tuple[str, int, int]:
    return diagnostic.span.file, diagnostic.span.line, diagnostic.span.column


def _of_profile(
    base: Document, layer: Document, structure: Structure, known: list[Problem]
) -> Iterator[Diagnostic]:
    """What a profile that is not chosen would do to the shape; what is not there may come with another one."""
    variant = Document(overlaid(base.root, layer.root))
    problems = structure.problems(variant.value)
    asked = (one for one in problems if one.code != "missing-key" or _in_list(one.at))
    yield from _placed(variant, [layer], asked, known)


def _in_list(at: Path) -> bool:
    """Whether something stands in a list: lists replace lists, so they are complete."""
    return any(isinstance(part, int) for part in at)


def _placed(
    document: Document, layers: list[Document], problems: Iterable[Problem], base: list[Problem]
) -> Iterator[Diagnostic]:
    """Problems with their places; one that the spec alone does not have stands where a layer brings it about."""
    known = set(base)
    for problem in problems:
        if problem.code in _CONSEQUENCES and problem.at in document.mistaken:
            continue
        diagnostic = document.diagnostic(problem)
        guilty = max(reversed(layers), key=lambda layer: depth(layer, problem.at), default=None)
        if guilty is None or problem in known or not depth(guilty, problem.at):
            yield diagnostic
            continue
        cause = guilty.diagnostic(problem)
        related = () if cause.span == diagnostic.span else (Related("this stands here", diagnostic.span),)
        yield replace(cause, related=related)
