"""Measures the predictions in a log with the labels that became known later, and compares them with those of the build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.evaluation.intervals import intervals
from mlbuild.evaluation.rows import Rows
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.models.metrics.metric import Metric, evaluate
from mlbuild.moments import parse_duration
from mlbuild.monitoring.log import Log

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

#: The columns of labels: the request, and the row in it, which can be missing if a request has one row.
ID, ROW, LABEL = "id", "row", "happened"


@frozen
class Performance:
    """The metrics of the logged rows with a label. `split` is the part of the dataset that they are compared with.

    `unknown` labels are of a class that the model does not have. `clustered` is whether the intervals take into account that rows of one
    period are alike, as those of the build do.
    """

    rows: int
    unlabelled: int
    unknown: int
    clustered: bool
    values: Mapping[str, float | None]
    intervals: Mapping[str, Any]
    split: str
    reference: Mapping[str, float | None]
    reference_intervals: Mapping[str, Any]
    worse: tuple[str, ...]

    def to_json(self) -> Json:
        return {
            "rows": self.rows,
            "unlabelled_rows": self.unlabelled,
            "unknown_classes": self.unknown,
            "clustered": self.clustered,
            "metrics": dict(self.values),
            "intervals": {name: self.intervals.get(name) for name in self.values},
            "split": self.split,
            "reference": dict(self.reference),
            "reference_intervals": {name: self.reference_intervals.get(name) for name in self.values},
            "worse": list(self.worse),
        }


def performance_of(
    log: Log, labels: pl.DataFrame, metrics: Sequence[Metric], told: Mapping[str, Any]
) -> Performance:
    """Measure the rows of a log that have a label. `told` is the content of `metrics.json` of the model.

    `labels` has the columns `id`, `happened`, and perhaps `row`. It has at most one label for each row. Metrics that the build did not
    measure are left out: the spec can have changed since. So are those that order groups of rows: a log does not tell which rows
    belong together.
    """
    import numpy as np

    splits = told["intervals"]["splits"]
    split = [*splits][-1] if splits else "train"
    known, known_intervals = told["metrics"][split], splits.get(split, {})
    metrics = [one for one in metrics if one.label in known and not one.grouping]
    classes = (told["classes"] or {}).get("values", [])
    places, target, unknown = _labelled(log, labels, classes)
    trained = np.repeat(np.arange(len(classes)), told["classes"]["rows"]["train"]) if classes else target
    prepared = [one.prepared(classes, trained).deciding(told["threshold"]) for one in metrics]
    scores, clusters = _scores(log, len(classes))[places], _clusters(log, told)
    numbers = None if clusters is None else np.unique(clusters[places], return_inverse=True)[1]
    values: dict[str, float | None] = dict.fromkeys(one.label for one in prepared)
    estimated: dict[str, Any] = {}
    if len(places):
        values = evaluate(prepared, target, scores, len(classes), {})
        estimated = intervals(prepared, values, Rows(target, scores, len(classes), numbers))
    worse = (one.label for one in prepared if _is_worse(one, estimated, known_intervals))
    return Performance(
        len(places),
        log.rows - len(places) - unknown,
        unknown,
        clusters is not None,
        values,
        estimated,
        split,
        {label: known[label] for label in values},
        known_intervals,
        tuple(worse),
    )


def _labelled(log: Log, labels: pl.DataFrame, classes: Sequence[Any]) -> tuple[Array, Array, int]:
    """Return the places of the rows with a label, the coded labels, and how many labels are of an unknown class."""
    import numpy as np
    import polars as pl

    asked = pl.DataFrame({ID: log.ids, ROW: log.numbers}).with_row_index("place")
    if ROW not in labels.columns:
        several = asked.filter(pl.col(ROW) > 0)[ID].unique()
        labels = labels.filter(~pl.col(ID).is_in(several.implode())).with_columns(
            pl.lit(0, pl.Int64).alias(ROW)
        )
    joined = asked.join(labels.drop_nulls(LABEL), on=[ID, ROW], how="inner").sort("place")
    places, found = joined["place"].to_numpy().astype(np.int64), joined[LABEL].to_list()
    if not classes:
        return places, np.array(found, np.float64), 0
    order = {value: code for code, value in enumerate(classes)}
    codes = np.array([order.get(value, -1) for value in found], np.int64)
    return places[codes >= 0], codes[codes >= 0], int((codes < 0).sum())


def _scores(log: Log, classes: int) -> Array:
    """Return the scores as a learner gives them, float64 [N, width]."""
    import numpy as np

    columns = np.stack([values for name, values in log.values.items() if name in log.scores], axis=1)
    return np.column_stack([1 - columns[:, 0], columns[:, 0]]) if classes == 2 else columns


def _clusters(log: Log, told: Mapping[str, Any]) -> Array | None:
    """Return the period of each row, if the rows of the build are clustered by periods."""
    cluster = told["intervals"]["cluster"] or {}
    return log.times // parse_duration(cluster["every"]) if cluster.get("every") else None


def _is_worse(metric: Metric, found: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Whether the whole interval is worse than that of the build."""
    now, before = found.get(metric.label), known.get(metric.label)
    if metric.best is None or not isinstance(now, list) or not isinstance(before, list):
        return False
    nearest = 0.0 if now[0] <= metric.best <= now[1] else min(map(metric.distance, now))
    return nearest > max(map(metric.distance, before))
