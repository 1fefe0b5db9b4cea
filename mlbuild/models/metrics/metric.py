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
    this number of classes. The first paragraph of the docstring describes a metric in the documentation.
    """

    name: ClassVar[str]
    answer: ClassVar[type[Answer]]
    best: ClassVar[float]
    worst: ClassVar[float]
    classes: ClassVar[int | None] = None

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


def evaluate(
    metrics: Iterable[Metric], target: Array, scores: Array, classes: int
) -> dict[str, float | None]:
    """Compute metrics by name, in that order, for a coded target with this number of classes and the scores of a
    learner.
    """
    return {metric.name: metric.value(target, scores, classes) for metric in metrics}
