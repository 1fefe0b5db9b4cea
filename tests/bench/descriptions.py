"""Measures how much of a build the descriptions of its tables take.

    python -m tests.bench.descriptions --runs 3

Clean builds of `specs/flights` with one core, in this process. The table goes to docs/performance.md.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from mlbuild import api
from mlbuild.engine.execution.events import Event, TaskDone, TaskStarted
from mlbuild.pipeline.tasks import describe
from tests.bench.page import table, write_section
from tests.projects import SPECS

#: The budget for all descriptions together, as a share of the CPU time of the build.
SHARE = 0.1

_TEXT = """\
`python -m tests.bench.descriptions --runs {runs}`: clean builds of `specs/flights` with one core, in one process. The values are CPU seconds,
medians of {runs} builds. The budget for all descriptions together is {share:.0%} of the build.

{table}"""


class Clock:
    """Adds up the CPU time of tasks by kind. Tasks run one by one in this process."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._started = 0.0

    def __call__(self, event: Event) -> None:
        match event:
            case TaskStarted():
                self._started = time.process_time()
            case TaskDone(task=task):
                self.seconds[task.partition(":")[0]] += time.process_time() - self._started  # type: ignore[assignment]  # a Counter of floats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    described, whole = [], []
    for _ in range(args.runs):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(SPECS / "flights", Path(folder, "flights"))
            clock, start = Clock(), time.process_time()
            result = api.build(
                api.load(Path(folder, "flights/mlbuild.yaml")), jobs=1, threads=1, events=clock
            )
            assert result.ok and not result.reused
            whole.append(time.process_time() - start)
            described.append(clock.seconds[describe.KIND])
    shares = [one / other for one, other in zip(described, whole, strict=True)]
    row = [f"{median(whole):.2f}", f"{median(described):.2f}", f"{median(shares):.1%}"]
    rows = table(["build, s", "descriptions, s", "share"], [row])
    write_section("descriptions", "Descriptions", _TEXT.format(runs=args.runs, share=SHARE, table=rows))
    assert median(shares) <= SHARE, f"the descriptions take {median(shares):.1%} of a build"


if __name__ == "__main__":
    main()
