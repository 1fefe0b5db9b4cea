"""Task `source:S`: the contract's columns of a file, and what does not parse."""

from __future__ import annotations

import json

from mlbuild.data.contracts import Column
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.format import FILE
from mlbuild.engine.graph import Job
from mlbuild.params import read
from mlbuild.pipeline.parts import WHOLE, write_table

_FORMATS = {one.name(): one for one in FORMATS}


def run(job: Job) -> None:
    params = job.params["source"]
    columns = {name: read(Column, column) for name, column in params["columns"].items()}
    format_ = read(_FORMATS[params["type"]], params)
    rows, faults = format_.read(job.file(FILE), columns)
    job.write("faults", json.dumps([fault.to_json() for fault in faults]).encode())
    write_table(job, WHOLE, rows)
