"""Finds leaks: features that depend on the target, or on something that is not known at prediction time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from mlbuild.data.lineage import Decision, Node, bottlenecks, computed_from, depends_on, first_reached, walk
from mlbuild.data.table import Table
from mlbuild.diagnostics import Note, Path, Problem

#: The maximum length of a path from a feature to its dependency in messages; the middle of a longer one is left
#: out.
_LONGEST = 8
_LEAVE_OUT = "remove it from 'features'"


class Leaks:
    """The features of a table that would leak the target, or that nobody can send with a prediction request."""

    def __init__(self, table: Table, target: str) -> None:
        self.table, self.target = table, target
        self._names = {column.node: name for name, column in table.columns.items()}
        start = table.nodes([target]) if target in table.columns else []
        self._answers = [answer for node in start for answer in bottlenecks(node)]
        self._answer_of = first_reached(self._names, self._answers)
        self._afterwards_of = first_reached(self._names, table.afterwards)
        self._shared_of = first_reached(self._names, walk(start, computed_from), computed_from)

    def error(self, feature: str, at: Path) -> Problem | None:
        """Return why a column cannot be a feature. A value found by a join also depends on what it was found by."""
        node = self.table.columns[feature].node
        if node in self._answer_of:
            return self._answer(feature, node, self._answer_of[node], at)
        if node in self._afterwards_of:
            return self._afterwards(feature, node, self._afterwards_of[node], at)
        return None

    def warning(self, feature: str, at: Path) -> Problem | None:
        """Return a warning if a feature and the target are computed from a common column."""
        node = self.table.columns[feature].node
        if node not in self._shared_of:
            return None
        shared = self._called(self._shared_of[node])
        message = f"feature '{feature}' and the target '{self.target}' both depend on '{shared}'"
        notes = self._notes([node, *self.table.nodes([self.target])])
        help_ = "make sure that the feature does not give the target away"
        return Problem("shared-with-target", message, at, help_, notes=notes)

    def _answer(self, feature: str, node: Node, answer: Node, at: Path) -> Problem:
        only = f"the only column that the target '{self.target}' is computed from"
        chain = self._chain(node, answer)
        notes = self._notes([*chain[:-1], *self._answers[: self._answers.index(answer)]])
        if feature == self.target:
            message, notes = f"the target '{feature}' cannot be a feature", ()
        elif node is answer:
            message = f"feature '{feature}' is {only}"
        elif answer is self._answers[0]:
            message = f"feature '{feature}' depends on the target '{self.target}'{self._arrows(chain)}"
        else:
            message = f"feature '{feature}' depends on '{self._called(answer)}', {only}{self._arrows(chain)}"
        return Problem("target-leak", message, at, _help(chain), notes=notes)

    def _afterwards(self, feature: str, node: Node, afterwards: Node, at: Path) -> Problem:
        why = "has 'serving: false': it is not known at prediction time"
        chain = self._chain(node, afterwards)
        called = self._called(afterwards)
        if node is afterwards:
            message = f"feature '{feature}' {why}"
        else:
            message = f"feature '{feature}' depends on '{called}'{self._arrows(chain)}, which {why}"
        notes = (*self._notes(chain[:-1]), afterwards.note(called))
        return Problem("not-serving", message, at, _help(chain), notes=notes)

    def _called(self, node: Node) -> str:
        """Return the name of a node in the table; if it was dropped, its original name."""
        return self._names.get(node, node.name)

    def _notes(self, nodes: Iterable[Node]) -> tuple[Note, ...]:
        """Return notes on where `nodes` are made, for those that are computed or decide something."""
        made = [node for node in dict.fromkeys(nodes) if node.inputs]
        notes = (node.note(self._called(node)) for node in made)
        return tuple(islice((note for note in notes if note[0]), _LONGEST))

    def _chain(self, node: Node, wanted: Node) -> list[Node]:
        """Return the nodes on a path from one node to another that it depends on, including both."""
        leading = first_reached([node], [wanted])
        chain = [node]
        while chain[-1].datum != wanted.datum:
            chain.append(next(one for one in depends_on(chain[-1]) if one in leading))
        same = len(chain) > 1 and self._called(chain[-1]) == self._called(wanted)
        return [*chain[:-1], wanted] if same or chain[-1] is wanted else [*chain, wanted]

    def _arrows(self, chain: Sequence[Node]) -> str:
        """Describe how a feature depends on a column, if it is not obvious."""
        names = [self._called(node) for node in chain if node.name]
        if len(names) > _LONGEST:
            names = [*names[: _LONGEST // 2], "…", *names[-_LONGEST // 2 :]]
        return f" ({' <- '.join(names)})" if len(names) > 2 else ""


def _help(chain: Sequence[Node]) -> str:
    """Return what to do about a leak along a chain of nodes."""
    advice = [one.match.advice for one in chain if isinstance(one.match, Decision) and one.match.advice]
    return f"{_LEAVE_OUT}, or {advice[0]}" if advice else _LEAVE_OUT
