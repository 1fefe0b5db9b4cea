"""Task `baseline:O`: the scores of a baseline that is a file or the model of a channel, for the rows of today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.inputs import Arrays
from mlbuild.bundle.opened import NotOurs, Opened
from mlbuild.diagnostics import data_failure
from mlbuild.engine.decide.external import External
from mlbuild.engine.decide.files import LocalFile, name_in
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import Json
from mlbuild.pipeline.channels.channel import BadChannel
from mlbuild.pipeline.channels.model import ChannelModel, NoModel, model_of
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import SPLITS, read_columns, write_array
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import artifact
from mlbuild.pipeline.tasks.verdicts.raw_rows import kept, places, raw_rows
from mlbuild.verdicts.baselines.baseline import Baseline

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KIND = "baseline"
#: The parts: the scores of the validation and test rows, the lowest score at which a row is predicted as positive, and why
#: there are no scores.
HELD_OUT = SPLITS[1:]
THRESHOLD, MISSING = "threshold", "missing"
_FILE = "model"
#: A threshold that no probability reaches.
_NEVER = 2.0


def plan(scope: OutputScope) -> Iterator[Task]:
    baseline = scope.item.baseline
    if baseline is None or baseline.compared is not None:
        return
    yield scope.task(
        KIND,
        {},
        at=(*scope.item.at, "baseline"),
        rank=MODELS,
        run=run,
        params={
            "kept": kept(scope),
            "inputs": [one.name for one in scope.item.serving.inputs],
            **({} if baseline.channel is None else {"channel": baseline.channel}),
        },
        files={_FILE: _model(scope.spec.root, baseline)},
        inputs=(raw_rows(scope, HELD_OUT), artifact.contract(scope)),
        parts=(*HELD_OUT, THRESHOLD, MISSING),
        libraries=("polars", "numpy", "onnxruntime", "onnx"),
    )


def _model(root: Path, baseline: Baseline) -> External:
    """Return the model that a baseline names."""
    if baseline.channel is not None:
        return ChannelModel(baseline.channel)
    file = (root / str(baseline.file)).absolute()
    return LocalFile(file, name_in(root, file))


def scores(scope: OutputScope, slot: str) -> Input:
    """Return the scores of the baseline as an input."""
    return Input(slot, f"{KIND}:{scope.item.name}", (*HELD_OUT, THRESHOLD, MISSING))


def run(job: Job) -> None:
    import numpy as np

    ours = json.loads(job.read("contract", artifact.CONTRACT))["outputs"]
    wanted = next(one for one in ours if one["type"] == "double")
    columns = wanted.get("columns", [wanted["name"]])
    found, why = {split: np.zeros((0, len(columns))) for split in HELD_OUT}, None
    lowest = _NEVER
    try:
        opened = Opened(_file(job))
        theirs = opened.outputs.get(wanted["name"], ())
        lacking = [one.name for one in opened.inputs if one.name not in job.params["inputs"]]
        if {*theirs} != {*columns}:
            why = "it has other classes or outputs than this model"
        elif lacking:
            why = f"it needs '{lacking[0]}', which is not an input of this model"
        else:
            order = [theirs.index(column) for column in columns]
            names = [one.name for one in opened.inputs]
            for split in HELD_OUT:
                rows = read_columns(job, places(names, job.params["kept"], split))
                answers = opened.answers(rows)
                found[split] = answers[wanted["name"]][:, order]
                lowest = min(lowest, _lowest(answers, ours, found[split]))
    except NotOurs as error:
        why = f"the file {error}"
    except NoModel as error:
        why = str(error)
    except BadChannel as error:
        raise data_failure(str(error)) from None
    for split, scores in found.items():
        write_array(job, split, scores)
    job.write(THRESHOLD, json.dumps(lowest if len(columns) == 2 else None).encode())
    job.write(MISSING, json.dumps(why).encode())


def _file(job: Job) -> Path:
    """Return the file of the model.

    Raises:
        NoModel, BadChannel: It is that of a channel, which has none or is damaged.
    """
    place, channel = job.file(_FILE), job.params.get("channel")
    return place if channel is None else model_of(place, channel)


def _lowest(answers: Arrays, outputs: list[Json], scores: Array) -> float:
    """Return the lowest score of a row that the file predicts as positive, as a threshold that decides as the file does."""
    values = next((one["name"] for one in outputs if one.get("dtype") and one["type"] != "double"), None)
    classes: list[Any] = next((one["classes"] for one in outputs if "classes" in one), [])
    if values not in answers or len(classes) != 2:
        return _NEVER
    positive = scores[answers[values][:, 0] == classes[1], 1]
    return float(positive.min(initial=_NEVER))
