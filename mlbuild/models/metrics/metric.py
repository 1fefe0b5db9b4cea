"""The base class of metrics: what each measures, and for which answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Answer

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

INFINITE = float("inf")


@frozen
class Metric:
    """A measure of the quality of one kind of answer, with scikit-learn's name and value.

    `best` is its value for perfect predictions, and `worst` a bound. A metric with `classes` is only for targets with
    this number of classes. `is_share` means that the value is the fraction of rows with some property. The first
    paragraph of the docstring describes a metric in the documentation.
    """

    name: ClassVar[str]
    answer: ClassVar[type[Answer]]
    best: ClassVar[float]
    worst: ClassVar[float]
    classes: ClassVar[int | None] = None
    is_share: ClassVar[bool] = False

    @property
    def greater_is_better(self) -> bool:
        return self.best > self.worst

    def better(self, value: float, other: float) -> bool:
        return value > other if self.greater_is_better else value < other

    def applies(self, answer: type[Answer], classes: int | None = None) -> bool:
        """Whether the metric can be computed for such answers; `classes` is their number, if it is known."""
        return issubclass(answer, self.answer) and self.suits(classes)

    def suits(self, classes: int | None) -> bool:
        """Whether the metric can be computed for a target with this number of classes (None: not known)."""
        return self.classes is None or classes is None or classes == self.classes

    def value(self, target: Array, scores: Array, classes: int) -> float | None:
        """Compute the metric for scores and the coded target. None if it is undefined or not finite."""
        import numpy as np

        if not (self.suits(classes) and self.answer.scorable(target, scores)):
            return None
        with np.errstate(all="ignore"):
            found = self.compute(target, scores)
        return None if found is None or not np.isfinite(found) else float(found)

    def compute(self, target: Array, scores: Array) -> float | None:
        """Compute the metric for at least one row, with the coded target and the scores as `answer` defines them.

        None if it is undefined on these rows.
        """
        raise NotImplementedError

    def influence(self, target: Array, scores: Array) -> Array | None:
        """Return how each row influences the value, float64 [N]: the derivative by the row's share of all rows.

        The influences add up to 0. The standard error of the value, of the difference of two models, or of any group
        of rows follows from them (the infinitesimal jackknife of Jaeckel, 1972). They are computed for rows for which
        there is a value. None if the value is not a smooth function of the shares, as for a median.
        """
        return None


class RowMean(Metric):
    """A mean over the rows."""

    def each(self, target: Array, scores: Array) -> Array:
        """Return what is averaged, for each row."""
        raise NotImplementedError

    def compute(self, target: Array, scores: Array) -> float | None:
        return float(self.each(target, scores).mean())

    def influence(self, target: Array, scores: Array) -> Array | None:
        each = self.each(target, scores)
        centered: Array = each - each.mean()
        return centered


def evaluate(
    metrics: Iterable[Metric], target: Array, scores: Array, classes: int
) -> dict[str, float | None]:
    """Compute metrics by name, in that order, for a coded target with this number of classes and the scores of a
    learner.
    """
    return {metric.name: metric.value(target, scores, classes) for metric in metrics}
