"""Task `latency:O`: how long the model file of an output takes on this machine, if a gate is about that.

A time is no fact about a model alone, so the task asks the machine as others ask a server: a result counts on machines with
the same model of CPU only, and each machine measures on its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlbuild.bundle.inputs import Arrays, encode
from mlbuild.bundle.session import Session
from mlbuild.engine.decide.machine import Machine
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.parts import read_columns
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import artifact
from mlbuild.pipeline.tasks.verdicts.raw_rows import kept, places, raw_rows
from mlbuild.pipeline.tasks.verdicts.test import raw_input

if TYPE_CHECKING:
    import polars as pl

KIND = "latency"
#: The part with the medians, in microseconds.
REPORT = "latency.json"
FORMAT = 1
#: The training rows always exist.
_SPLIT = "train"
#: How often each number of rows is predicted, unless that takes too many seconds; and how often in any case.
_RUNS, _SECONDS, _LEAST = 1000, 3.0, 15
#: How many different calls are made in turn.
_CALLS = 32


def plan(scope: OutputScope) -> Iterator[Task]:
    wanted = sizes(scope)
    if wanted:
        yield scope.task(
            KIND,
            {("rows",): (*scope.item.at, "gates")},
            at=(*scope.item.at, "gates"),
            rank=MODELS,
            run=run,
            params={"rows": wanted, "kept": kept(scope)},
            inputs=(artifact.model(scope), artifact.contract(scope), raw_rows(scope, [_SPLIT])),
            outside=Machine(),
            parts=(REPORT,),
            libraries=("polars", "numpy", "onnxruntime"),
        )


def sizes(scope: OutputScope) -> list[int]:
    """Return the numbers of rows whose predictions the gates of an output time."""
    return sorted({gate.measured for gate in scope.item.gates if gate.measured is not None})


def measured(scope: OutputScope) -> Input:
    """Return the times as an input."""
    return Input(KIND, f"{KIND}:{scope.item.name}", (REPORT,))


def run(job: Job) -> None:
    import numpy as np

    inputs = tuple(map(raw_input, json.loads(job.read("contract", artifact.CONTRACT))["inputs"]))
    names = [one.name for one in inputs]
    rows = read_columns(job, places(names, job.params["kept"], _SPLIT))
    session = Session(job.read("artifact", artifact.MODEL))
    calls = {size: [encode(part, inputs) for part in _parts(rows, size)] for size in job.params["rows"]}
    found = {
        str(size): {"median": float(f"{np.median(times) / 1000:.4g}"), "runs": len(times)}
        for size, times in _timed(session, calls).items()
    }
    told = {"format": FORMAT, "machine": job.outside.place, "threads": 1, "rows": found}
    job.write(REPORT, json.dumps(told, indent=1).encode() + b"\n")


def _parts(rows: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of some calls, evenly spread over all rows. Few rows are repeated."""
    import numpy as np

    for start in np.linspace(0, rows.height, _CALLS, endpoint=False).astype(np.int64).tolist():
        yield rows[(np.arange(size) + start) % max(rows.height, 1)]


def _timed(session: Session, calls: dict[int, list[Arrays]]) -> dict[int, list[int]]:
    """Return the times of calls in ns. All numbers of rows take turns, so that a busy moment affects all of them."""
    times: dict[int, list[int]] = {size: [] for size in calls}
    for some in calls.values():  # the first run allocates memory
        session.run(some[0])
    end = time.monotonic() + _SECONDS * len(calls)
    for turn in range(_RUNS):
        if turn >= _LEAST and time.monotonic() > end:
            break
        for size, some in calls.items():
            feed = some[turn % len(some)]
            before = time.perf_counter_ns()
            session.run(feed)
            times[size].append(time.perf_counter_ns() - before)
    return times
