"""Measures what reports cost, and writes docs/performance.md.

    python -m tests.bench.reports

It builds the flights example in one process, and counts the CPU time of each task: metrics with intervals, slices and curves
(`evaluate`), statistics of the data (`describe`), and the report. It also measures the report on 50 columns and 20 slices.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from mlbuild import api
from mlbuild.engine.execution.events import Event, TaskDone, TaskStarted
from tests.bench.page import table, write_section
from tests.projects import SPECS
from tests.reports.projects import wide

#: The budgets: the share of the CPU time of a build, CPU seconds of a report, and bytes of a page.
SHARE, SECONDS, BYTES = 0.1, 1.0, 300_000
KINDS = {
    "evaluate": "metrics with intervals, slices, curves (`evaluate:late`)",
    "describe": "statistics of 3 sources and a dataset (`describe:*`)",
    "report": "report and model card (`report:late`)",
}


def seconds_of(file: Path) -> dict[str, float]:
    """Build a project in this process, and return the CPU seconds of its tasks by kind; `` is the whole build."""
    spent: dict[str, float] = defaultdict(float)
    started: dict[str, float] = {}

    def listen(event: Event) -> None:
        if isinstance(event, TaskStarted):
            started[event.task] = time.process_time()
        elif isinstance(event, TaskDone):
            spent[event.task.partition(":")[0]] += time.process_time() - started[event.task]

    begin = time.process_time()
    result = api.build(api.load(file), jobs=1, threads=1, events=listen)
    spent[""] = time.process_time() - begin
    assert result.ok, result.failures
    return spent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        flights, other = Path(folder, "flights"), Path(folder, "wide")
        shutil.copytree(SPECS / "flights", flights, ignore=shutil.ignore_patterns(".mlbuild", "dist"))
        spent = seconds_of(flights / "mlbuild.yaml")
        other.mkdir()
        many = seconds_of(wide(other))
        sizes = [(one / "report.html").stat().st_size for one in (flights / "dist/late", other / "dist/one")]
    share = sum(spent[kind] for kind in KINDS) / spent[""]
    rows = [[told, f"{spent[kind]:.2f}", f"{spent[kind] / spent['']:.1%}"] for kind, told in KINDS.items()]
    rows += [
        ["all three", f"{share * spent['']:.2f}", f"{share:.1%}"],
        ["the build", f"{spent['']:.2f}", "100%"],
    ]
    text = (
        f"{table(['flights', 'CPU seconds', 'share'], rows)}\n\n"
        f"The report has {sizes[0] / 1000:,.0f} kB. That on a model with 50 columns, 5 metrics and 20 slices takes {many['report']:.2f} CPU "
        f"seconds and has {sizes[1] / 1000:,.0f} kB. The budgets are {SHARE:.0%} of the build, {SECONDS:g} CPU second and {BYTES / 1000:,.0f} kB.\n\n"
        "`python -m tests.bench.reports`"
    )
    write_section("reports", "Reports", text)
    sys.stdout.write(f"{text}\n")
    assert share <= SHARE and many["report"] <= SECONDS and max(sizes) <= BYTES


if __name__ == "__main__":
    main()
