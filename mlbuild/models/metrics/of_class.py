"""Metrics of the predictions of one class. Targets are class indices [N], scores float64 [N, classes]."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.models.answers.classification import is_a
from mlbuild.models.metrics.decided import Decided
from mlbuild.params import Number, Scalar, field

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class OfClass(Decided):
    """A measure of the predictions of one class. `index` is the index of `class_` among the classes of the model."""

    low = 0
    high = 1

    class_: Any = field(
        Scalar(), "Class to measure. Default: of two classes, the positive one.", default=None, key="class"
    )
    index: int = 1

    def suits(self, classes: int | None) -> bool:
        return self.class_ is not None or classes is None or classes == 2

    def needs(self) -> str:
        return "2 classes, unless it has a 'class'"

    def mismatches(self, target: ColumnType) -> Iterator[Problem]:
        if self.class_ is None or not target.known:
            return
        known = [False, True] if target.dtype == "bool" else target.categories
        if not is_a(self.class_, target.dtype):
            yield Problem(
                "wrong-value", f"'class' must be of dtype {target.dtype}, like the target", ("class",)
            )
        elif known is not None and self.class_ not in known:
            message = f"'class' must be a class of the target, not {self.class_!r}"
            yield Problem("wrong-value", message, ("class",), f"classes: {listed(map(str, known))}")

    def prepared(self, classes: Sequence[Any], train: Array) -> Self:
        if self.class_ is None:
            return self
        if self.class_ not in classes:
            message = f"metric '{self.label}': the target has no class {self.class_!r}"
            raise data_failure(message, classes=[*classes])
        return replace(self, index=[*classes].index(self.class_))

    def constants(self, train: Array, classes: int) -> Array:
        """Return also the predictions that all rows are, and are not, of the class."""
        import numpy as np

        own = np.eye(classes)[[self.index, (self.index + 1) % classes]]
        return np.concatenate([super().constants(train, classes), own])

    def _rows(self, target: Array, scores: Array) -> tuple[Array, Array]:
        """Return which rows are of the class, and which are predicted to be, bool [N] each."""
        return target == self.index, self.predicted(scores) == self.index


class ShareOfClass(OfClass):
    """A fraction of the rows that are, or are predicted to be, of a class."""

    is_share = True
    needs_every_class = False

    def has(self, target: Array, scores: Array) -> Array:
        """Return which rows have the property, among those that count."""
        raise NotImplementedError

    def compute(self, target: Array, scores: Array) -> float | None:
        counted = self.counted(target, scores)
        rows = len(target) if counted is None else counted.sum()
        found = self.has(target, scores)
        return float((found if counted is None else found & counted).sum()) / float(rows) if rows else None

    def influence(self, target: Array, scores: Array) -> Array | None:
        counted, found = self.counted(target, scores), self.has(target, scores)
        if counted is None:
            every: Array = found - found.mean()
            return every
        value = (found & counted).sum() / counted.sum()
        influence: Array = counted * (found - value) * (len(target) / counted.sum())
        return influence


class Precision(ShareOfClass):
    """Fraction of the rows predicted as the class that are of the class. Undefined if there are none."""

    metric = "precision"
    best = 1

    def counted(self, target: Array, scores: Array) -> Array:
        return self._rows(target, scores)[1]

    def has(self, target: Array, scores: Array) -> Array:
        return self._rows(target, scores)[0]


class Recall(ShareOfClass):
    """Fraction of the rows of the class that are predicted as the class. Undefined if there are none."""

    metric = "recall"
    best = 1
    constant_is_perfect = True

    def counted(self, target: Array, scores: Array) -> Array:
        return self._rows(target, scores)[0]

    def has(self, target: Array, scores: Array) -> Array:
        return self._rows(target, scores)[1]


class FalsePositiveRate(ShareOfClass):
    """Fraction of the rows of other classes that are predicted as the class. Undefined if there are none."""

    metric = "false_positive_rate"
    best = 0
    constant_is_perfect = True

    def counted(self, target: Array, scores: Array) -> Array:
        return ~self._rows(target, scores)[0]

    def has(self, target: Array, scores: Array) -> Array:
        return self._rows(target, scores)[1]


class FalseNegativeRate(ShareOfClass):
    """Fraction of the rows of the class that are predicted as another class. Undefined if there are none."""

    metric = "false_negative_rate"
    best = 0
    constant_is_perfect = True

    def counted(self, target: Array, scores: Array) -> Array:
        return self._rows(target, scores)[0]

    def has(self, target: Array, scores: Array) -> Array:
        return ~self._rows(target, scores)[1]


class SelectionRate(ShareOfClass):
    """Fraction of all rows that are predicted as the class. No value is better than another."""

    metric = "selection_rate"
    best = None

    def has(self, target: Array, scores: Array) -> Array:
        return self._rows(target, scores)[1]


@frozen
class FBeta(OfClass):
    """Weighted harmonic mean of precision and recall of the class; recall counts `beta` times as much.

    It is scikit-learn's `fbeta_score`. Undefined if no row is of the class or predicted as the class.
    """

    metric = "f_beta"
    best = 1

    beta: float = field(Number(above=0), "Weight of recall.", default=1.0)

    def compute(self, target: Array, scores: Array) -> float | None:
        right, whole = self._terms(target, scores)
        return float(right.mean() / whole.mean()) if whole.any() else None

    def influence(self, target: Array, scores: Array) -> Array | None:
        right, whole = self._terms(target, scores)
        influence: Array = (right - right.mean() / whole.mean() * whole) / whole.mean()
        return influence

    def _terms(self, target: Array, scores: Array) -> tuple[Array, Array]:
        """Return what each row adds to the numerator and to the denominator of the score."""
        actual, predicted = self._rows(target, scores)
        squared = self.beta**2
        return (1 + squared) * (actual & predicted), squared * actual + predicted
