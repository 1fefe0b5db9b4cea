"""Collects the problems of a spec, by path, and finds their places in the file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import ParamSpec, TypeVar

from mlbuild.diagnostics import Diagnostic, Note, Path, Problem, Rejected, Related
from mlbuild.hints import did_you_mean, listed, misspelt
from mlbuild.spec.text.tree import Document

P = ParamSpec("P")
T = TypeVar("T")


class Findings:
    """Problems of a spec; their paths start at its root.

    A problem that is found twice is kept once, whatever its help.
    """

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[Problem, tuple[Note, ...]]] = {}

    def add(self, problem: Problem, *notes: Note) -> None:
        """Add a problem with its own notes and others. Each place is used for only one note."""
        if problem.said not in self._found:
            places = {at: (text, at) for text, at in reversed((*problem.notes, *notes))}
            self._found[problem.said] = problem, tuple(places.values())[::-1]

    def extend(self, problems: Iterable[Problem], *notes: Note) -> bool:
        """Add problems. Return whether none of them is an error."""
        sound = True
        for problem in problems:
            self.add(problem, *notes)
            sound = sound and problem.severity != "error"
        return sound

    def attempt(self, at: Path, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return the result of a check. If it is rejected, add its problems under `at` and return None."""
        try:
            return check(*args, **kwargs)
        except Rejected as rejected:
            self.extend(problem.under(*at) for problem in rejected.problems)
            return None

    def named(self, code: str, name: str, things: Mapping[str, object], what: str, at: Path) -> str | None:
        """Return which of `things` a name at `at` means.

        If it is not one of them, add a problem with this code, and return the one that it clearly misspells.
        """
        if name in things:
            return name
        help_ = did_you_mean(name, things) or f"defined: {listed(things) or 'none'}"
        self.add(Problem(code, f"unknown {what} '{name}'", at, help_))
        return misspelt(name, things)

    @property
    def sound(self) -> bool:
        """Whether no error was found."""
        return all(problem.severity != "error" for problem, _ in self.found)

    @property
    def found(self) -> list[tuple[Problem, tuple[Note, ...]]]:
        """The problems, each with its notes."""
        return [*self._found.values()]

    def diagnostics(self, document: Document) -> list[Diagnostic]:
        return [
            replace(document.diagnostic(problem), related=related(notes, document))
            for problem, notes in self.found
        ]


def related(notes: Iterable[Note], document: Document) -> tuple[Related, ...]:
    """Return the notes of a problem with their places."""
    return tuple(Related(text, document.span(at, "name")) for text, at in notes)
