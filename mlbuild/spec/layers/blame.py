"""Finds which mistakes the layers over a spec cause, and where to report them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

from mlbuild.diagnostics import Diagnostic, Path, Problem, Related
from mlbuild.hints import did_you_mean
from mlbuild.spec.layers.overlay import depth
from mlbuild.spec.text.tree import Document


class Blame:
    """The problems of a spec, and the layers over it that can cause others.

    `at` is the place of a layer in the spec, if it has one. What the layer causes in parts that it does not mention
    is reported there.
    """

    def __init__(
        self, base: Document, layers: Sequence[Document], problems: Iterable[Problem], at: Path = ()
    ) -> None:
        self.base, self.layers, self.at = base, layers, at
        self._known, self._places = set[Hashable](), set[tuple[str, Path]]()
        for problem in problems:
            self._known.add(problem.said)
            self._places.add((problem.code, problem.at))

    def without(self, problems: Iterable[Problem]) -> Blame:
        """Return the same layers over a spec with other problems."""
        return Blame(self.base, self.layers, problems, self.at)

    def known(self, problem: Problem) -> bool:
        """Whether the spec alone has a problem, even in a short form that a layer turns into a long one."""
        guilty = self._guilty(problem.at)
        if guilty is None or problem.said in self._known:
            return True
        starts = [problem.at[:length] for length in range(len(problem.at) + 1)]
        written = depth(guilty, problem.at) == len(problem.at)
        return not written and any((problem.code, start) in self._places for start in starts)

    def diagnostics(self, document: Document, problems: Iterable[Problem]) -> list[Diagnostic]:
        """Return the problems of the spec with its layers, each with its place. A misspelt name is one problem."""
        found = []
        misspelt: set[Path] = set()
        for problem in problems:
            if problem.at in misspelt:
                continue
            name = self._misspelt(problem)
            misspelt |= {problem.at} if name else set()
            found.append(self.diagnostic(document, name or problem))
        return found

    def diagnostic(self, document: Document, problem: Problem) -> Diagnostic:
        """Return a problem with its place. What the spec alone does not have is placed where a layer causes it."""
        diagnostic = document.diagnostic(problem)
        guilty = self._guilty(problem.at)
        if guilty is None or self.known(problem):
            return diagnostic
        if depth(guilty, problem.at):
            cause = guilty.diagnostic(problem)
        elif self.at:
            cause = replace(diagnostic, span=self.base.span(self.at, "key"))
        else:
            return diagnostic
        related = () if cause.span == diagnostic.span else (Related("the problem is here", diagnostic.span),)
        return replace(cause, related=related)

    def _guilty(self, at: Path) -> Document | None:
        """Return the layer that says most about a path; the last one, if several do."""
        return max(reversed(self.layers), key=lambda layer: depth(layer, at), default=None)

    def _misspelt(self, problem: Problem) -> Problem | None:
        """Return the problem with a name that only a layer has, if something is missing in it that a similar name
        has.
        """
        guilty = self._guilty(problem.at)
        if problem.code != "missing-key" or guilty is None or len(problem.at) < 2:
            return None
        *start, name = problem.at
        node = self.base.root
        for part in start:
            if part not in node.children:
                return None
            node = node.children[part]
        if node.style != "{" or name in node.children:
            return None
        near = did_you_mean(str(name), [str(one) for one in node.children])
        message = f"unknown key '{name}' in '{start[-1]}'"
        return Problem("unknown-key", message, problem.at, near, on="key") if near else None
