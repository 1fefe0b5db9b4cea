"""Metrics of predictions, with scikit-learn's names and values: one class for each, and the catalogue."""

from mlbuild.models.metrics.decisions import Accuracy, BalancedAccuracy, F1Macro, F1Score
from mlbuild.models.metrics.errors import (
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MedianAbsoluteError,
    R2Score,
    RootMeanSquaredError,
)
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.metrics.probabilities import BrierScore, LogLoss
from mlbuild.models.metrics.ranks import AveragePrecision, RocAuc

#: Every metric that a model can compute, in the order of the reference pages.
METRICS: tuple[Metric, ...] = (
    RocAuc(),
    AveragePrecision(),
    LogLoss(),
    Accuracy(),
    BalancedAccuracy(),
    F1Score(),
    F1Macro(),
    BrierScore(),
    MeanSquaredError(),
    RootMeanSquaredError(),
    MeanAbsoluteError(),
    MedianAbsoluteError(),
    MeanAbsolutePercentageError(),
    R2Score(),
)

METRIC = {metric.name: metric for metric in METRICS}
