"""Compares a model with the best constant prediction, and warns if the model is not better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.data.data_warning import DataWarning
from mlbuild.models.metrics.metric import Groups, Metric, rounded

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: The values of metrics by name, by split.
Values = Mapping[str, Mapping[str, float | None]]

#: A share of the variance that models rarely explain, unless a feature is computed from the target.
_TOO_GOOD = 0.99


class Constants:
    """For each metric, the constant scores that are best on the training rows."""

    def __init__(self, metrics: Sequence[Metric], train: Array, classes: int, groups: Groups) -> None:
        """Choose them for the coded target of the training rows, and the groups of these rows that metrics need."""
        import numpy as np

        self._classes = classes
        self._best: dict[Metric, Array] = {}
        for metric in metrics:
            with np.errstate(all="ignore"):
                rows = metric.constants(train, classes)
            values = [self._value(metric, metric.grouped(train, groups), row) for row in rows]
            self._best[metric] = min(
                zip(values, rows, strict=True),
                key=lambda one: float("inf") if one[0] is None else metric.distance(one[0]),
            )[1]

    def values(self, target: Array, groups: Groups) -> dict[str, float | None]:
        """Compute the metrics of these constants for the coded target and the groups of some rows."""
        found = {
            metric.label: self._value(metric, metric.grouped(target, groups), row)
            for metric, row in self._best.items()
        }
        return {label: None if value is None else rounded(value) for label, value in found.items()}

    def scores(self, metric: Metric, rows: int) -> Array:
        """Return the scores of the best constant for some rows."""
        import numpy as np

        best = self._best[metric]
        return np.broadcast_to(best, (rows, len(best)))

    def _value(self, metric: Metric, target: Array, row: Array) -> float | None:
        import numpy as np

        return metric.value(target, np.broadcast_to(row, (len(target), len(row))), self._classes)


def findings(
    metrics: Sequence[Metric], scores: Mapping[str, Array], model: Values, constant: Values
) -> Iterator[DataWarning]:
    """Return warnings about a model, each as a code and a sentence.

    `scores` contains the scores of each split. The warnings use the last split that has rows. A model is compared
    by most of its metrics, because a single metric is often slightly better than that of a constant by chance.
    """
    some = [array for array in scores.values() if len(array)]
    if sum(map(len, some)) > 1 and all((array == some[0][0]).all() for array in some):
        yield DataWarning("constant-model", "the model makes the same prediction for every row")
        return
    split = [name for name, array in scores.items() if len(array)][-1]
    r2 = model[split].get("r2")
    if split != "train" and r2 is not None and r2 > _TOO_GOOD:
        yield DataWarning(
            "too-good", f"r2 is {r2:.6g} on the {split} rows: a feature may give the target away"
        )
    both = [
        (metric, value, base)
        for metric in metrics
        if metric.is_beyond_constants
        and (value := model[split][metric.label]) is not None
        and (base := constant[split][metric.label]) is not None
    ]
    beaten = [(metric, value, base) for metric, value, base in both if not metric.better(value, base)]
    if len(beaten) > len(both) / 2:
        told = ", ".join(
            f"{metric.label} {value:.6g} (constant: {base:.6g})" for metric, value, base in beaten
        )
        message = f"on the {split} rows the model is no better than a constant prediction: {told}"
        yield DataWarning("no-skill", message)
