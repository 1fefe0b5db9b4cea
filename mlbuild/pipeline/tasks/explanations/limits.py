"""How much is predicted to measure the importance of inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.evaluation.importance import Unit
from mlbuild.evaluation.intervals import FEWEST
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: Limits of the cost: the rows that are predicted, and the values of their inputs.
_MOST_ROWS, _MOST_CELLS = 250_000, 20_000_000
#: Rather than measure on fewer rows, fewer inputs are shuffled.
_FEWEST_ROWS = 500
#: Few rows are shuffled this many times, because a single order of few values can be unlike the others.
_MOST_REPEATS = 20


@frozen
class Limits:
    """How many rows are used, how often they are shuffled, and for how many units, so that the cost stays small for
    any table.
    """

    rows: int
    repeats: int
    units: int

    @staticmethod
    def of(asked: int, target: Array, classes: int, inputs: int) -> Limits:
        """Take fewer rows rather than leave out inputs, but not fewer than `_FEWEST_ROWS`.

        Rows of a rare class are not repeated, because a metric would count them as more rows.
        """
        import numpy as np

        rare = bool(classes) and bool((np.bincount(target, minlength=classes) < FEWEST).any())
        most = min(_MOST_ROWS, _MOST_CELLS // max(inputs, 1))
        each = min(asked, max(most // (2 + inputs), _FEWEST_ROWS))
        used = min(each, len(target))
        repeats = 1 if rare else max(1, min(_MOST_REPEATS, each // max(used, 1)))
        return Limits(used, repeats, max(most // max(used * repeats, 1) - 1, 2))

    def chosen(self, units: Sequence[Unit], gains: Mapping[tuple[str, ...], float]) -> list[Unit]:
        """Return all inputs together, groups of them, and those that the learner gains most from."""
        gained: dict[str, float] = {}
        for names, gain in gains.items():
            for name in names:
                gained[name] = gained.get(name, 0.0) + gain
        groups = [unit for unit in units if unit.why][: max(self.units // 2, 1)]
        alone = [unit for unit in units if not unit.why]
        alone.sort(key=lambda unit: -gained.get(unit.columns[0], 0.0))
        return [*groups, *alone[: self.units - len(groups)]]
