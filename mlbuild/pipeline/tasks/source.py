"""Task `source:S`: the columns of the contract from files or what was fetched, and the values that did not parse."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.data.file_tables import members, read_files
from mlbuild.data.formats import FORMATS
from mlbuild.data.formats.format import FILE
from mlbuild.data.locators.url_set import unpacked
from mlbuild.data.parsing import Parsing
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import read
from mlbuild.pipeline.origins import SOURCES
from mlbuild.pipeline.parts import WHOLE, parts_of, write_table
from mlbuild.pipeline.scope import Scope
from mlbuild.pipeline.tasks import fetch
from mlbuild.spec.spec import SourceSpec

#: The slot with the content that `fetch:S` brought.
FETCHED = "fetched"

KIND = "source"


def plan(scope: Scope[SourceSpec]) -> Iterator[Task]:
    item = scope.item
    remote = item.located.remote
    params = item.source.format.canonical(item.contract.columns)
    if remote is not None:
        params |= {"fetched": True}
    if item.located.partitions is not None:
        params |= {"partitions": [*item.located.partitions]}
    yield scope.task(
        KIND,
        {("source",): item.at, ("source", "columns"): ("contracts", item.contract_name, "columns")},
        rank=SOURCES,
        run=run,
        params={"source": params},
        files=item.located.externals,
        inputs=() if remote is None else (fetch.content(item, FETCHED),),
        parts=("faults", *parts_of([WHOLE], item.contract.columns)),
        uses=(item.source.kind,),
        libraries=item.source.kind.libraries,
    )


def rows(item: SourceSpec, slot: str) -> Input:
    """Return all rows of a source as an input."""
    return Input(slot, f"source:{item.name}", parts_of([WHOLE], item.contract.columns))


def run(job: Job) -> None:
    params = job.params["source"]
    columns = {name: read(Parsing, column) for name, column in params["columns"].items()}
    format_ = read(FORMATS.named(params["type"]), params)
    before = None
    if "partitions" in params and params.get("fetched"):
        with unpacked(job.path(FETCHED, fetch.CONTENT)) as files:
            rows, faults = read_files(format_, files, columns, job.progress)
    elif "partitions" in params:
        files = members(job.files(FILE), params["partitions"])
        rows, faults = read_files(format_, files, columns, job.progress)
    else:
        file = job.path(FETCHED, fetch.CONTENT) if params.get("fetched") else job.file(FILE)
        rows, faults = format_.read(file, columns, job.progress)
        # Only with faults: in a valid file, the positions of rows affect no result, and must not rerun anything.
        before = format_.lines_before(file, rows.height) if faults else None
    content = {"faults": [fault.to_json() for fault in faults], "lines_before": before}
    job.write("faults", json.dumps(content).encode())
    write_table(job, WHOLE, rows.iter_columns())
