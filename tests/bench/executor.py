"""Measures the overhead per task, and the speed-up from parallel jobs.

    python -m tests.bench.executor --runs 5

CPU seconds are those of this process and of all finished children, without the time for imports. The tables go to
docs/performance.md.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from mlbuild.engine.execution.executor import Executor, InProcess
from mlbuild.engine.execution.run import build
from mlbuild.engine.execution.workers import Workers
from mlbuild.engine.execution.zygote import Setup
from mlbuild.engine.graph import Plan
from mlbuild.engine.store.store import DiskStore
from mlbuild.frozen import frozen
from tests.bench.page import table, write_section
from tests.bench.work import bare, independent, layers

#: The budgets: milliseconds of CPU time per task in a large build, and the speed-up from two jobs.
COLD, FASTER = 0.5, 1.7

_TEXT = """\
`python -m tests.bench.executor --runs {runs}`: clean builds of tasks that read three small files and write one. The table shows the CPU time of the
work itself in a plain loop, and what a build adds to it, in ms per task, as medians of {runs} runs. The budget is {cold} ms with 1,000 tasks in one
process.

{overhead}

The benchmark deletes its files only at the end. On ext4 without a journal, the kernel skips the inodes of recently deleted files one by one, so
after many deletions, creating a file takes up to ten times as long for every process.

The next table shows wall times of CPU-bound tasks, one at a time and with `-j 2`, on a machine with two cores. The times are the best of
{runs} runs. The budget is a speed-up of {faster}.

{speed_up}"""


@frozen
class Cost:
    cpu: float
    wall: float


def cost(work: Callable[[Path], None], folder: Path) -> Cost:
    """Measure some work in a new folder."""
    own = Path(tempfile.mkdtemp(dir=folder))
    cpu, wall = _cpu(), time.perf_counter()
    work(own)
    return Cost(_cpu() - cpu, time.perf_counter() - wall)


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def built(plan: Plan, jobs: int) -> Callable[[Path], None]:
    """Return a full build: in this process with one job, in workers with more; 0 means one worker."""

    def work(folder: Path) -> None:
        store = DiskStore.at(folder)
        executor: Executor = InProcess(store.contents, folder)
        if jobs != 1:
            executor = Workers(Setup(store.contents, folder), jobs or 1, cores=1)
        with closing(executor):
            assert build(plan, store, folder, executor=executor).ok

    return work


def overhead(folder: Path, sizes: list[int], runs: int) -> str:
    """Measure the CPU time per task in addition to the same work in a plain loop, as medians."""
    rows = []
    for size in sizes:
        plan = layers(size)
        plain = [cost(partial(bare, size=size), folder) for _ in range(runs)]
        work = median(one.cpu for one in plain)
        cells = []
        for jobs in (1, 0, 2):
            cpu = median(cost(built(plan, jobs), folder).cpu for _ in range(runs))
            cells.append(f"+{(cpu - work) / size * 1000:.2f}")
        rows.append([f"{size:,}", f"{work / size * 1000:.2f}", *cells])
    return table(["tasks", "plain loop", "in one process", "1 worker", "2 workers"], rows)


def speed_up(folder: Path, runs: int) -> str:
    """Measure the wall time of CPU-bound tasks, one at a time and with two jobs."""
    rows = []
    for steps, size in ((40_000, 200), (400_000, 40)):
        plan = independent(size, steps)
        pairs = [(cost(built(plan, 1), folder).wall, cost(built(plan, 2), folder).wall) for _ in range(runs)]
        one, two = (min(times) for times in zip(*pairs, strict=True))
        middle = median(alone / together for alone, together in pairs)
        cells = [f"{one / size * 1000:.1f} ms", str(size), f"{one:.2f}", f"{two:.2f}"]
        rows.append([*cells, f"{one / two:.2f}", f"{middle:.2f}"])
    head = [
        "a task takes",
        "tasks",
        "one at a time, s",
        "-j 2, s",
        "speed-up",
        "median speed-up of pairs",
    ]
    return table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.executor", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        text = _TEXT.format(
            runs=args.runs,
            cold=COLD,
            faster=FASTER,
            overhead=overhead(Path(name), [100, 1000], args.runs),
            speed_up=speed_up(Path(name), args.runs),
        )
    print(text)
    write_section("executor", "Overhead per task", text)


if __name__ == "__main__":
    main()
