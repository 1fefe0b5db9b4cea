"""The threshold `best`: the one with the best value of a metric on the validation rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.models.thresholds.threshold import Candidates, Threshold
from mlbuild.params import Choice, field

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def _accuracy(one: Candidates) -> Array:
    return (one.true + one.negative - one.false) / (one.positive + one.negative)


def _balanced_accuracy(one: Candidates) -> Array:
    return (one.true / one.positive + 1 - one.false / one.negative) / 2


def _f1(one: Candidates) -> Array:
    return 2 * one.true / (one.positive + one.true + one.false)


def _matthews_corrcoef(one: Candidates) -> Array:
    import numpy as np

    told = one.true + one.false
    rows = one.positive + one.negative
    spread = one.positive * one.negative * told * (rows - told)
    return (one.true * rows - told * one.positive) / np.sqrt(np.where(spread > 0, spread, np.inf))


def _cohen_kappa(one: Candidates) -> Array:
    rows = one.positive + one.negative
    told = (one.true + one.false) / rows
    chance = told * one.positive / rows + (1 - told) * one.negative / rows
    return (_accuracy(one) - chance) / (1 - chance)


#: Each metric that can be best, as a function of the numbers of right and wrong predictions.
OF_COUNTS: dict[str, Callable[[Candidates], Array]] = {
    "f1": _f1,
    "balanced_accuracy": _balanced_accuracy,
    "matthews_corrcoef": _matthews_corrcoef,
    "cohen_kappa": _cohen_kappa,
    "accuracy": _accuracy,
}


@frozen
class Best(Threshold):
    """The threshold with the best value of a metric on the validation rows; if there are several, the highest."""

    type = "best"

    metric: str = field(Choice(dict.fromkeys(OF_COUNTS, "")), "Metric to be best.", default="f1")

    def choose(self, target: Array, probability: Array) -> float:
        candidates = Candidates.of(target, probability)
        return candidates.at(int(OF_COUNTS[self.metric](candidates).argmax()))
