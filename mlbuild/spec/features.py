"""Selects a model's features, and refuses those that would give the answer away."""

from __future__ import annotations

from collections.abc import Sequence

from mlbuild.columns import Schema
from mlbuild.data.table import Table, depends_on, first_behind
from mlbuild.diagnostics import Path, Problem, Rejected
from mlbuild.selection import Selector
from mlbuild.spec.findings import Findings
from mlbuild.spec.places import Places
from mlbuild.spec.spec import DatasetSpec

#: Of a longer way from a feature to what it depends on, the middle is left out.
_LONGEST = 8


class Leaks:
    """What no feature of a model may depend on: its target, and what is known only afterwards."""

    def __init__(self, table: Table, target: str) -> None:
        self.table, self.target = table, target
        self.answers = _answers(table, target)
        behind = depends_on(table, [target])
        afterwards = [name for name, column in table.columns.items() if not column.serving]
        self._answer_of = first_behind(table, self.answers, through_joins=True)
        self._afterwards_of = first_behind(table, afterwards, through_joins=True)
        self._shared_of = first_behind(table, [name for name in table.columns if name in behind])

    def error(self, feature: str, at: Path) -> Problem | None:
        """Why a column cannot be a feature at all; a value found by a join depends on what it was found by."""
        if feature in self._answer_of:
            return self._answer(feature, self._answer_of[feature], at)
        if feature in self._afterwards_of:
            return self._afterwards(feature, self._afterwards_of[feature], at)
        return None

    def warning(self, feature: str, at: Path) -> Problem | None:
        """A feature that is computed from some of what the target is computed from."""
        shared = self._shared_of.get(feature)
        if shared is None:
            return None
        message = f"feature '{feature}' and the target '{self.target}' both depend on '{shared}'"
        help_ = "make sure that it does not give the answer away"
        return Problem("shared-with-target", message, at, help_, about=self._computed(feature, self.target))

    def _answer(self, feature: str, answer: str, at: Path) -> Problem:
        only = f"the only column that the target '{self.target}' comes from"
        chain = self._chain(feature, answer)
        about = self._computed(*chain[:-1], *self.answers[: self.answers.index(answer)])
        if feature == self.target:
            message, about = f"the target '{feature}' cannot be a feature", ()
        elif feature == answer:
            message = f"feature '{feature}' is {only}"
        elif answer == self.target:
            message = f"feature '{feature}' depends on the target '{answer}'{_arrows(chain)}"
        else:
            message = f"feature '{feature}' depends on '{answer}', {only}{_arrows(chain)}"
        return Problem("target-leak", message, at, "leave it out of 'features'", about=about)

    def _afterwards(self, feature: str, name: str, at: Path) -> Problem:
        why = "has 'serving: false': it is not known when a prediction is asked for"
        chain = self._chain(feature, name)
        if name == feature:
            message = f"feature '{feature}' {why}"
        else:
            message = f"feature '{feature}' depends on '{name}'{_arrows(chain)}, which {why}"
        about = (*self._computed(*chain[:-1]), ("", name))
        return Problem("not-serving", message, at, "leave it out of 'features'", about=about)

    def _computed(self, *names: str) -> tuple[tuple[str, str], ...]:
        """Those of `names` that are computed: how they are explains what is wrong."""
        computed = [name for name in dict.fromkeys(names) if self.table.columns[name].sources]
        return tuple(("", name) for name in computed[:_LONGEST])

    def _chain(self, feature: str, name: str) -> list[str]:
        """The columns by which a feature comes to depend on another, both included."""
        above = first_behind(self.table, [name], through_joins=True)
        chain = [feature]
        while chain[-1] != name:
            column = self.table.columns[chain[-1]]
            chain.append(next(one for one in (*column.sources, *column.joined_on) if one in above))
        return chain


def _arrows(chain: Sequence[str]) -> str:
    """How a feature comes to depend on a column, where that is not seen at once."""
    if len(chain) > _LONGEST:
        chain = [*chain[: _LONGEST // 2], "…", *chain[-_LONGEST // 2 :]]
    return f" ({' <- '.join(chain)})" if len(chain) > 2 else ""


def _answers(table: Table, target: str) -> tuple[str, ...]:
    """The target and every column that, alone, it comes from, whatever stands between; the nearest first."""
    waiting, found = {target}, []
    for name in reversed(tuple(table.columns)):
        if name in waiting:
            if len(waiting) == 1:
                found.append(name)
            elif not table.columns[name].sources:
                break
            waiting.remove(name)
            waiting.update(table.columns[name].sources)
    return tuple(found)


def select_features(
    selector: Selector, dataset: DatasetSpec, target: str, at: Path, places: Places, findings: Findings
) -> tuple[str, ...] | None:
    """The features in the order listed, or for a selector in that of the table; None where some are unknown.

    A selector takes only columns that can be features: neither the target, nor what would give it away, nor
    what is known only afterwards. A column that is listed must be one of them.
    """
    table = dataset.table
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
            findings.add(problem, *places.notes(problem, dataset))
    return taken


def _select(selector: Selector, served: Schema, leaks: Leaks) -> tuple[str, ...]:
    """What a selector finds, in the order of names: that of a contract's keys means nothing."""
    found = selector.resolve(served)
    kept = tuple(sorted(name for name in found if leaks.error(name, ()) is None))
    if found and not kept:
        help_ = "those that do are the target, or not known when a prediction is asked for"
        raise Rejected(Problem("empty-selection", "no column that can be a feature matches", help=help_))
    return kept


def _listed(names: Sequence[str], served: Schema, at: Path, findings: Findings) -> tuple[str, ...] | None:
    try:
        return Selector(names=tuple(names)).resolve(served)
    except Rejected as rejected:
        # A list of one has its item blamed, as longer ones have.
        findings.extend(problem.under(*at, *(() if problem.at else (0,))) for problem in rejected.problems)
        return None
