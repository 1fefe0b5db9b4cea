"""Tasks `judge:O`, which judges an output by its gates, and `gate:O`, which stops its publication if a gate failed.

They are two tasks so that a report can tell why an output is not published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.data.data_warning import DataWarning
from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.evaluation.harm import Harm
from mlbuild.params import Json, read, write
from mlbuild.pipeline.findings import raised
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import artifact, evaluate, verify
from mlbuild.pipeline.tasks.verdicts import compare, latency
from mlbuild.verdicts.gates import GATES
from mlbuild.verdicts.gates.gate import Evidence, Found, Gate

KIND, JUDGE = "gate", "judge"
#: The part of the first task, which is also a file of the output: what was found. That of the other one is a constant.
REPORT, VERDICT = "gates.json", "verdict"
FORMAT = 1
_CODES = ("failed-gate",)


def plan(scope: OutputScope) -> Iterator[Task]:
    gates = scope.item.gates
    if not gates:
        return
    compared = compare.compared(scope)
    at = (*scope.item.at, "gates")
    judge = scope.task(
        JUDGE,
        {("gates",): at, ("refused",): ("warnings",)},
        at=at,
        rank=MODELS,
        run=judged,
        params={
            "gates": [write(gate) for gate in gates],
            "compared": bool(compared),
            **({"timed": True} if latency.sizes(scope) else {}),
            "refused": raised(scope.spec, _CODES),
        },
        inputs=(
            evaluate.measured(scope.model),
            artifact.model(scope),
            verify.verdict(scope),
            *([compare.comparison(scope)] if compared else []),
            *([latency.measured(scope)] if latency.sizes(scope) else []),
        ),
        parts=(REPORT,),
        reported=(REPORT,),
        uses=tuple(type(gate) for gate in gates),
    )
    yield scope.ships(judge, REPORT)
    found = Input(JUDGE, judge.name, (REPORT,))
    task = scope.task(KIND, {}, at=at, rank=MODELS, run=run, params={}, inputs=(found,), parts=(VERDICT,))
    scope.verdicts.append(Input(KIND, task.name, (VERDICT,)))
    yield task


def task_of(output: str) -> str:
    """Return the name of the task that stops the publication of an output."""
    return f"{KIND}:{output}"


def judge_of(output: str) -> str:
    """Return the name of the task that judges an output."""
    return f"{JUDGE}:{output}"


def run(job: Job) -> None:
    gates = json.loads(job.read(JUDGE, REPORT))["gates"]
    failed = [one for one in gates if one["outcome"] == "failed"]
    if failed:
        count = f"{len(failed)} of {len(gates)} gates" if len(gates) > 1 else "the gate"
        details = {"lines": [*map(line, failed)], "gates": gates}
        raise Failed(Failure("gate", f"{count} failed", details))
    job.write(VERDICT, b"kept")


def judged(job: Job) -> None:
    gates: list[Gate] = [read(GATES.named(one["gate"]), one) for one in job.params["gates"]]
    evidence = _evidence(job)
    told = [
        _told(one, gate, gate.judge(evidence), bool(job.params["refused"]))
        for one, gate in zip(job.params["gates"], gates, strict=True)
    ]
    report = {
        "format": FORMAT,
        "gates": told,
        "findings": [
            DataWarning("failed-gate", line(one)).to_json() | {"at": [index]}
            for index, one in enumerate(told)
            if one["outcome"] == "warned"
        ],
    }
    job.write(REPORT, json.dumps(report, indent=1).encode() + b"\n")


def line(told: Json) -> str:
    """Return what a gate found as one line."""
    return f"{told['verdict'].upper()}  {told['words']}: {told['text']}"


def _told(canonical: Json, gate: Gate, found: Found, refused: bool) -> Json:
    """Return what a gate found, and what follows from it for the output."""
    if gate.passes(found.finding):
        outcome = "passed" if found.finding == "pass" else "skipped"
    else:
        outcome = "failed" if refused or gate.severity == "fail" else "warned"
    return {
        "gate": canonical,
        "words": gate.words,
        "verdict": found.finding,
        "text": found.text,
        "outcome": outcome,
    }


def _evidence(job: Job) -> Evidence:
    measured = json.loads(job.read("metrics", evaluate.METRICS))
    parts = job.parts("metrics")
    sliced = json.loads(job.read("metrics", evaluate.SLICES))["splits"] if evaluate.SLICES in parts else {}
    comparison = json.loads(job.read("comparison", compare.COMPARISON)) if job.params["compared"] else {}
    harms = {
        against: {split: _harms(one) for split, one in splits.items()}
        for against, splits in comparison.get("harms", {}).items()
    }
    slice_harms = {
        against: {
            split: [one | {"harms": _harms(one["harms"])} for one in groups]
            for split, groups in splits.items()
        }
        for against, splits in comparison.get("slices", {}).items()
    }
    return Evidence(
        metrics=measured["metrics"],
        intervals=measured["intervals"]["splits"],
        harms=harms,
        flips=comparison.get("flips", {}),
        missing=comparison.get("missing"),
        unit=comparison.get("unit", "rows"),
        slices={split: one["slices"] for split, one in sliced.items()},
        slice_harms=slice_harms,
        latency=json.loads(job.read("latency", latency.REPORT)) if job.params.get("timed") else {},
        bytes=len(job.read("artifact", artifact.MODEL)),
    )


def _harms(told: Json) -> dict[str, Harm | None]:
    return {name: Harm.from_json(one) if one else None for name, one in told.items()}
