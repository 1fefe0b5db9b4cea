"""Drafts a test from a real row: its inputs, and bounds around what the model answers today."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from typing import Any

from mlbuild.bundle.inputs import encode
from mlbuild.bundle.session import Session
from mlbuild.cli.exits import UNREACHABLE, Stopped, UsageError
from mlbuild.columns import text_of
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from mlbuild.kinds import Json
from mlbuild.pipeline.parts import raw_parts, stored_columns
from mlbuild.pipeline.tasks import artifact
from mlbuild.pipeline.tasks.verdicts.test import raw_input
from mlbuild.spec.spec import Spec

_SPLIT = "test"
#: How far a score may move before the test fails: a test that only holds for today's model says little.
_ROOM = 0.05


def needed(spec: Spec, output: str) -> list[str]:
    """Return the tasks whose results a draft needs."""
    return [f"artifact:{output}", f"dataset:{spec.models[spec.outputs[output].model].dataset}"]


def drafted(spec: Spec, output: str, row: int, result: BuildResult, store: DiskStore) -> Json:
    """Return the section `tests` with one test of an output, made from a test row. Rows count from 1.

    Raises:
        UsageError: There is no such row.
    """
    made, dataset = (result.actions[task] for task in needed(spec, output))
    contents = [store.contents.get(made.digests[part]) for part in (artifact.MODEL, artifact.CONTRACT)]
    model, contract = contents
    rows = stored_columns(store.contents, dataset, raw_parts(spec.outputs[output].serving.inputs, _SPLIT))
    if model is None or contract is None or rows is None:
        raise Stopped("a result was removed from the store in the meantime", "try again", UNREACHABLE)
    if not 1 <= row <= rows.height:
        raise UsageError(f"there is no row {row}: the {_SPLIT} part has {rows.height:,} rows")
    one, described = rows[row - 1 : row], json.loads(contract)
    answers = Session(model).run(encode(one, tuple(map(raw_input, described["inputs"]))))
    given = {name: _plain(value) for name, value in one.row(0, named=True).items() if value is not None}
    expect = {
        key: value
        for told in described["outputs"]
        for key, value in _expected(told, answers[told["name"]][0])
    }
    return {"tests": {f"{output}_row_{row}": {"output": output, "given": given, "expect": expect}}}


def _expected(told: Json, answer: Any) -> list[tuple[str, Any]]:
    """Return what to expect of an output: a class, or a range around a number."""
    classes = told.get("classes", [])
    if told["type"] != "double":
        return [("label", _plain(answer[0]))]
    if len(classes) > 2:
        likely = int(answer.argmax())
        return [("probabilities", {text_of(classes[likely]): _range(float(answer[likely]), share=True)})]
    return [("probability" if classes else "value", _range(float(answer[-1]), share=bool(classes)))]


def _range(value: float, *, share: bool) -> Json:
    """Return a range around a number: of a probability without a bound beyond which there is nothing."""
    room = _ROOM if share else max(abs(value) * _ROOM, 1e-6)
    digits = 2 if share else max(2 - math.floor(math.log10(room)), 0)
    low, high = round(value - room, digits), round(value + room, digits)
    return ({"min": low} if not share or low > 0 else {}) | ({"max": high} if not share or high < 1 else {})


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
