"""What the metrics of a model tell that a person should know: only what is large, and what chance does not explain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.data.data_warning import DataWarning
from mlbuild.evaluation.intervals import Interval, interval
from mlbuild.evaluation.rows import Rows
from mlbuild.models.answers.answer import Answer
from mlbuild.models.metrics.calibration import CalibrationError, CalibrationIntercept, CalibrationSlope
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.skill import Values

#: A model overfits if it keeps less than this share of its advantage over a constant prediction.
_KEPT = 0.5
#: Probabilities are wrong if that costs at least this share of the Brier score of a constant prediction.
_MATERIAL = 0.01


def overfitted(
    metrics: Sequence[Metric], model: Values, constant: Values, intervals: Mapping[str, Any], split: str
) -> Iterator[DataWarning]:
    """Yield whether a model is much better on the training rows than on those of a split, by most of its metrics.

    Every model is better on the rows that it was trained on. So its advantages over a constant prediction are compared,
    that on the split with the better end of the interval of the metric.
    """
    found = []
    compared = 0
    for metric in metrics:
        name, within = metric.label, intervals.get(metric.label)
        trained, base, own = model["train"][name], constant["train"][name], constant[split][name]
        if (
            metric.best is None
            or trained is None
            or base is None
            or own is None
            or not isinstance(within, list)
        ):
            continue
        gained = metric.distance(base) - metric.distance(trained)
        if gained > 0:
            compared += 1
            low, high = within
            nearest = min(max(metric.best, low), high)
            if metric.distance(own) - metric.distance(nearest) < _KEPT * gained:
                values = f"train {trained:.6g}, {split} {model[split][name]:.6g} [{low:.3g}, {high:.3g}]"
                found.append(f"{name} {values} (constant: {own:.6g})")
    if len(found) > compared / 2:
        message = f"on the {split} rows the model loses more than half of its advantage over a constant prediction: "
        yield DataWarning("overfit", message + "; ".join(found))


def miscalibrated(answer: type[Answer], rows: Rows, split: str) -> Iterator[DataWarning]:
    """Yield whether probabilities of two classes differ from frequencies: by a calibration slope that is not 1 or an
    intercept that is not 0, each beyond its interval, and by enough to matter.
    """
    off = CalibrationError()
    if not off.applies(answer, rows.classes):
        return
    error, share = off.value(rows.target, rows.scores, rows.classes), float(rows.target.mean())
    if error is None or error**2 < _MATERIAL * share * (1 - share):
        return
    found = [
        text for metric in (CalibrationSlope(), CalibrationIntercept()) if (text := _beyond(metric, rows))
    ]
    if found:
        message = f"on the {split} rows predicted and observed frequencies differ by {error:.3g} (root mean square): "
        yield DataWarning("miscalibrated", message + "; ".join(found))


def _beyond(metric: Metric, rows: Rows) -> str | None:
    """Return the value of a metric with its interval, if this does not contain the best value."""
    assert metric.best is not None
    value = metric.value(rows.target, rows.scores, rows.classes)
    if value is None:
        return None
    within = interval(metric, value, rows.target, rows.scores, rows.classes, rows.clusters)
    if not isinstance(within, Interval) or within.low <= metric.best <= within.high:
        return None
    return f"{metric.label} {value:.3g} [{within.low:.3g}, {within.high:.3g}] instead of {metric.best}"
