"""Checks the metrics, slices and thresholds of models, and when their training ends."""

from __future__ import annotations

from mlbuild.columns import ColumnType
from mlbuild.data.slices import Slice
from mlbuild.data.splits.split import Split
from mlbuild.diagnostics import Path, Problem
from mlbuild.hints import did_you_mean, listed
from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from mlbuild.models.metrics import METRICS
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.thresholds.threshold import Threshold
from mlbuild.spec.language import Model
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.learning.targets import without_missing
from mlbuild.spec.spec import DatasetSpec, StoppingSpec


class TrainingCheck:
    """The check of a model's metrics, slices, threshold and early stopping. `classes` is the number of classes, if it is known."""

    def __init__(
        self, model: Model, learner: Learner | None, classes: int | None, at: Path, findings: Findings
    ) -> None:
        self.model, self.learner, self.classes = model, learner, classes
        self.at, self.findings = at, findings
        self.type = LEARNERS.named(model.type)
        self.answer = self.type.answer

    def metrics(self, target: ColumnType | None, dataset: DatasetSpec | None) -> tuple[Metric, ...]:
        """Return the metrics of the model; the default depends on its answer. `target` is the type of the target, if it
        is known.
        """
        if self.model.metrics is None:
            return self.default_metrics()
        labels: set[str] = set()
        for index, metric in enumerate(self.model.metrics):
            at = (*self.at, "metrics", index)
            if self.check_metric(metric, dataset, at) and target is not None:
                self.findings.extend(problem.under(*at) for problem in metric.mismatches(target))
            if metric.label in labels:
                self.findings.add(Problem("duplicate-item", f"'{metric.label}' is listed twice", at))
            labels.add(metric.label)
        return self.model.metrics

    def default_metrics(self) -> tuple[Metric, ...]:
        return tuple(METRICS.named(name)() for name in self.answer.default_metrics(self.classes))

    def check_metric(self, metric: Metric, dataset: DatasetSpec | None, at: Path) -> bool:
        """Whether a metric fits the answer of the model. If it or its groups do not, that is a problem."""
        fits = metric.applies(self.answer, self.classes)
        if not fits:
            self._tell_mismatch(metric, at)
        if dataset is not None:
            self._check_groups(metric, dataset, at)
        return fits

    def needs_valid(self, why: str, dataset: DatasetSpec | None, at: Path) -> None:
        """Check that the dataset has validation rows."""
        if dataset is not None and dataset.split is not None and not dataset.split.has_valid:
            self._tell_no_rows(why, dataset.name, dataset.split, at)

    def slices(self, dataset: DatasetSpec | None) -> tuple[Slice, ...]:
        """Return the slices of the model, whose columns exist and whose names differ."""
        labels: dict[str, int] = {}
        for index, one in enumerate(self.model.slices if dataset is not None else ()):
            at = (*self.at, "slices", index)
            if dataset is not None:
                self.findings.attempt(at, one.infer, dataset.table)
            if one.label in labels:
                message = f"there is another slice '{one.label}'"
                help_ = "remove it, or give it a 'name'"
                first = (*self.at, "slices", labels[one.label])
                self.findings.add(Problem("duplicate-item", message, at, help_), ("the other one", first))
            labels.setdefault(one.label, index)
        return self.model.slices

    def threshold(self, dataset: DatasetSpec | None) -> Threshold | None:
        """Return the threshold of the model, which needs two classes, and validation rows if it is chosen."""
        threshold, at = self.model.threshold, (*self.at, "threshold")
        if threshold is None:
            return None
        if not self.answer.decides:
            message = f"'threshold' has no effect here: the model does {self.answer.kind}"
            self.findings.add(Problem("no-effect", message, at, "remove it", on="key"))
        elif self.classes not in (2, None):
            message = f"'threshold' is for 2 classes, but the target has {self.classes}"
            self.findings.add(Problem("no-effect", message, at, "remove it", on="key"))
        elif threshold.chosen:
            self.needs_valid("the threshold is chosen on", dataset, at)
        return threshold

    def stopping(self, dataset: DatasetSpec | None) -> StoppingSpec | None:
        """Return when training ends early; None if it does not, or cannot."""
        stopping, at = self.model.early_stopping, (*self.at, "early_stopping")
        if stopping is None:
            return None
        if self.learner is not None and not self.learner.iterative:
            message = f"'early_stopping' has no effect here: '{self.model.type}' does not train in rounds"
            if type(self.learner)().iterative:
                message = "'early_stopping' has no effect with these 'params'"
            self.findings.add(Problem("no-effect", message, at, "remove it", on="key"))
            return None
        self.needs_valid("early stopping needs", dataset, at)
        metric = self._watched(stopping.metric, at)
        return StoppingSpec(stopping.split, stopping.rounds, metric) if metric else None

    def _applies(self, metric: str) -> bool:
        return METRICS.named(metric)().applies(self.answer, self.classes)

    def _watched(self, named: str | None, at: Path) -> str | None:
        """Return the metric that training watches: the named one, or else the first of the model's that it can
        watch.
        """
        watched = (self.learner or self.type).watches(self.classes)
        watchable = [name for name in METRICS.names if name in watched]
        help_ = f"metrics that early stopping can watch: {', '.join(watchable)}"
        if named is None:
            own = self.model.metrics
            metrics = (own and [one.metric for one in own]) or self.answer.default_metrics(self.classes)
            found = next((name for name in metrics if name in watchable), None)
            if found is None and (not own or all(one.applies(self.answer, self.classes) for one in own)):
                message = "early stopping cannot watch any of the model's metrics: set 'metric'"
                self.findings.add(Problem("metric-mismatch", message, at, help_, on="key"))
            return found
        if not self._applies(named):
            self._tell_mismatch(METRICS.named(named)(), (*at, "metric"))
        elif named not in watchable:
            message = f"early stopping cannot watch the metric '{named}'"
            self.findings.add(Problem("metric-mismatch", message, (*at, "metric"), help_))
        return named

    def _check_groups(self, metric: Metric, dataset: DatasetSpec, at: Path) -> None:
        """Check that the columns that make the groups of a metric exist and have no missing values."""
        table = dataset.table
        for index, name in enumerate(metric.grouping):
            here = (*at, "group", index) if metric.grouping[1:] else (*at, "group")
            if name not in table.trained:
                help_ = did_you_mean(name, table.trained) or f"available columns: {listed(table.trained)}"
                self.findings.add(Problem("unknown-column", f"unknown column '{name}'", here, help_))
            elif table.trained[name].nullable:
                message, help_ = (
                    f"the group '{name}' can have missing values",
                    without_missing(dataset.name, name),
                )
                problem = Problem("nullable-target", message, here, help_, notes=(table.note(name),))
                self.findings.add(problem)

    def _tell_mismatch(self, metric: Metric, at: Path) -> None:
        name = metric.metric
        if metric.applies(self.answer):
            message = f"metric '{name}' is for {metric.needs()}, but the target has {self.classes}"
        else:
            message = f"metric '{name}' is for {metric.task}, but the model does {self.answer.kind}"
        others = [name for name in METRICS.names if self._applies(name)]
        self.findings.add(Problem("metric-mismatch", message, at, f"available metrics: {', '.join(others)}"))

    def _tell_no_rows(self, why: str, dataset: str, split: Split, at: Path) -> None:
        message = f"{why} validation rows, but the split of dataset '{dataset}' has none"
        problem = Problem("no-valid-rows", message, at, f"set '{split.valid_key}' in the split", on="key")
        self.findings.add(problem, ("the split", ("datasets", dataset, "split")))
