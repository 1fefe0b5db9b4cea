"""Losses for counts, amounts and quantiles. Targets are float64 [N], scores float64 [N, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.frozen import frozen
from mlbuild.models.metrics.errors import Error, errors
from mlbuild.models.metrics.metric import RowMean
from mlbuild.params import Number, field

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@frozen
class MeanPinballLoss(RowMean, Error):
    """Mean error of predicted quantiles: errors count `alpha` where the target is higher, and `1 - alpha` where it is
    lower.
    """

    metric = "mean_pinball_loss"

    alpha: float = field(Number(above=0, below=1), "Quantile that the model predicts.", default=0.5)

    def each(self, target: Array, scores: Array) -> Array:
        import numpy as np

        error = errors(target, scores)
        losses: Array = np.maximum(self.alpha * error, (self.alpha - 1) * error)
        return losses

    def constants(self, train: Array, classes: int) -> Array:
        import numpy as np

        return np.array([[np.quantile(train, self.alpha, method="inverted_cdf")]])


class Bounded(RowMean, Error):
    """A loss that only targets and predictions in some range have."""

    def compute(self, target: Array, scores: Array) -> float | None:
        return super().compute(target, scores) if self.allowed(target, scores[:, 0]) else None

    def allowed(self, target: Array, predicted: Array) -> bool:
        raise NotImplementedError


class MeanPoissonDeviance(Bounded):
    """Mean Poisson deviance, for counts. Undefined if a target is below 0, or a prediction is not above 0."""

    metric = "mean_poisson_deviance"

    def allowed(self, target: Array, predicted: Array) -> bool:
        return bool((target >= 0).all() and (predicted > 0).all())

    def each(self, target: Array, scores: Array) -> Array:
        import numpy as np

        predicted = scores[:, 0]
        logarithms = np.log(np.where(target > 0, target, predicted) / predicted)
        deviances: Array = 2 * (target * logarithms - target + predicted)
        return deviances


class MeanGammaDeviance(Bounded):
    """Mean gamma deviance, for amounts. It depends on the ratio of target and prediction.

    Undefined if a target or prediction is not above 0.
    """

    metric = "mean_gamma_deviance"

    def allowed(self, target: Array, predicted: Array) -> bool:
        return bool((target > 0).all() and (predicted > 0).all())

    def each(self, target: Array, scores: Array) -> Array:
        import numpy as np

        predicted = scores[:, 0]
        deviances: Array = 2 * (np.log(predicted / target) + target / predicted - 1)
        return deviances


class MeanSquaredLogError(Bounded):
    """Mean squared error of the logarithms of 1 plus target and prediction.

    Undefined if a target or prediction is not above -1.
    """

    metric = "mean_squared_log_error"

    def allowed(self, target: Array, predicted: Array) -> bool:
        return bool((target > -1).all() and (predicted > -1).all())

    def each(self, target: Array, scores: Array) -> Array:
        import numpy as np

        squares: Array = (np.log1p(target) - np.log1p(scores[:, 0])) ** 2
        return squares

    def constants(self, train: Array, classes: int) -> Array:
        import numpy as np

        if (train <= -1).any():
            return super().constants(train, classes)
        return np.array([[np.expm1(np.log1p(train).mean())]])
