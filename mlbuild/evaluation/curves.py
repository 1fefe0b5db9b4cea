"""Curves and tables about the predictions of a model, for reports: of limited size, whatever the number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbuild.evaluation.intervals import FEWEST, LEVEL, TOO_FEW, standard_error, wilson
from mlbuild.evaluation.rows import Rows
from mlbuild.evaluation.student import quantile
from mlbuild.models.answers.classification import decide
from mlbuild.models.metrics.calibration import grouped
from mlbuild.models.thresholds.threshold import Candidates
from mlbuild.params import Json

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: A curve has at most this many points.
POINTS = 200
#: With more classes, there is no table of which is predicted for which.
MOST_CLASSES = 50
#: The number of bars of a histogram.
_BARS = 40
_DIGITS = 6
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def curves(rows: Rows, threshold: float | None) -> Json:
    """Return the curves that exist for the scores of some rows; `threshold` is that of the model, if it has one."""
    import numpy as np

    if not len(rows) or np.isnan(rows.scores).any():
        return {}
    # Such as the grades and groups of a ranking, whose scores are not estimates of them.
    if rows.target.ndim > 1:
        return {}
    if not rows.classes:
        return _numbers(rows.target, rows.scores[:, 0])
    told = decide(rows.scores, threshold)
    found: Json = {}
    if rows.classes <= MOST_CLASSES:
        pairs = np.bincount(rows.target * rows.classes + told, minlength=rows.classes**2)
        found["confusion"] = pairs.reshape(rows.classes, rows.classes).tolist()
    if rows.classes == 2:
        found["calibration"] = _calibration(rows)
        if 0 < rows.target.sum() < len(rows):
            found |= _by_threshold(Candidates.of(rows.target, rows.scores[:, 1]))
    return found


def _by_threshold(every: Candidates) -> Json:
    """Return ROC curve, precision-recall curve and what each threshold would mean, at points that are evenly spaced
    along the ROC curve.
    """
    import numpy as np

    true, false = every.true / every.positive, every.false / every.negative
    places = _spaced(true + false)
    true, false = true[places], false[places]
    told = (every.true + every.false)[places]
    precision = np.where(told > 0, every.true[places] / np.maximum(told, 1), 1.0)
    return {
        "roc": {"false_positive_rate": _rounded(false), "true_positive_rate": _rounded(true)},
        "precision_recall": {"recall": _rounded(true), "precision": _rounded(precision)},
        "thresholds": {
            "threshold": [every.at(int(place)) for place in places],
            "selection_rate": _rounded(told / (every.positive + every.negative)),
            "false_positives": every.false[places].astype(int).tolist(),
            "false_negatives": (every.positive - every.true[places]).astype(int).tolist(),
        },
    }


def _spaced(way: Array) -> Array:
    """Return the indices of at most `POINTS` points that divide an increasing way evenly, with both ends."""
    import numpy as np

    if len(way) <= POINTS:
        return np.arange(len(way))
    wanted = np.linspace(way[0], way[-1], POINTS)
    return np.unique(np.append(np.searchsorted(way, wanted).clip(0, len(way) - 1), [0, len(way) - 1]))


def _calibration(rows: Rows) -> list[Json]:
    """Compare the mean probability with what happened, in groups of rows with similar probabilities."""
    found = []
    for places in _groups(rows.scores[:, 1]):
        part = rows.at(places)
        share = float((part.target == 1).mean())
        error, count = standard_error((part.target == 1) - share, part.clusters)
        interval: Any = TOO_FEW
        if count >= FEWEST:
            interval = _rounded(wilson(share, error, count, quantile((1 + LEVEL) / 2, count - 1)))
        probability = part.scores[:, 1]
        found.append(
            {
                "rows": len(part),
                **_ends(probability),
                "predicted": _rounded([probability.mean()])[0],
                "observed": _rounded([share])[0],
                "interval": interval,
            }
        )
    return found


def _numbers(target: Array, predicted: Array) -> Json:
    """Return how errors (target minus prediction) are distributed, also by prediction, and the range of both."""
    import numpy as np

    residual = target - predicted
    by_prediction = [
        {
            "rows": len(places),
            **_ends(predicted[places]),
            "mean": _rounded([residual[places].mean()])[0],
            "quantiles": _rounded(np.quantile(residual[places], _QUANTILES)),
        }
        for places in _groups(predicted)
    ]
    low, high = float(residual.min()), float(residual.max())
    # Bars between rounded bounds have rounded edges, and those of equal residuals have a width.
    counts, edges = np.histogram(residual, bins=_BARS, range=(low, high if high > low else low + 1.0))
    return {
        "residuals": {
            "levels": list(_QUANTILES),
            "quantiles": _rounded(np.quantile(residual, _QUANTILES)),
            "histogram": {"edges": _rounded(edges), "rows": counts.tolist()},
            "by_prediction": by_prediction,
        }
    }


def _groups(values: Array) -> list[Array]:
    """Return the rows [n] of each group, in the order of the values."""
    import numpy as np

    group = grouped(values)
    return [np.flatnonzero(group == one) for one in np.unique(group)]


def _ends(values: Array) -> Json:
    low, high = _rounded([values.min(), values.max()])
    return {"low": low, "high": high}


def _rounded(values: Any) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values]
