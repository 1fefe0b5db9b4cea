"""Selects the features of a model, and refuses those that would leak the target."""

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
) -> tuple[tuple[str, ...], bool]:
    """Return the features in the order listed, or the order of names for a selector; and whether these are all.

    A selector matches only columns that can be features: not the target, not columns that would leak it, and not
    columns that are not known at prediction time. Every listed column must be such a column.
    """
    leaks = Leaks(table, target)
    if selector.names is None:
        found = findings.attempt(at, _select, selector, table.served, leaks)
        taken = dict.fromkeys(found or (), at)
        whole = found is not None and not table.served.open
    else:
        whole = _listed(selector.names, table.served, at, findings)
        taken = {name: (*at, index) for index, name in enumerate(selector.names) if name in table.columns}
    for name, place in taken.items():
        problem = leaks.error(name, place) or leaks.warning(name, place)
        if problem is not None:
            findings.add(problem)
    return tuple(taken), whole


def _select(selector: Selector, served: Schema, leaks: Leaks) -> tuple[str, ...]:
    """Return the columns that a selector matches, in the order of names, because the order of keys in a contract
    has no meaning.
    """
    found = selector.resolve(served)
    kept = tuple(sorted(name for name in found if leaks.error(name, ()) is None))
    if found and not kept:
        help_ = "all matching columns are the target or are not known at prediction time"
        raise Rejected(
            Problem("empty-selection", "the selector matches no column that can be a feature", help=help_)
        )
    return kept


def _listed(names: Sequence[str], served: Schema, at: Path, findings: Findings) -> bool:
    """Whether each name is that of another column."""
    try:
        Selector(names=tuple(names)).resolve(served)
    except Rejected as rejected:
        # For a list with one item, report the item, as for longer lists.
        findings.extend(problem.under(*at, *(() if problem.at else (0,))) for problem in rejected.problems)
        return False
    return True
