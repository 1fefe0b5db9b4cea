"""Task `contract:S`: checks the table of a source against its contract, and reports all violations at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from mlbuild.data.faults import Fault, faulty
from mlbuild.data.rules.stated import StatedRules
from mlbuild.data.violations import violations
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.pipeline.origins import SOURCES
from mlbuild.pipeline.parts import WHOLE, parts_of, read_table
from mlbuild.pipeline.scope import Scope
from mlbuild.spec.spec import SourceSpec

FORMAT = 1


def plan(scope: Scope[SourceSpec]) -> Iterator[Task]:
    item = scope.item
    at = ("contracts", item.contract_name)
    rules = item.contract.rules()
    parts = ("faults", *parts_of([WHOLE], item.contract.columns))
    yield scope.task(
        "contract",
        {("contract",): at},
        at=at,
        rank=SOURCES,
        run=run,
        params={"contract": rules.to_json()},
        inputs=(Input("rows", f"source:{item.name}", parts),),
        parts=("verdict", "report"),
        uses=rules.classes(),
        libraries=("polars", "pandera"),
    )


def verdict(source: str, slot: str) -> Input:
    """Return the verdict on the contract of a source as an input.

    A task that reads it runs only if the contract holds.
    """
    return Input(slot, f"contract:{source}", ("verdict",))


def run(job: Job) -> None:
    rules = StatedRules.from_json(job.params["contract"])
    read_faults = json.loads(job.read("rows", "faults"))
    faults = [Fault.from_json(fault) for fault in read_faults["faults"]]
    table = read_table(job, "rows", WHOLE, rules.dtypes)
    found = violations(table, rules, faults)
    if found:
        count = "1 rule is" if len(found) == 1 else f"{len(found)} rules are"
        placed = [replace(fault, lines_before=read_faults["lines_before"]) for fault in found]
        raise faulty(f"the table violates its contract: {count} violated", placed)
    # A constant, so that loosening a bound does not rerun anything.
    job.write("verdict", b"kept")
    report = {"format": FORMAT, "rows": table.height, "columns": len(rules.dtypes)}
    job.write("report", json.dumps(report).encode())
