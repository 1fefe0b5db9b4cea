"""Checks how models are measured and when their training ends."""

from __future__ import annotations

from collections.abc import Sequence

from mlbuild.data.splits import Split, Time
from mlbuild.diagnostics import Path, Problem
from mlbuild.models.learner import Learner, Task
from mlbuild.models.metrics import METRIC, METRICS, defaults
from mlbuild.spec.definitions import LEARNER
from mlbuild.spec.findings import Findings
from mlbuild.spec.language import Model
from mlbuild.spec.spec import StoppingSpec


def check_metrics(model: Model, classes: int | None, at: Path, findings: Findings) -> tuple[str, ...]:
    """The metrics of a model, by default those of its task; `classes` is their number where it is known."""
    task = LEARNER[model.type].task
    if model.metrics is None:
        return defaults(task, classes)
    for index, name in enumerate(model.metrics):
        _applies(name, task, classes, (*at, "metrics", index), findings)
    return model.metrics


def _applies(name: str, task: Task, classes: int | None, at: Path, findings: Findings) -> bool:
    metric = METRIC[name]
    if metric.applies(task, classes):
        return True
    if metric.task != task:
        message = f"metric '{name}' is for {metric.task}, the model does {task}"
    else:
        message = f"metric '{name}' is for two classes, the target has {classes}"
    others = [other.name for other in METRICS if other.applies(task, classes)]
    findings.add(Problem("metric-mismatch", message, at, f"metrics here: {', '.join(others)}"))
    return False


def check_stopping(
    model: Model,
    learner: Learner | None,
    metrics: Sequence[str],
    classes: int | None,
    split: Split | None,
    at: Path,
    findings: Findings,
) -> StoppingSpec | None:
    """When training ends early, or None where it does not or cannot; `split` is None where it is unknown."""
    stopping, at = model.early_stopping, (*at, "early_stopping")
    if stopping is None:
        return None
    if learner is not None and not learner.iterative:
        message = f"'early_stopping' has no effect on '{model.type}', which does not train in rounds"
        findings.add(Problem("no-effect", message, at, "remove it", on="key"))
        return None
    if split is not None and not _has_valid(split):
        key = "valid_from" if isinstance(split, Time) else "valid"
        message = f"early stopping needs valid rows, and the split of dataset '{model.dataset}' has none"
        problem = Problem("no-valid-rows", message, at, f"set '{key}' in the split", on="key")
        findings.add(problem, ("the split", ("datasets", model.dataset, "split")))
    metric = _watched(model, stopping.metric, metrics, classes, at, findings)
    return StoppingSpec(stopping.split, stopping.rounds, metric) if metric else None


def _has_valid(split: Split) -> bool:
    if isinstance(split, Time):
        return split.valid_from is not None
    return bool(getattr(split, "valid", 0) > 0)


def _watched(
    model: Model,
    named: str | None,
    metrics: Sequence[str],
    classes: int | None,
    at: Path,
    findings: Findings,
) -> str | None:
    """The metric that training watches: the one named, else the first of the model's that it can watch."""
    task = LEARNER[model.type].task
    watchable = [metric.name for metric in METRICS if metric.watchable(task, classes)]
    help_ = f"metrics that training can watch: {', '.join(watchable)}"
    if named is None:
        found = next((name for name in metrics if name in watchable), None)
        if found is None:
            message = "training can watch none of the model's metrics"
            findings.add(Problem("metric-mismatch", message, at, f"name one as 'metric'; {help_}", on="key"))
        return found
    at = (*at, "metric")
    if not _applies(named, task, classes, at, findings):
        return None
    if named not in watchable:
        findings.add(Problem("metric-mismatch", f"training cannot watch the metric '{named}'", at, help_))
        return None
    return named
