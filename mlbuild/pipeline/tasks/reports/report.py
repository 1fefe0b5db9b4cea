"""Task `report:O`: the report about an output as one HTML page, and its model card. It computes no metric."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mlbuild.engine.graph import Input, Job, Task
from mlbuild.params import Json
from mlbuild.pipeline.origins import MODELS
from mlbuild.pipeline.reported import about, sources_of
from mlbuild.pipeline.scope import OutputScope
from mlbuild.pipeline.tasks import artifact, dataset, describe
from mlbuild.pipeline.tasks.contracts import contract
from mlbuild.pipeline.tasks.cross_validation import folds
from mlbuild.pipeline.tasks.monitoring import drift
from mlbuild.pipeline.tasks.verdicts import compare, test
from mlbuild.reports.card import card
from mlbuild.reports.facts import Facts
from mlbuild.reports.report import report
from mlbuild.reports.sections import FILES

KIND = "report"
#: The parts, which are also files of the output.
REPORT, CARD = "report.html", "MODEL_CARD.md"
#: The start of the slots of tests and of contracts.
_TEST, _CONTRACT = "test ", "contract "


def plan(scope: OutputScope) -> Iterator[Task]:
    """Yield the task. It reads files of the output, so it is planned after the tasks that ship them."""
    if not scope.item.report:
        return
    inputs = [*_files(scope), *_others(scope)]
    task = scope.task(
        KIND,
        {("about", "description"): ("description",), ("about", "spec"): ()},
        rank=MODELS,
        run=run,
        params={
            "about": about(scope),
            "reads": sorted(one.slot for one in inputs),
            "libraries": artifact.libraries(scope),
        },
        inputs=tuple(inputs),
        parts=(REPORT, CARD),
        libraries=tuple(artifact.libraries(scope)),
    )
    yield scope.ships(task, REPORT, CARD)


def task_of(output: str) -> str:
    """Return the name of the task that writes the report about an output."""
    return f"{KIND}:{output}"


def _files(scope: OutputScope) -> Iterator[Input]:
    """Yield the files of the output that the report is made from."""
    for one in (*scope.shipped, *scope.model.shipped):
        parts = tuple(part for part in one.parts if part in FILES)
        if parts:
            yield Input(one.slot, one.task, parts)


def _others(scope: OutputScope) -> Iterator[Input]:
    """Yield the parts about the data and the tests, which are not files of the output."""
    name = scope.model.item.dataset
    yield Input(dataset.KIND, f"dataset:{name}", (dataset.REPORT,))
    yield Input(describe.KIND, describe.task_of(name), (describe.STATISTICS,))
    yield from drift.found(scope.model.dataset)
    if compare.compared(scope):
        yield compare.comparison(scope)
    yield from folds.report(scope.model)
    for source in sources_of(scope.spec, name):
        yield Input(f"{_CONTRACT}{source}", f"contract:{source}", (contract.REPORT,))
    for one in scope.spec.tests.values():
        if one.output == scope.item.name:
            yield Input(f"{_TEST}{one.name}", test.try_of(one.name), (test.REPORT,))


def run(job: Job) -> None:
    facts = _facts(job)
    job.write(REPORT, report(facts).encode())
    job.write(CARD, card(facts).encode())


def _facts(job: Job) -> Facts:
    from importlib.metadata import version  # not needed for planning

    parts: dict[str, Json] = {}
    tests: dict[str, Json] = {}
    findings: list[Json] = []
    silenced = job.params["about"]["silenced"]
    for slot in job.params["reads"]:
        for part in job.parts(slot):
            content = json.loads(job.read(slot, part))
            findings += [
                one
                for one in content.get("findings", ())
                if one["code"] not in silenced and one not in findings
            ]
            if slot.startswith(_TEST):
                tests[slot.removeprefix(_TEST)] = content
            elif not slot.startswith(_CONTRACT) and slot != folds.KIND:
                parts[part] = content
    versions = {name: version(name) for name in job.params["libraries"]}
    return Facts(job.params["about"], parts, tests, findings, versions)
