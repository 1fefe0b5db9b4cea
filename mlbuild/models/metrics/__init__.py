"""Metrics of predictions, with scikit-learn's names and values: one class for each, and the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.catalogue import Catalogue

if TYPE_CHECKING:
    from mlbuild.models.metrics.metric import Metric

#: Every metric that a model can compute, in the order of the reference pages.
METRICS: Catalogue[type[Metric]] = Catalogue(
    {
        "roc_auc": "mlbuild.models.metrics.ranks.RocAuc",
        "roc_auc_ovo": "mlbuild.models.metrics.ranks.RocAucOvo",
        "average_precision": "mlbuild.models.metrics.ranks.AveragePrecision",
        "log_loss": "mlbuild.models.metrics.probabilities.LogLoss",
        "log_loss_skill": "mlbuild.models.metrics.probabilities.LogLossSkill",
        "brier_score": "mlbuild.models.metrics.probabilities.BrierScore",
        "brier_skill": "mlbuild.models.metrics.probabilities.BrierSkill",
        "calibration_slope": "mlbuild.models.metrics.calibration.CalibrationSlope",
        "calibration_intercept": "mlbuild.models.metrics.calibration.CalibrationIntercept",
        "calibration_error": "mlbuild.models.metrics.calibration.CalibrationError",
        "accuracy": "mlbuild.models.metrics.decisions.Accuracy",
        "balanced_accuracy": "mlbuild.models.metrics.decisions.BalancedAccuracy",
        "top_k_accuracy": "mlbuild.models.metrics.decisions.TopKAccuracy",
        "precision": "mlbuild.models.metrics.of_class.Precision",
        "recall": "mlbuild.models.metrics.of_class.Recall",
        "f1": "mlbuild.models.metrics.decisions.F1Score",
        "f1_macro": "mlbuild.models.metrics.decisions.F1Macro",
        "f_beta": "mlbuild.models.metrics.of_class.FBeta",
        "matthews_corrcoef": "mlbuild.models.metrics.agreement.MatthewsCorrcoef",
        "cohen_kappa": "mlbuild.models.metrics.agreement.CohenKappa",
        "false_positive_rate": "mlbuild.models.metrics.of_class.FalsePositiveRate",
        "false_negative_rate": "mlbuild.models.metrics.of_class.FalseNegativeRate",
        "selection_rate": "mlbuild.models.metrics.of_class.SelectionRate",
        "mean_squared_error": "mlbuild.models.metrics.errors.MeanSquaredError",
        "root_mean_squared_error": "mlbuild.models.metrics.errors.RootMeanSquaredError",
        "mean_absolute_error": "mlbuild.models.metrics.errors.MeanAbsoluteError",
        "median_absolute_error": "mlbuild.models.metrics.errors.MedianAbsoluteError",
        "mean_absolute_percentage_error": "mlbuild.models.metrics.errors.MeanAbsolutePercentageError",
        "max_error": "mlbuild.models.metrics.errors.MaxError",
        "bias": "mlbuild.models.metrics.errors.Bias",
        "r2": "mlbuild.models.metrics.errors.R2Score",
        "mean_pinball_loss": "mlbuild.models.metrics.deviances.MeanPinballLoss",
        "mean_poisson_deviance": "mlbuild.models.metrics.deviances.MeanPoissonDeviance",
        "mean_gamma_deviance": "mlbuild.models.metrics.deviances.MeanGammaDeviance",
        "mean_squared_log_error": "mlbuild.models.metrics.deviances.MeanSquaredLogError",
        "ndcg": "mlbuild.models.metrics.ranking.NDCG",
        "mean_average_precision": "mlbuild.models.metrics.ranking.MeanAveragePrecision",
        "mean_reciprocal_rank": "mlbuild.models.metrics.ranking.MeanReciprocalRank",
    }
)
