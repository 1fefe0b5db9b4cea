"""What a build has made, in words: outputs with their proof and metrics, and what is to be known of models."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from mlbuild.cli.exits import UNREACHABLE, Stopped
from mlbuild.diagnostics import Diagnostic
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import open_store
from mlbuild.pipeline.tasks import artifact, evaluate, publish, verify
from mlbuild.regular import NOTE_LIMIT, read_regular
from mlbuild.spec.meaning.levels import leveled
from mlbuild.spec.spec import Spec


def outputs_of(spec: Spec, result: BuildResult) -> list[dict[str, Any]]:
    """Of each output that is up to date: where it is, its certificate, its metrics. Others are told to be stale."""
    told = []
    for name in spec.outputs:
        task, folder = publish.task_of(name), publish.folder_of(name)
        file = f"{folder}/{artifact.MODEL}"
        if task in result.actions:
            # The folder was compared with the result just now; what the store holds of it was not.
            parity, metrics = (
                _content(spec, f"{folder}/{part}") for part in (verify.PARITY, evaluate.METRICS)
            )
            told.append({"output": name, "artifact": file, "parity": parity, "metrics": metrics})
        elif task in result.blocked and os.path.isdir(spec.root / folder):  # noqa: PTH112  # even if it may not be seen
            told.append({"output": name, "artifact": file, "stale": True})
    return told


def _content(spec: Spec, file: str) -> Any:
    """What a file of an output holds; the build has just written or compared it.

    Raises:
        Stopped: somebody else has removed or changed it since.
    """
    try:
        return json.loads(read_regular(spec.root / file, NOTE_LIMIT))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it does not hold what the build wrote"
        message = f"'{file}' was changed while the build ran: {why.lower()}"
        raise Stopped(message, "build again", UNREACHABLE) from None


def output_text(output: dict[str, Any]) -> list[str]:
    if output.get("stale"):
        return [f"{output['artifact']}: out of date, left as it was"]
    parity, rows = output["parity"], output["parity"]["rows"]
    lines = [
        output["artifact"],
        f"  parity: {rows['real']:,} real, {rows['adversarial']:,} adversarial, {rows['learner']:,} learner rows; "
        f"largest difference {parity['max_difference']:.3g}, label flips {parity['label_flips']}",
    ]
    metrics, constant = output["metrics"]["metrics"], output["metrics"].get("constant")
    for name in dict.fromkeys(name for values in metrics.values() for name in values if name != "rows"):
        model = "  ".join(f"{split} {_number(values[name])}" for split, values in metrics.items())
        base = "  ".join(_number(constant[split][name]) for split in metrics) if constant else ""
        lines.append(f"  {name}: {model}" + (f"  (constant: {base})" if base else ""))
    return lines


def findings_of(spec: Spec, plan: Plan, result: BuildResult) -> list[Diagnostic]:
    """What the build has found of the models that it evaluated, each at its definition, as the spec wants it told."""
    return leveled(_findings(spec, plan, result), spec.document.value)


def _findings(spec: Spec, plan: Plan, result: BuildResult) -> Iterator[Diagnostic]:
    store = open_store(spec.root)
    for name, action in result.actions.items():
        task = plan.tasks[name]
        content = store.get(action.digests[evaluate.METRICS]) if task.kind == evaluate.KIND else None
        for one in json.loads(content).get("findings", ()) if content else ():
            span = spec.document.span(task.at, "key")
            yield Diagnostic(one["code"], one["message"], span, severity="warning")


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.6g}"
