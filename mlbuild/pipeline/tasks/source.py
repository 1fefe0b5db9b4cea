"""Task `source:S`: the contract's columns of a file, and what does not parse."""

from __future__ import annotations

import json

from mlbuild.data import SOURCES
from mlbuild.data.contracts import Column
from mlbuild.engine.graph import Job
from mlbuild.params import read
from mlbuild.pipeline.parts import WHOLE, write_table

_SOURCES = {cls.discriminator[1]: cls for cls in SOURCES}


def run(job: Job) -> None:
    params = job.params["source"]
    columns = {name: read(Column, column) for name, column in params["columns"].items()}
    # Where a file is and which contract it has is not for this task to know: only its content decides.
    source = read(_SOURCES[params["type"]], {**params, "path": "", "contract": ""})
    rows, faults = source.read(job.file("file"), columns)
    job.write("faults", json.dumps([fault.to_json() for fault in faults]).encode())
    write_table(job, WHOLE, rows)
