"""Metrics of the probabilities themselves. Targets are class indices [N], scores float64 [N, classes]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mlbuild.frozen import frozen
from mlbuild.models.answers.classification import Classification
from mlbuild.models.metrics.metric import INFINITE, Metric, RowMean

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


class LogLoss(RowMean):
    """Mean negative logarithm of the probability of the true class.

    The probability is clipped by the machine epsilon, as in scikit-learn.
    """

    metric = "log_loss"
    answer = Classification
    low = 0
    high = INFINITE
    best = 0
    needs_every_class = False

    def each(self, target: Array, scores: Array) -> Array:
        import numpy as np

        epsilon = np.finfo(np.float64).eps
        losses: Array = -np.log(np.clip(scores[np.arange(len(target)), target], epsilon, 1 - epsilon))
        return losses


class BrierScore(RowMean):
    """Mean squared error of the probability of the positive class; two classes only.

    It is scikit-learn's `brier_score_loss`.
    """

    metric = "brier_score"
    answer = Classification
    low = 0
    high = 1
    best = 0
    classes = 2

    def each(self, target: Array, scores: Array) -> Array:
        squares: Array = (scores[:, 1] - (target == 1)) ** 2
        return squares


@frozen
class Skill(Metric):
    """The fraction of a loss that a model saves, compared with the frequencies of the classes as probabilities.

    `shares` are the frequencies in the training rows. Without them, they are those of the rows themselves.
    """

    answer = Classification
    low = -INFINITE
    high = 1
    best = 1
    loss: ClassVar[RowMean]

    shares: tuple[float, ...] | None = None

    def prepared(self, classes: Sequence[Any], train: Array) -> Self:
        import numpy as np

        counts = np.bincount(train, minlength=len(classes))
        return replace(self, shares=tuple((counts / len(train)).tolist()))

    def compute(self, target: Array, scores: Array) -> float | None:
        model, constant = (each.mean() for each in self._losses(target, scores))
        return 1 - float(model) / float(constant) if constant > 1e-12 else None

    def influence(self, target: Array, scores: Array) -> Array | None:
        """Differentiate the quotient. The losses of the rows' own frequencies have the same derivative as those of fixed
        ones, because these frequencies minimize the mean loss.
        """
        model, constant = self._losses(target, scores)
        share = model.mean() / constant.mean()
        influence: Array = (share * (constant - constant.mean()) - (model - model.mean())) / constant.mean()
        return influence

    def _losses(self, target: Array, scores: Array) -> tuple[Array, Array]:
        """Return the losses of the model and of the frequencies, for each row."""
        import numpy as np

        own = np.bincount(target, minlength=scores.shape[1]) / len(target)
        constant = np.broadcast_to(own if self.shares is None else np.asarray(self.shares), scores.shape)
        return self.loss.each(target, scores), self.loss.each(target, constant)


class LogLossSkill(Skill):
    """Fraction of the log loss that the model saves, compared with the class frequencies of the training rows.

    1 is perfect, 0 is as good as the frequencies, and below 0 is worse. It is scikit-learn's `d2_log_loss_score`, which
    uses the frequencies of the rows that are measured.
    """

    metric = "log_loss_skill"
    loss = LogLoss()


class BrierSkill(Skill):
    """Fraction of the Brier score that the model saves, compared with the class frequencies of the training rows.

    1 is perfect, 0 is as good as the frequencies, and below 0 is worse. It is scikit-learn's `d2_brier_score`, which uses
    the frequencies of the rows that are measured. Two classes only.
    """

    metric = "brier_skill"
    classes = 2
    loss = BrierScore()
