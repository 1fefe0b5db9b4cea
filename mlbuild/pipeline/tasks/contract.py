"""Task `contract:S`: whether a source's table keeps its contract; all violations at once."""

from __future__ import annotations

import json

from mlbuild.data.contracts import Contract
from mlbuild.data.faults import Fault, faulty
from mlbuild.data.violations import violations
from mlbuild.engine.graph import Job
from mlbuild.params import read
from mlbuild.pipeline.parts import WHOLE, read_table

FORMAT = 1


def run(job: Job) -> None:
    contract = read(Contract, job.params["contract"])
    faults = [Fault.from_json(fault) for fault in json.loads(job.read("rows", "faults"))]
    rows = read_table(job, "rows", WHOLE, contract.columns)
    found = violations(rows, contract, faults)
    if found:
        count = "1 rule is" if len(found) == 1 else f"{len(found)} rules are"
        raise faulty(f"the table breaks its contract: {count} broken", found)
    # A constant, so that a bound that was loosened reruns nothing.
    job.write("verdict", b"kept")
    report = {"format": FORMAT, "rows": rows.height, "columns": len(contract.columns)}
    job.write("report", json.dumps(report).encode())
