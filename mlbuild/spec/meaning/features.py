"""Selects a model's features, and refuses those that would give the answer away."""

from __future__ import annotations

from collections.abc import Sequence

from mlbuild.columns import Schema
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.selection import Selector
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.leaks import Leaks


def select_features(
    selector: Selector, table: Table, target: str, at: Path, findings: Findings
) -> tuple[str, ...] | None:
    """The features in the order listed, or for a selector in that of the table; None where some are unknown.

    A selector takes only columns that can be features: neither the target, nor what would give it away, nor
    what is known only afterwards. A column that is listed must be one of them.
    """
    leaks = Leaks(table, target)
    if selector.names is None:
        taken = findings.attempt(at, _select, selector, table.served, leaks)
        each = [at] * len(taken or ())
    else:
        taken = _listed(selector.names, table.served, at, findings)
        each = [(*at, index) for index in range(len(taken or ()))]
    for name, place in zip(taken or (), each, strict=True):
        problem = leaks.error(name, place) or leaks.warning(name, place)
        if problem is not None:
            findings.add(problem)
    return taken


def _select(selector: Selector, served: Schema, leaks: Leaks) -> tuple[str, ...]:
    """What a selector finds, in the order of names: that of a contract's keys means nothing."""
    found = selector.resolve(served)
    kept = tuple(sorted(name for name in found if leaks.error(name, ()) is None))
    if found and not kept:
        help_ = "all matching columns are the target or are not known at prediction time"
        raise Rejected(
            Problem("empty-selection", "the selector matches no column that can be a feature", help=help_)
        )
    return kept


def _listed(names: Sequence[str], served: Schema, at: Path, findings: Findings) -> tuple[str, ...] | None:
    try:
        return Selector(names=tuple(names)).resolve(served)
    except Rejected as rejected:
        # A list of one has its item blamed, as longer ones have.
        findings.extend(problem.under(*at, *(() if problem.at else (0,))) for problem in rejected.problems)
        return None
