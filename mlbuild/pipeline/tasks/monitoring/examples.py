"""Task `examples:O`: a few rows of an output with the answers of its artifact.

Whoever loads the artifact asks it these rows, and so finds out whether it still answers as it did.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.inputs import Arrays, RawInput, encode
from mlbuild.bundle.session import Session
from mlbuild.engine.graph import Job, Task
from mlbuild.kinds import Json
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_columns
from mlbuild.pipeline.private import private_inputs
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import artifact
from mlbuild.pipeline.tasks.verdicts.raw_rows import kept, places, raw_rows
from mlbuild.pipeline.tasks.verdicts.test import raw_input
from mlbuild.process.machine import cpu

if TYPE_CHECKING:
    import polars as pl

KIND = "examples"
#: The part with the rows and their answers, which is also a file of the output.
EXAMPLES = "examples.json"
FORMAT = 1
_SPLIT = "train"
#: The number of rows, and the most values of a wide table.
_ROWS, _MOST_CELLS = 16, 20_000
#: How many columns are read at a time.
_BLOCK = 16
#: What stands for a value that is not shown, in a column without missing values.
_BLANKS = {
    "bool": False,
    "int": 0,
    "float": 0.0,
    "string": "",
    "date": date(1970, 1, 1),
    "datetime": datetime(1970, 1, 1),
}


def plan(scope: OutputScope) -> Iterator[Task]:
    task = scope.task(
        KIND,
        {},
        rank=MODELS,
        run=run,
        params={"kept": kept(scope), "private": private_inputs(scope.spec, scope.item)},
        inputs=(
            artifact.model(scope),
            artifact.contract(scope),
            raw_rows(scope, [_SPLIT]),
        ),
        parts=(EXAMPLES,),
        libraries=("polars", "numpy", "onnxruntime"),
    )
    yield scope.ships(task, EXAMPLES)


def run(job: Job) -> None:
    from importlib.metadata import version  # not needed for planning

    model, contract = (
        job.read("artifact", artifact.MODEL),
        json.loads(job.read("contract", artifact.CONTRACT)),
    )
    inputs = tuple(map(raw_input, contract["inputs"]))
    rows = _rows(job, inputs)
    answers = Session(model).run(encode(rows, inputs))
    told = {
        "format": FORMAT,
        "model": hashlib.sha256(model).hexdigest(),
        "made_by": {"onnxruntime": version("onnxruntime"), "cpu": cpu()},
        "examples": [
            {
                "inputs": {name: _json(value) for name, value in row.items()},
                "outputs": dict(_answer(contract["outputs"], answers, index)),
            }
            for index, row in enumerate(rows.iter_rows(named=True))
        ],
    }
    job.write(EXAMPLES, json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")


def _rows(job: Job, inputs: Sequence[RawInput]) -> pl.DataFrame:
    """Return rows for the inputs. The last one lacks all values that can be missing.

    Each value is one of the data, but those of a row are from different rows, so that no row of the data is given away.
    """
    import polars as pl

    count = max(1, min(_ROWS, _MOST_CELLS // len(inputs)))
    columns = []
    for start in range(0, len(inputs), _BLOCK):
        names = [one.name for one in inputs[start : start + _BLOCK]]
        block = read_columns(job, places(names, job.params["kept"], _SPLIT))
        for place, one in enumerate(inputs[start : start + _BLOCK], start):
            column, height = block[one.name], block.height
            shift = place * max(1, height // len(inputs))
            picked = column[[(row * height // count + shift) % height for row in range(count)]]
            values = _shown(picked.to_list(), one, private=one.name in job.params["private"])
            columns.append(pl.Series(one.name, values, dtype=column.dtype))
    return pl.DataFrame(columns)


def _shown(values: list[Any], one: RawInput, *, private: bool) -> list[Any]:
    """Return the values of an input that can be shown, and sent as JSON."""
    blank = None if one.type.nullable else _BLANKS[one.type.dtype]
    found = [blank if private or value in (math.inf, -math.inf) else value for value in values]
    return [*found[:-1], None] if one.type.nullable else found


def _answer(outputs: Sequence[Json], answers: Arrays, row: int) -> Iterator[tuple[str, Any]]:
    """Yield the values of a row in the columns of all outputs."""
    for output in outputs:
        values = answers[output["name"]][row].tolist()
        for name, value in zip(output.get("columns", [output["name"]]), values, strict=True):
            yield name, _json(value)


def _json(value: Any) -> Any:
    """Return a value as it is in requests and in the log: without NaN and infinities, which JSON does not have."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
