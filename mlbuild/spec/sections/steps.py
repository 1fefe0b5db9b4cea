"""Reads lists of steps, whatever is wrong with some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mlbuild.diagnostics import Path
from mlbuild.kinds import Kind
from mlbuild.spec.meaning.contradictions import contradictions
from mlbuild.spec.meaning.findings import Findings

T = TypeVar("T")


def read_steps(
    given: Sequence[Any],
    at: Path,
    faults: frozenset[Path],
    kind: Kind,
    unclear: Callable[[Any], T],
    findings: Findings,
) -> tuple[T, ...]:
    """Read the list at a path, each item as `kind`. Invalid items, or contradictory ones, are read by `unclear`."""
    steps = [unclear(one) if (*at, index) in faults else kind.read(one) for index, one in enumerate(given)]
    problems = [*contradictions(tuple(steps), at)]
    findings.extend(problems)
    wrong = {problem.at[len(at)] for problem in problems if problem.severity == "error"}
    return tuple(unclear(given[index]) if index in wrong else step for index, step in enumerate(steps))
