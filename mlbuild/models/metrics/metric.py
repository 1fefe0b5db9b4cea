"""The base class of metrics: what each measures, and for which answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mlbuild.columns import ColumnType, text_of
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Answer
from mlbuild.params import Described, params_of

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The number of the group of each row, int64 [N] from 0, by the columns whose equal values make the groups.
Groups = Mapping[tuple[str, ...], "Array"]

INFINITE = float("inf")
#: Results are rounded to this many significant digits: the last bits of logarithms differ between processors.
DIGITS = 12


@frozen
class Metric(Described):
    """A measure of the quality of one kind of answer, with scikit-learn's name and value. Its fields are its options.

    `low` and `high` bound the values. `best` is the value for perfect predictions, and values that are closer to it are
    better; None if no value is better than another. A metric with `classes` is only for targets with this number of
    classes. `is_share` means that the value is the fraction of some rows that have a property. The first paragraph of
    the docstring describes a metric in the documentation.
    """

    by = "metric"
    metric: ClassVar[str]
    answer: ClassVar[type[Answer]]
    low: ClassVar[float]
    high: ClassVar[float]
    best: ClassVar[float | None]
    classes: ClassVar[int | None] = None
    is_share: ClassVar[bool] = False
    #: Whether a constant prediction can be perfect without features. Then nothing follows from being better or worse than it.
    constant_is_perfect: ClassVar[bool] = False
    #: Whether an interval needs rows of every class. A share depends only on the rows that it counts.
    needs_every_class: ClassVar[bool] = True

    @property
    def label(self) -> str:
        """The name in results: with the options that differ from their defaults, as in `f_beta(beta=2)`."""
        values = self.values_by_field()
        options = [
            f"{key}={_shown(values[param.name])}"
            for key, param in params_of(type(self)).items()
            if values[param.name] != param.default
        ]
        return f"{self.metric}({', '.join(options)})" if options else self.metric

    def better(self, value: float, other: float) -> bool:
        return self.distance(value) < self.distance(other)

    def distance(self, value: float) -> float:
        """Return how far a value is from the best one; 0 if no value is better than another."""
        return 0.0 if self.best is None else abs(value - self.best)

    @property
    def grouping(self) -> tuple[str, ...]:
        """The columns of the dataset whose equal values make the groups of rows that the metric orders; empty if none do."""
        return ()

    @property
    def task(self) -> str:
        """What the models do that the metric is for, for messages."""
        return self.answer.kind

    @property
    def is_comparable(self) -> bool:
        """Whether the difference of the metric between two models has a standard error and a direction."""
        return type(self).influence is not Metric.influence and self.best is not None

    @property
    def is_beyond_constants(self) -> bool:
        """Whether it tells that a model has learned something if its value is better than that of every constant."""
        return self.best is not None and not self.constant_is_perfect

    def applies(self, answer: type[Answer], classes: int | None = None) -> bool:
        """Whether the metric can be computed for such answers; `classes` is their number, if it is known."""
        return issubclass(answer, self.answer) and self.suits(classes)

    def suits(self, classes: int | None) -> bool:
        """Whether the metric can be computed for a target with this number of classes (None: not known)."""
        return self.classes is None or classes is None or classes == self.classes

    def needs(self) -> str:
        """Describe the targets that the metric suits, for messages."""
        return f"{self.classes} classes"

    def mismatches(self, target: ColumnType) -> Iterator[Problem]:
        """Yield the options that do not match the type of a target. Paths start with their keys."""
        return iter(())

    def prepared(self, classes: Sequence[Any], train: Array) -> Self:
        """Return the metric for a model with these classes, which was trained on rows with this coded target.

        Raises:
            Failed: Of kind `data`: an option does not match the classes.
        """
        return self

    def deciding(self, threshold: float | None) -> Self:
        """Return the metric for a model that predicts a class from this score on; None: the one with the best score."""
        return self

    def grouped(self, target: Array, groups: Groups) -> Array:
        """Return the coded target as the metric takes it: with the groups of the rows, if it needs them."""
        return target

    def units(self, target: Array, clusters: Array | None) -> Array | None:
        """Return the clusters of the rows, int64 [N] from 0 (None: each row is one), so that none cuts a group in two."""
        return clusters

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

    def counted(self, target: Array, scores: Array) -> Array | None:
        """Return the rows that the value is about, bool [N]; None for all rows. The influences of others are 0."""
        return None

    def constants(self, train: Array, classes: int) -> Array:
        """Return constant scores [C, width] for a coded target; the best ones for this metric are among them."""
        return self.answer.constants(train, classes)


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


def rounded(value: float) -> float:
    """Round a result to the digits that are equal on all processors."""
    return float(f"{value:.{DIGITS}g}")


def evaluate(
    metrics: Iterable[Metric], target: Array, scores: Array, classes: int, groups: Groups
) -> dict[str, float | None]:
    """Compute metrics by label, in that order, for a coded target with this number of classes and the scores of a
    learner. `groups` has those of each metric that needs some.
    """
    found = {
        metric.label: metric.value(metric.grouped(target, groups), scores, classes) for metric in metrics
    }
    return {label: None if value is None else rounded(value) for label, value in found.items()}


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else f"[{', '.join(value)}]"
    return f"{value:g}" if isinstance(value, float) else text_of(value)
