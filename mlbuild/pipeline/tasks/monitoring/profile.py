"""Task `profile:O`: how the inputs and outputs of an output are distributed for the training rows.

The rows that the model answers later are compared with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.columns import TEMPORAL, Schema, text_of
from mlbuild.engine.graph import Job, Task
from mlbuild.models.answers.answer import ModelOutput
from mlbuild.moments import parse_duration
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_array, read_columns, read_table
from mlbuild.pipeline.private import private_in, private_inputs
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import artifact, predict, target, threshold, train
from mlbuild.pipeline.tasks.verdicts.raw_rows import kept, places, raw_rows
from mlbuild.profiles.column import ColumnProfile
from mlbuild.profiles.profile import Periods, Profile

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

KIND = "profile"
#: The part with the profile, which is also a file of the output.
PROFILE = "profile.json"
_SPLIT = "train"
#: The length of the periods in which the distributions are counted.
_PERIOD = "1d"
#: How many columns are read at a time.
_BLOCK = 16


def plan(scope: OutputScope) -> Iterator[Task]:
    model = scope.model
    time = _time(scope)
    task = scope.task(
        KIND,
        {},
        rank=MODELS,
        run=run,
        params={
            "inputs": Schema({one.name: one.column.served for one in scope.item.serving.inputs}).to_json(),
            "kept": kept(scope),
            "private": private_inputs(scope.spec, scope.item),
            "private_target": model.item.target.column in private_in(scope.spec, model.item.dataset),
            "time": None
            if time is None
            else {"column": time, "dtype": model.dataset.table.trained[time].dtype, "period": _PERIOD},
            **threshold.asked(model),
        },
        inputs=(
            artifact.model(scope),
            raw_rows(scope, [_SPLIT]),
            predict.scores(model, _SPLIT),
            target.coded(model),
            train.fitted(model),
            *([model.rows("rows", [_SPLIT], [time])] if time else []),
            *threshold.chosen(model),
        ),
        parts=(PROFILE,),
        uses=(type(model.item.learner),),
        libraries=("polars", "numpy"),
    )
    yield scope.ships(task, PROFILE)


def task_of(output: str) -> str:
    """Return the name of the task that writes the profile of an output."""
    return f"{KIND}:{output}"


def _time(scope: OutputScope) -> str | None:
    """Return the column with the time of the rows: the one by which the dataset's rows depend on each other.

    None if there is none, or if it is private, because the profile tells when periods begin.
    """
    dataset = scope.model.dataset
    if dataset.cluster is None or dataset.cluster.every is None:
        return None
    (name,) = dataset.cluster.column
    return None if name in private_in(scope.spec, dataset.name) else name


def run(job: Job) -> None:
    periods, period = _periods(job)
    scores = read_array(job, "scores", _SPLIT)
    columns = [*_inputs(job, period), *_outputs(job, scores, period)]
    digest = hashlib.sha256(job.read("artifact", artifact.MODEL)).hexdigest()
    profile = Profile(digest, len(scores), tuple(columns), periods)
    job.write(PROFILE, json.dumps(profile.to_json(), ensure_ascii=False).encode() + b"\n")


def _periods(job: Job) -> tuple[Periods | None, Array | None]:
    """Return the periods of the training rows, and the period of each row."""
    time = job.params["time"]
    if time is None:
        return None, None
    rows = read_table(job, "rows", _SPLIT, [time["column"]])
    times = values_of(rows[time["column"]], time["dtype"])
    periods, period = Periods.of(time["column"], time["period"], parse_duration(time["period"]), times)
    return (periods, period) if periods.starts else (None, None)


def _inputs(job: Job, period: Array | None) -> Iterator[ColumnProfile]:
    types = Schema.from_json(job.params["inputs"])
    names = [*types]
    for start in range(0, len(names), _BLOCK):
        block = places(names[start : start + _BLOCK], job.params["kept"], _SPLIT)
        for column in read_columns(job, block):
            dtype, private = types[column.name].dtype, column.name in job.params["private"]
            values = values_of(column, dtype)
            yield ColumnProfile.of(column.name, "input", dtype, values, private=private, periods=period)


def _outputs(job: Job, scores: Array, period: Array | None) -> Iterator[ColumnProfile]:
    coding = threshold.coding_of(job, job.params)
    answer = train.learner(job).answer
    found = answer.apply(scores, coding)
    for output in answer.outputs(coding):
        private = output.dtype is not None and job.params["private_target"]
        for name, dtype, values in columns_of(output, found[output.name]):
            yield ColumnProfile.of(name, "output", dtype, values, private=private, periods=period)


def values_of(column: pl.Series, dtype: str) -> Array:
    """Return a column as its profile counts it: texts with None, or floats with NaN; times in microseconds."""
    import numpy as np
    import polars as pl

    if dtype == "string":
        return np.array(column.to_list(), dtype=object)
    if dtype in TEMPORAL:
        column = column.cast(pl.Datetime("us")).cast(pl.Int64)
    return column.cast(pl.Float64).to_numpy()


def columns_of(output: ModelOutput, values: Array) -> Iterator[tuple[str, str, Array]]:
    """Yield the columns of an output [N, width] of the artifact: name, dtype, and values [N].

    The values of the target that a classifier predicts are texts. Of two probabilities, one says everything.
    """
    import numpy as np

    if output.element != "double":
        texts = {value: text_of(value) for value in set(values[:, 0].tolist())}
        yield output.name, "string", np.array([texts[one] for one in values[:, 0].tolist()], dtype=object)
        return
    names = output.columns or (output.name,)
    for index in range(len(output.classes) == 2, len(names)):
        yield names[index], "float", values[:, index]
