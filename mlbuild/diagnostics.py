"""What can go wrong and where: problems, diagnostics with a place, failures of tasks."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning"]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of characters in a file; lines and columns count from 1, the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake as a room sees it that knows no file: what is wrong, and at which path of its own value.

    `at` is relative to the value that was checked: `("params", "num_leaves")`. `on` says whether the key or
    the value is to blame. `offset` narrows it to characters `(start, end)` inside that text value.
    """

    code: str
    message: str
    at: Path = ()
    help: str | None = None
    on: Literal["key", "value"] = "value"
    offset: tuple[int, int] | None = None
    severity: Severity = "error"

    def under(self, *prefix: str | int) -> Problem:
        """The same problem, seen from a value that holds this one at `prefix`."""
        return Problem(
            self.code, self.message, (*prefix, *self.at), self.help, self.on, self.offset, self.severity
        )


class Rejected(Exception):
    """Raised by checks that need no data; carries every problem found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains a diagnostic: "first defined here"."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A problem with its place in a file."""

    code: str
    message: str
    span: Span
    help: str | None = None
    related: tuple[Related, ...] = ()
    severity: Severity = "error"


FailureKind = Literal["data", "gate", "parity", "task"]


@dataclass(frozen=True, slots=True)
class Failure:
    """How a task ended without a result. `details` is JSON, for reports; `message` is one sentence."""

    kind: FailureKind
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


class Failed(Exception):
    """Carries a `Failure` out of a task's function."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def data_failure(message: str, **details: Any) -> Failed:
    """The data cannot be used: raise it."""
    return Failed(Failure("data", message, details))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A help text naming the nearest known word, or None when nothing is near."""
    known = sorted(known)
    folded = {name.lower(): name for name in reversed(known)}
    near = difflib.get_close_matches(word.lower(), folded, n=1, cutoff=0.6)
    return f"did you mean '{folded[near[0]]}'?" if near else None
