"""Tasks `try:NAME`, which tests the verified artifact of an output, or what its learner would get, and `test:NAME`, which
stops the publication if the test failed.

They are two tasks so that a report can tell why an output is not published.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.inputs import Arrays, RawInput, encode
from mlbuild.bundle.reading import parsing_of
from mlbuild.bundle.session import Session
from mlbuild.bundle.trained import Recipe
from mlbuild.columns import ColumnType, Schema
from mlbuild.data.data_warning import DataWarning
from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.decide.external import External
from mlbuild.engine.decide.files import LocalFile, name_in
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.lowering.thresholds import thresholds
from mlbuild.params import Json, read
from mlbuild.pipeline.findings import raised
from mlbuild.pipeline.origins import FEATURES, MODELS
from mlbuild.pipeline.parts import read_columns
from mlbuild.pipeline.private import private_in
from mlbuild.pipeline.scope import OutputScope, Scope
from mlbuild.pipeline.tasks import artifact, fit, verify
from mlbuild.pipeline.tasks.verdicts.raw_rows import kept, places, raw_rows
from mlbuild.spec.spec import TestSpec
from mlbuild.verdicts.tests import TESTS
from mlbuild.verdicts.tests.cases import Given, read_cases
from mlbuild.verdicts.tests.expect import Expect
from mlbuild.verdicts.tests.features import Features
from mlbuild.verdicts.tests.of_rows import OfRows
from mlbuild.verdicts.tests.subject import Subject, frame
from mlbuild.verdicts.tests.test import Test
from mlbuild.verdicts.verdict import Verdict

if TYPE_CHECKING:
    import polars as pl

KIND, TRY = "test", "try"
#: The part of the first task: what was found. That of the other one is a constant.
REPORT, VERDICT = "report", "verdict"
FORMAT = 1
_CODES = ("failed-test",)
#: The slot of the file with rows.
_ROWS = "rows"


def plan(scope: OutputScope) -> Iterator[Task]:
    for item in scope.spec.tests.values():
        if item.output == scope.item.name:
            yield (tried := _task(scope, item))
            found = Input(TRY, tried.name, (REPORT,))
            verdict = Scope(scope.spec, item).task(
                KIND,
                {},
                rank=tried.rank,
                run=run,
                params={},
                inputs=(found,),
                parts=(VERDICT,),
                labels=tried.labels,
            )
            scope.verdicts.append(Input(f"{KIND} {item.name}", verdict.name, (VERDICT,)))
            yield verdict


def _task(scope: OutputScope, item: TestSpec) -> Task:
    inputs = Schema({one.name: one.column.served for one in scope.item.serving.inputs})
    canonical = {key: value for key, value in item.test.canonical(inputs).items() if key != "output"}
    private = private_in(scope.spec, scope.model.item.dataset)
    params = {
        "test": canonical,
        "refused": raised(scope.spec, _CODES),
        **({"private": private} if private else {}),
    }
    needs = _matrix(scope) if item.test.of_features else _artifact(scope, item)
    return Scope(scope.spec, item).task(
        TRY,
        {("test",): item.at, ("refused",): ("warnings",), **needs.pop("places", {})},
        params=params | needs.pop("params"),
        parts=(REPORT,),
        reported=(REPORT,),
        labels=(f"output:{scope.item.name}",),
        **{"uses": (type(item.test), *([type(item.test.form)] if item.test.form else [])), **needs},
    )


def _matrix(scope: OutputScope) -> dict[str, Any]:
    """Return what a task needs to test what the learner would get."""
    return {
        "rank": FEATURES,
        "run": tried_features,
        "params": {"recipe": artifact.recipe(scope)},
        "places": artifact.recipe_places(scope),
        "inputs": (fit.states(scope.model),),
        "libraries": ("polars", "numpy"),
    }


def _artifact(scope: OutputScope, item: TestSpec) -> dict[str, Any]:
    """Return what a task needs to test the artifact."""
    rows = {"kept": kept(scope)} if isinstance(item.test, OfRows) else {}
    raw = (raw_rows(scope, [item.test.split]),) if isinstance(item.test, OfRows) else ()
    return {
        "rank": MODELS,
        "run": tried,
        "params": {
            "others": {name: dict(row) for name, row in item.others.items()},
            **rows,
            # Its suffix decides how it is read.
            **({} if item.test.file is None else {"path": item.test.file}),
        },
        "inputs": (artifact.model(scope), artifact.contract(scope), verify.verdict(scope), *raw),
        "files": _files(scope, item),
        "libraries": ("polars", "numpy", "onnxruntime", "onnx"),
    }


def _files(scope: OutputScope, item: TestSpec) -> dict[str, External]:
    """Return the file with the rows of a test."""
    if item.test.file is None:
        return {}
    file = (scope.spec.root / item.test.file).absolute()
    return {_ROWS: LocalFile(file, name_in(scope.spec.root, file))}


def task_of(name: str) -> str:
    """Return the name of the task that stops the publication if a test failed."""
    return f"{KIND}:{name}"


def try_of(name: str) -> str:
    """Return the name of the task that runs a test."""
    return f"{TRY}:{name}"


def run(job: Job) -> None:
    found = json.loads(job.read(TRY, REPORT))
    if found["outcome"] == "failed":
        raise Failed(Failure("gate", found["text"], found["details"]))
    job.write(VERDICT, b"kept")


def tried(job: Job) -> None:
    test, model = _test(job), job.read("artifact", artifact.MODEL)
    contract = json.loads(job.read("contract", artifact.CONTRACT))
    session, inputs = Session(model), tuple(map(raw_input, contract["inputs"]))
    if isinstance(test, Expect) and "path" in job.params:
        form = replace(test, path=job.params["path"]).form
        assert form is not None, "check has looked at the name of the file"
        given = {one.name: Given(parsing_of(one), one.type.nullable) for one in inputs}
        cases = read_cases(job.file(_ROWS), job.params["path"], form, given, contract["outputs"])
        test = replace(test, rows=cases)

    def answers(rows: pl.DataFrame) -> Arrays:
        return session.run(encode(rows, inputs))

    subject = Subject.of(
        contract,
        answers,
        others=job.params["others"],
        thresholds=lambda name: thresholds(model, name),
        rows=_rows(job, test, [one.name for one in inputs]) if isinstance(test, OfRows) else None,
    )
    _conclude(job, test.judge(subject), test.severity)


def tried_features(job: Job) -> None:
    test = _test(job)
    assert isinstance(test, Features)
    recipe = Recipe.from_json(job.params["recipe"])
    states = tuple(json.loads(job.read("fit", "states")))
    rows = frame([test.given], Schema({one.name: one.type for one in recipe.inputs}))
    matrix = recipe.transform(states, rows)
    _conclude(job, test.compared_with(matrix.row(0, named=True)), test.severity)


def _test(job: Job) -> Test:
    told = job.params["test"]
    return read(TESTS.named(told["test"]), {**told, "output": ""})


def _rows(job: Job, test: OfRows, names: Sequence[str]) -> pl.DataFrame:
    """Return evenly spread rows of the inputs."""
    import numpy as np

    rows = read_columns(job, places(names, job.params["kept"], test.split))
    count = min(test.rows, rows.height)
    return rows[np.linspace(0, max(rows.height - 1, 0), count).round().astype(np.int64)]


def _conclude(job: Job, verdict: Verdict, severity: str) -> None:
    """Write what was found, and what follows from it for the output."""
    private = job.params.get("private", ())
    shown = {name: some for name, some in verdict.examples.items() if name not in private}
    verdict = replace(verdict, examples=shown)
    outcome = "failed" if severity == "fail" or job.params["refused"] else "warned"
    report = {
        "format": FORMAT,
        "outcome": "passed" if verdict.passed else outcome,
        "text": verdict.text,
        "details": verdict.details,
        "findings": [] if verdict.passed or outcome == "failed" else [_finding(verdict)],
    }
    job.write(REPORT, json.dumps(report).encode())


def _finding(verdict: Verdict) -> Json:
    return DataWarning("failed-test", verdict.text).to_json() | {"details": verdict.details}


def raw_input(told: Json) -> RawInput:
    """Return the input that a `contract.json` describes."""
    return RawInput(told["name"], ColumnType(told["dtype"], told["nullable"]), told["missing"])
