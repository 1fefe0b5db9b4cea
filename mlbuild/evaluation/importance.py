"""Permutation importance: how much worse a metric gets when the values of a column are shuffled among the rows.

It is about a model, not about the world: a column can be important for the world, and unimportant for a model that
gets the same from another column. Columns that belong together are therefore also shuffled together, as a group. The
model is compared with itself on the same rows, so the standard errors are those of a paired difference (`harm.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.data.data_warning import DataWarning
from mlbuild.evaluation import student
from mlbuild.evaluation.harm import IDENTICAL, TOO_FEW, Harm, influenced
from mlbuild.evaluation.holm import corrected
from mlbuild.evaluation.intervals import LEVEL, around, influence_sums
from mlbuild.evaluation.rows import Rows
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.models.metrics.metric import Metric
from mlbuild.params import Json

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: Why columns are shuffled together.
JOIN, CORRELATION, ALL = "join", "correlation", "all"
#: A column is useless if it certainly matters less than this share of what all columns together do, and if certainly
#: less than this share of the rows depend on it.
_NEGLIGIBLE = 0.01
_ABOUT = "of this model, not of the world: what its metric loses if the values of a column are shuffled among the rows"


@frozen
class Unit:
    """Columns that are shuffled together, and why: None for a single column."""

    columns: tuple[str, ...]
    why: str | None = None

    def order(self, rows: int) -> Array:
        """Return the order in which their values are shuffled: the same for the same names, whatever the values are."""
        import numpy as np

        digest = hashlib.sha256("\0".join(sorted(self.columns)).encode()).digest()
        seed = int.from_bytes(digest[:16], "big")
        return np.random.Generator(np.random.PCG64(seed)).permutation(rows)


@frozen(eq=False)
class Effect:
    """What shuffling a unit does to a metric of this number of rows: None if the metric is undefined.

    `sums` are the influences on the harm, summed over each cluster and divided by the number of rows: None if it has no
    standard error.
    """

    unit: Unit
    harm: Harm | None
    rows: int
    sums: Array | None = None

    @property
    def chance(self) -> float | None:
        """The probability that chance alone gives such an effect, before the correction."""
        if self.harm is None or not self.harm.error:
            return None
        return student.tails(abs(self.harm.harm) / self.harm.error, self.harm.clusters - 1)

    def useless(self, whole: float) -> float | None:
        """Return the probability of such a small effect if the unit had a `_NEGLIGIBLE` share of a whole effect, or if
        predictions of such a share of the rows depended on it.
        """
        if self.harm is None:
            return None
        if self.harm.why == IDENTICAL:
            return float((1 - _NEGLIGIBLE) ** self.rows)
        if not self.harm.error:
            return None
        distance = (_NEGLIGIBLE * whole - self.harm.harm) / self.harm.error
        tail = student.tails(abs(distance), self.harm.clusters - 1) / 2
        return tail if distance > 0 else 1 - tail

    def to_json(self, chance: float | None) -> Json:
        return {
            "importance": self.harm and self.harm.harm,
            "interval": self._interval(),
            "p": chance,
            "outside_chance": chance is not None and chance < 1 - LEVEL,
        }

    def _interval(self) -> Any:
        if self.harm is None or self.harm.why not in (None, IDENTICAL):
            return TOO_FEW if self.harm and self.harm.why == TOO_FEW else None
        if not self.harm.error:
            return [self.harm.harm, self.harm.harm]
        return around(self.harm.harm, self.harm.error, self.harm.clusters).to_json()


@frozen(eq=False)
class Importances:
    """The effects of all units: the columns, groups of columns, and all columns together."""

    metric: Metric
    effects: Sequence[Effect]

    @staticmethod
    def of(
        metric: Metric, rows: Rows, distinct: int, units: Sequence[Unit], shuffled: Callable[[Unit], Array]
    ) -> Importances:
        """Measure units; `shuffled` returns the scores of the model with shuffled values of a unit.

        Of the rows, this number are `distinct`: rows that are used several times share a cluster.
        """
        effects = []
        own = rows.seen_by(metric)
        for unit in units:
            scores = shuffled(unit)
            found, each = influenced(metric, own.target, scores, own.scores, own.classes, own.clusters)
            sums = None if each is None else influence_sums(each, own.clusters) / len(rows)
            effects.append(Effect(unit, found, distinct, sums))
        return Importances(metric, effects)

    def to_json(self) -> Json:
        """Return the effects of columns and groups, the largest first. `p` is corrected for their number."""
        chances = corrected([effect.chance for effect in self.effects])
        told = [(effect, effect.to_json(p)) for effect, p in zip(self.effects, chances, strict=True)]
        told.sort(key=lambda one: -(one[1]["importance"] or 0.0))
        whole = next((one for effect, one in told if effect.unit.why == ALL), None)
        return {
            "about": _ABOUT,
            "metric": self.metric.label,
            "level": LEVEL,
            "all": whole,
            "columns": [
                {"column": effect.unit.columns[0], **one} for effect, one in told if not effect.unit.why
            ],
            "groups": [
                {"columns": list(effect.unit.columns), "because": effect.unit.why, **one}
                for effect, one in told
                if effect.unit.why in (JOIN, CORRELATION)
            ],
        }

    def sums(self) -> tuple[list[str], Array]:
        """Return the columns whose harm has a standard error, and the sums of each, float32 [columns, clusters].

        More digits would differ between processors.
        """
        import numpy as np

        found = {
            one.unit.columns[0]: one.sums for one in self.effects if not one.unit.why and one.sums is not None
        }
        every = [*found.values()]
        return [*found], np.array(every, dtype=np.float32) if every else np.zeros((0, 0), np.float32)

    def findings(self, split: str) -> Iterator[DataWarning]:
        """Yield warnings about columns without which the model would be as good, or better."""
        on = f"{self.metric.label} on the {split} rows"
        harmful = [*self._harmful()]
        useless = [column for column in self._useless() if column not in harmful]
        if harmful:
            yield _warning("harmful-column", f"makes {on} better", "better", harmful)
        if useless:
            yield _warning("useless-column", f"hardly changes {on}", "as good", useless)

    def _harmful(self) -> Iterator[str]:
        for effect, p in zip(self.effects, corrected([one.chance for one in self.effects]), strict=True):
            if (
                p is not None
                and p < 1 - LEVEL
                and effect.harm
                and effect.harm.harm < 0
                and not effect.unit.why
            ):
                yield effect.unit.columns[0]

    def _useless(self) -> Iterator[str]:
        """Yield columns that certainly matter little, also with the columns of their groups."""
        whole = next((one for one in self.effects if one.unit.why == ALL), None)
        if whole is None or whole.harm is None or whole.chance is None or whole.chance >= 1 - LEVEL:
            return
        parts = [one for one in self.effects if one is not whole]
        chances = corrected([one.useless(whole.harm.harm) for one in parts])
        certain = {one.unit for one, p in zip(parts, chances, strict=True) if p is not None and p < 1 - LEVEL}
        for unit in (one.unit for one in parts if not one.unit.why):
            groups = [
                one.unit for one in parts if one.unit.columns[1:] and unit.columns[0] in one.unit.columns
            ]
            if unit in certain and certain.issuperset(groups) and whole.harm.harm > 0:
                yield unit.columns[0]


def _warning(code: str, change: str, good: str, columns: Iterable[str]) -> DataWarning:
    named = listed(f"'{column}'" for column in columns)
    message = f"shuffling the values of a column {change}, so the model may be {good} without it: {named}"
    return DataWarning(code, message)
