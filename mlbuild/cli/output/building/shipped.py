"""Describes what a build has made: outputs with their verification, metrics of models, and warnings about these."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.cli.exits import UNREACHABLE, Stopped
from mlbuild.cli.output.building.slices import outside_chance, slices_text
from mlbuild.cli.output.building.trials import trials_text
from mlbuild.cli.output.building.verdicts import gates_of, gates_summary, summary, tested
from mlbuild.cli.output.numbers import number
from mlbuild.cli.output.values import Values
from mlbuild.columns import text_of
from mlbuild.data.faults import failure_lines
from mlbuild.diagnostics import Diagnostic, Failure, Related, Span
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.graph import Plan, Task
from mlbuild.engine.store.store import DiskStore
from mlbuild.pipeline.builds.records import last_measured
from mlbuild.pipeline.tasks import artifact, dataset, evaluate, publish, verify
from mlbuild.pipeline.tasks.contracts import contract
from mlbuild.pipeline.tasks.cross_validation import cross_validate, folds
from mlbuild.pipeline.tasks.explanations import importance
from mlbuild.pipeline.tasks.monitoring import drift
from mlbuild.pipeline.tasks.reports import report
from mlbuild.pipeline.tasks.trials import select
from mlbuild.pipeline.tasks.verdicts import gate, test
from mlbuild.regular import NOTE_LIMIT, read_regular
from mlbuild.shown import shown
from mlbuild.spec.meaning.levels import leveled
from mlbuild.spec.spec import Spec
from mlbuild.spec.trials import family

#: The shares of this many classes fit into a line.
_MOST_CLASSES = 6
#: The parts with `findings`, by the kind of the task.
_FINDINGS = {
    evaluate.KIND: evaluate.METRICS,
    folds.KIND: folds.REPORT,
    cross_validate.KIND: cross_validate.REPORT,
    dataset.KIND: dataset.REPORT,
    drift.KIND: drift.REPORT,
    contract.KIND: contract.REPORT,
    importance.KIND: importance.REPORT,
    test.TRY: test.REPORT,
    gate.JUDGE: gate.REPORT,
}
#: What stands for metrics.json if a model was only cross-validated.
_NOT_EVALUATED: Mapping[str, Any] = {
    "metrics": {},
    "intervals": None,
    "constant": {},
    "classes": None,
    "threshold": None,
}
#: The files of an output that are shown.
_SHOWN = (verify.PARITY, evaluate.METRICS)


def outputs_of(spec: Spec, plan: Plan, result: BuildResult, store: DiskStore) -> list[dict[str, Any]]:
    """Return the artifact, the certificate and the metrics of each output that is up to date; others are marked as stale.

    The artifact of a trial is None, because it is not published. So is that of an output that was never published.
    """
    told: list[dict[str, Any]] = []
    tests = [one.to_json() for one in tested(spec, result, store)] if spec.tests else []
    for name, output in spec.outputs.items():
        own = [one for one in tests if one["output"] == name]
        judged = gates_of(name, result, store) if output.gates else []
        about = {"output": name, "model": output.model, "tests": own, "gates": judged}
        task = plan.tasks[publish.task_of(name)]
        file = f"{task.exports}/{artifact.MODEL}"
        if (action := result.actions.get(task.name)) and task.exports is None:
            files = [store.contents.get(action.digests[part]) for part in _SHOWN]
            parity, metrics = (json.loads(content or b"null") for content in files)
            told.append(about | {"artifact": None, "parity": parity, "metrics": metrics})
        elif action:
            # The folder was just compared with the result, but the contents of the store were not.
            parity, metrics = (_content(spec, f"{task.exports}/{part}") for part in _SHOWN)
            told.append(about | {"artifact": file, "parity": parity, "metrics": metrics})
        elif task.name in result.blocked and task.exports:
            there = os.path.isdir(spec.root / task.exports)  # noqa: PTH112  # even if it may not be seen
            reported = report.task_of(name) in result.actions
            if there or reported:
                told.append(about | {"artifact": file if there else None, "stale": True, "report": reported})
    return told


def _content(spec: Spec, file: str) -> Any:
    """Return the content of a file of an output, which the build has just written or compared.

    Raises:
        Stopped: Somebody else has removed or changed it since.
    """
    try:
        return json.loads(read_regular(spec.root / file, NOTE_LIMIT))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not what the build wrote"
        message = f"'{file}' was changed while the build ran: {why.casefold()}"
        raise Stopped(message, "build again", UNREACHABLE) from None


def models_of(spec: Spec, result: BuildResult, store: DiskStore) -> list[dict[str, Any]]:
    """Return the metrics of each model that was evaluated or cross-validated, of a constant prediction, and of the last
    build of the model.
    """
    found = {
        name: (
            _result(result, store, evaluate.task_of(name), evaluate.METRICS),
            _result(result, store, cross_validate.task_of(name), cross_validate.REPORT),
        )
        for name in spec.models
    }
    measured = {name: both for name, both in found.items() if any(both)}
    former = last_measured(store, spec, measured, result.build)
    told = []
    for name, (evaluated, crossed) in measured.items():
        evaluated, last = evaluated or _NOT_EVALUATED, former.get(name)
        about = {
            key: evaluated[key] for key in ("metrics", "intervals", "constant", "classes", "threshold")
        } | {"model": name}
        about["cross_validation"] = crossed
        about["trials"] = _result(result, store, select.task_of(name), select.TRIALS)
        about["slices"] = outside_chance(_result(result, store, evaluate.task_of(name), evaluate.SLICES))
        told.append(about | {"former": vars(last) if last else None})
    return told


def _result(result: BuildResult, store: DiskStore, task: str, part: str) -> Any:
    """Return a part of the result of a task as JSON; None if it has none."""
    action = result.actions.get(task)
    content = store.contents.get(action.digests[part]) if action and part in action.digests else None
    return json.loads(content) if content else None


def results_text(
    outputs: Sequence[dict[str, Any]], models: Sequence[dict[str, Any]], *, changes: bool = True
) -> list[str]:
    """Return the lines about each output and the metrics of its model, then about the models that are not shipped."""
    lines: list[str] = []
    metrics = {one["model"]: _metrics_text(one, changes) for one in models}
    for output in outputs:
        lines += _output_text(output)
        lines += () if output.get("stale") else metrics.pop(output["model"], ())
    chosen = {one["model"] for one in models if one["trials"]}
    for name, text in metrics.items():
        # The trials of a model that is shown are not, apart from the line about them.
        lines += () if family(name) in chosen and name not in chosen else [f"model {name}", *text]
    return lines


def _output_text(output: Mapping[str, Any]) -> list[str]:
    if output.get("stale"):
        why = f"; 'mlbuild report {output['output']}' tells why" if output["report"] else ""
        file = output["artifact"]
        return [
            f"{file}: out of date, not changed{why}" if file else f"{output['output']}: not published{why}"
        ]
    parity, rows = output["parity"], output["parity"]["rows"]
    return [
        output["artifact"] or f"{output['output']}: a trial, not published (use --out DIR to publish it)",
        f"  parity: {rows['real']:,} real, {rows['adversarial']:,} adversarial, {rows['learner']:,} learner rows; "
        f"largest difference {parity['max_difference']:.3g}, label flips {parity['label_flips']}",
        *summary(output["tests"]),
        *gates_summary(output["gates"]),
    ]


def _metrics_text(model: Mapping[str, Any], changes: bool) -> list[str]:
    metrics, constant = model["metrics"], model["constant"]
    last = (model["former"] if changes else None) or {"metrics": {}, "cross_validation": {}}
    former, crossed = last["metrics"], _folds_text(model["cross_validation"], last["cross_validation"])
    lines = []
    names = dict.fromkeys(name for values in metrics.values() for name in values if name != "rows")
    for name in names | dict.fromkeys(crossed):
        told = [
            f"{split} {number(values[name])}{_interval(model, split, name)}{_change(former, split, name, values[name])}"
            for split, values in metrics.items()
        ]
        base = "  ".join(number(constant[split][name]) for split in metrics)
        parts = [*([f"{'  '.join(told)}  (constant: {base})"] if told else []), crossed.get(name)]
        lines.append(f"  {name}: {'; '.join(filter(None, parts))}")
    classes = [_classes_text(**model["classes"])] if model["classes"] else []
    threshold = [] if model["threshold"] is None else [f"  threshold: {number(model['threshold'])}"]
    return [*lines, *trials_text(model["trials"]), *slices_text(model["slices"]), *threshold, *classes]


def _folds_text(found: Mapping[str, Any] | None, former: Mapping[str, Any]) -> dict[str, str]:
    """Return the mean and the standard deviation of each metric over the folds of a cross-validation."""
    told = {}
    for name, one in found["metrics"].items() if found else ():
        count, every = one["folds"], len(found["folds"]) if found else 0
        counted = f"{count} folds" if count == every else f"{count} of {every} folds"
        spread = f" +/- {one['std']:.2g}" if one["std"] is not None else ""
        told[name] = f"{counted} {number(one['mean'])}{_change(former, name, 'mean', one['mean'])}{spread}"
    return told


def _interval(model: Mapping[str, Any], split: str, name: str) -> str:
    """Return the confidence interval of a metric in brackets, if it has one."""
    found = model["intervals"]["splits"].get(split, {}).get(name)
    if found is None:
        return ""
    return f" [{found if isinstance(found, str) else ', '.join(f'{end:.3g}' for end in found)}]"


def _classes_text(values: Sequence[Any], rows: Mapping[str, Sequence[int]]) -> str:
    """Return the share of each class in each part; of many classes, the rows of the rarest one."""
    if len(values) > _MOST_CLASSES:
        counts = "  ".join(f"{part} {min(counts):,}" for part, counts in rows.items())
        return f"  rows of the rarest of {len(values)} classes: {counts}"
    shares = (
        f"{part} {' '.join(f'{count / sum(counts):.1%}' for count in counts)}"
        for part, counts in rows.items()
    )
    named = ", ".join(shown(text_of(value)) for value in values)
    return f"  classes ({named}): {'  '.join(shares)}"


def _change(former: Mapping[str, Any], split: str, name: str, value: float | None) -> str:
    """Return the former value of a metric in parentheses, if it looks different."""
    if name not in former.get(split, {}):
        return ""
    was = number(former[split][name])
    return "" if was == number(value) else f" (was {was})"


def findings_of(
    spec: Spec, plan: Plan, result: BuildResult, values: Values, store: DiskStore
) -> list[Diagnostic]:
    """Return the warnings of the tasks, each at the definition that it is about, with the levels that the spec sets."""
    found = dict.fromkeys(_findings(spec, plan, result, values, store))
    return leveled(found, spec.document.value)


def _findings(
    spec: Spec, plan: Plan, result: BuildResult, values: Values, store: DiskStore
) -> Iterator[Diagnostic]:
    for name, action in result.actions.items():
        task = plan.tasks[name]
        part = _FINDINGS.get(task.kind, "")
        content = store.contents.get(action.digests[part]) if part in action.digests else None
        for one in json.loads(content)["findings"] if content else ():
            told = values.failure(Failure("data", one["message"], one.get("details", {})))
            span = _place(spec, task, one.get("at", ()))
            lines = tuple(failure_lines(told))
            yield Diagnostic(
                one["code"],
                told.message,
                span,
                related=_related(spec, task),
                severity="warning",
                lines=lines,
            )


def _place(spec: Spec, task: Task, at: Sequence[str | int]) -> Span:
    """Return the place of a finding, which names a step of the definition, another key of it, or nothing."""
    if task.kind == dataset.KIND and len(at) == 2:
        stage = spec.datasets[str(task.at[-1])].stages[int(at[1])]
        return spec.document.span((*stage.at, "op"))
    return spec.document.span((*task.at, *at), "key")


def _related(spec: Spec, task: Task) -> tuple[Related, ...]:
    """Return the source whose rows were compared with a contract, because several sources can share it."""
    if task.kind != contract.KIND:
        return ()
    source = task.name.partition(":")[2]
    return (Related(f"the rows of '{source}'", spec.document.span(("sources", source), "key")),)
