"""Task `clock:S`: finds out which columns of a source are too old, if its contract limits their age.

It asks the clock, so that the contract does not: `contract:S` runs again only if what was found here changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.data.rules.stated import StatedRules
from mlbuild.engine.canonical import canonical
from mlbuild.engine.decide.external import Clock
from mlbuild.engine.graph import Input, Job, Task
from mlbuild.moments import UNITS
from mlbuild.pipeline.origins import SOURCES
from mlbuild.pipeline.parts import WHOLE, parts_of, read_table
from mlbuild.pipeline.scope import Scope
from mlbuild.spec.spec import SourceSpec

KIND = "clock"
#: The part that says of each column that is too old how old it is.
AGES = "ages.json"


def plan(scope: Scope[SourceSpec]) -> Iterator[Task]:
    item = scope.item
    rules = item.contract.rules().only_timed()
    if not rules.dtypes:
        return
    at = ("contracts", item.contract_name)
    yield scope.task(
        KIND,
        {("clock",): at},
        at=at,
        rank=SOURCES,
        run=run,
        params={"clock": rules.to_json()},
        inputs=(Input("rows", f"source:{item.name}", parts_of([WHOLE], rules.dtypes)),),
        outside=Clock(),
        parts=(AGES,),
        uses=rules.classes(),
        libraries=("polars",),
    )


def ages(item: SourceSpec, slot: str) -> Iterator[Input]:
    """Yield which columns are too old as an input, if the contract limits their age."""
    if item.contract.rules().only_timed().dtypes:
        yield Input(slot, f"{KIND}:{item.name}", (AGES,))


def run(job: Job) -> None:
    rules, now = StatedRules.from_json(job.params["clock"]), job.outside.now
    old: dict[str, str] = {}
    if now is not None:
        table = read_table(job, "rows", WHOLE, rules.dtypes)
        for name, rule in rules.timed().items():
            age = rule.age(table[name], round(now * UNITS["s"]))
            if age.why:
                old[name] = age.why
            if age.until is not None:
                job.until(age.until / UNITS["s"])
    job.write(AGES, canonical(old))
