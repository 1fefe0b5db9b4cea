"""What running a task costs besides its work, and how much faster several jobs are.

    python -m tests.bench.executor --runs 5

CPU seconds are those of this process and of all that it has waited for; the times of imports are not in them.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from mlbuild.engine.graph import Plan
from mlbuild.engine.run import build
from mlbuild.engine.store import DiskStore
from mlbuild.engine.workers import Workers
from mlbuild.engine.zygote import Setup
from tests.bench.work import bare, independent, layers


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float


def cost(work: Callable[[Path], None]) -> Cost:
    """What a piece of work costs in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = _cpu(), time.perf_counter()
        work(Path(folder))
        return Cost(_cpu() - cpu, time.perf_counter() - wall)


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def built(plan: Plan, jobs: int) -> Callable[[Path], None]:
    """A build from nothing: in this process with one job, in workers with more; 0 for one worker."""

    def work(folder: Path) -> None:
        store = DiskStore(folder)
        executor = None if jobs == 1 else Workers(Setup(store, folder), jobs or 1)
        assert build(plan, store, folder, executor=executor).ok

    return work


def overhead(sizes: list[int], runs: int) -> None:
    """CPU per task over the same work in a plain loop, medians."""
    print("\n| tasks | plain loop, ms/task | in this process | 1 worker | 2 workers |")
    print("| --- | --- | --- | --- | --- |")
    for size in sizes:
        plan = layers(size)
        plain = [cost(partial(bare, size=size)) for _ in range(runs)]
        work = median(one.cpu for one in plain)
        cells = []
        for jobs in (1, 0, 2):
            cpu = median(cost(built(plan, jobs)).cpu for _ in range(runs))
            cells.append(f"+{(cpu - work) / size * 1000:.3f}")
        print(f"| {size} | {work / size * 1000:.3f} | {' | '.join(cells)} |", flush=True)


def speed_up(runs: int) -> None:
    """Wall time of CPU-bound tasks, one after the other and with two jobs."""
    print("\n| ms/task | tasks | one after the other, s | -j 2, s | times as fast, best | median |")
    print("| --- | --- | --- | --- | --- | --- |")
    for steps, size in ((40_000, 200), (400_000, 40)):
        plan = independent(size, steps)
        pairs = [(cost(built(plan, 1)).wall, cost(built(plan, 2)).wall) for _ in range(runs)]
        one, two = (min(times) for times in zip(*pairs, strict=True))
        ratios = [alone / together for alone, together in pairs]
        cells = [f"{one / size * 1000:.1f}", str(size), f"{one:.2f}", f"{two:.2f}"]
        print(f"| {' | '.join(cells)} | {max(ratios):.2f} | {median(ratios):.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.executor", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    overhead([100, 1000], args.runs)
    speed_up(args.runs)


if __name__ == "__main__":
    main()
