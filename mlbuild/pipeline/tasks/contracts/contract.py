"""Task `contract:S`: checks the table of a source against its contract, and reports all violations at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mlbuild.data.data_warning import DataWarning
from mlbuild.data.faults import Fault, faulty
from mlbuild.data.rules.rule import ERROR
from mlbuild.data.rules.stated import StatedRules
from mlbuild.data.violations import violations
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import Json
from mlbuild.pipeline.findings import raised
from mlbuild.pipeline.origins import SOURCES
from mlbuild.pipeline.parts import WHOLE, parts_of, read_table
from mlbuild.pipeline.private import private_of
from mlbuild.pipeline.scope import Scope
from mlbuild.pipeline.tasks.contracts import clock
from mlbuild.spec.spec import SourceSpec

KIND = "contract"
#: The part with the number of rows and the violations that are warnings.
REPORT = "report"
FORMAT = 1
#: The start of the slots of columns of other sources.
_OTHER = "other "
#: The slot with the columns that are too old.
_CLOCK = "clock"
_CODES = ("contract-violation",)


def plan(scope: Scope[SourceSpec]) -> Iterator[Task]:
    item = scope.item
    at = ("contracts", item.contract_name)
    rules = item.contract.rules()
    parts = ("faults", *parts_of([WHOLE], item.contract.columns))
    yield scope.task(
        KIND,
        {("contract",): at, ("refused",): ("warnings",)},
        at=at,
        rank=SOURCES,
        run=run,
        params={
            "contract": rules.to_json(),
            "refused": raised(scope.spec, _CODES),
            **({"private": private} if (private := private_of(item)) else {}),
        },
        inputs=(Input("rows", f"source:{item.name}", parts), *_others(rules), *clock.ages(item, _CLOCK)),
        parts=("verdict", REPORT),
        reported=(REPORT,),
        uses=rules.classes(),
        libraries=("polars", "pandera"),
    )


def _others(rules: StatedRules) -> Iterator[Input]:
    """Yield the columns of other sources that rules compare with."""
    for source, column in rules.others():
        yield Input(f"{_OTHER}{source}.{column}", f"source:{source}", parts_of([WHOLE], [column]))


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
    others = {
        (source, column): read_table(job, f"{_OTHER}{source}.{column}", WHOLE, [column])[column]
        for source, column in rules.others()
    }
    old = json.loads(job.read(_CLOCK, clock.AGES)) if rules.timed() else {}
    found = violations(table, rules, faults, others, old)
    found = [replace(fault, lines_before=read_faults["lines_before"]) for fault in found]
    found = [fault.keeping(job.params.get("private", ())) for fault in found]
    if job.params["refused"]:
        found = [replace(fault, level=ERROR) for fault in found]
    failing = [fault for fault in found if fault.level == ERROR]
    if failing:
        count = "1 rule is" if len(failing) == 1 else f"{len(failing)} rules are"
        raise faulty(f"the table violates its contract: {count} violated", found)
    # A constant, so that loosening a bound does not rerun anything.
    job.write("verdict", b"kept")
    report = {
        "format": FORMAT,
        "rows": table.height,
        "columns": len(rules.dtypes),
        "findings": _findings(found),
    }
    job.write(REPORT, json.dumps(report).encode())


def _findings(warnings: Sequence[Fault]) -> list[Json]:
    """Return a finding for each rule, at its place in the contract."""
    found = DataWarning("contract-violation", "rows violate a rule of their contract").to_json()
    return [found | {"details": {"violations": [fault.to_json()]}, "at": [*fault.at]} for fault in warnings]
