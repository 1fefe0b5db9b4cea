"""What a build costs that has nothing to do, little or everything, beside other build tools.

    python -m venv /tmp/peers && /tmp/peers/bin/pip install ninja doit snakemake dvc
    python -m tests.bench.nullbuild --peers /tmp/peers/bin

CPU time of whole processes with their children. All tools get the same stages; what mlbuild's command is timed on are
specs of as many tasks, whose results a script has put into the store. The tables go to docs/performance.md.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from mlbuild import api
from tests.bench.page import table, write_section
from tests.bench.peers import Tool, bring_up_to_date, tools, version
from tests.bench.process import BARE, cpu, mlbuild_script
from tests.bench.stages import LEAF, Stages
from tests.bench.trees import seed, size_of, write_project

SIZES = [10, 100, 1_000, 10_000]
EVENTS = {
    "null": "nothing changed",
    "touch": "a file got another time",
    "leaf": "a file changed: four stages are stale",
    "cold": "nothing is there",
}
_OURS, _PYTHON = "mlbuild build", "Python that does nothing"
_SETTLE_SECONDS = 0.03

#: CPU seconds by event, tool and size.
Found = dict[tuple[str, str, int], float]


def measure_tool(tool: Tool, sizes: list[int], folder: Path, found: Found) -> None:
    name = version(tool)
    for size in (size for size in sizes if size <= tool.largest):
        place, stages = folder / f"{tool.name}-{size}", Stages(size)
        tool.write(place, stages)
        runs = tool.runs if size < 10_000 else min(tool.runs, 3)
        found["cold", name, size] = bring_up_to_date(tool, place, size)
        bring_up_to_date(tool, place, size)
        for event, change in (("null", _nothing), ("touch", _touch), ("leaf", _rewrite)):
            found[event, name, size] = _repeated(tool, place, size, runs, change)
        print(f"{name} {size}: {found['null', name, size]:.3f}", file=sys.stderr)


def _repeated(tool: Tool, folder: Path, size: int, runs: int, change: Callable[[Path], None]) -> float:
    costs = []
    for _ in range(runs):
        change(folder / LEAF)
        time.sleep(_SETTLE_SECONDS)
        costs.append(bring_up_to_date(tool, folder, size))
    return median(costs)


def _nothing(file: Path) -> None:
    """Leave the file as it is."""


def _touch(file: Path) -> None:
    os.utime(file)


def _rewrite(file: Path) -> None:
    file.write_text(f"{time.time_ns()}\n")


def measure_command(sizes: list[int], folder: Path, runs: int, found: Found) -> dict[int, int]:
    """The command on specs; returns how many tasks there are for each size."""
    command, counts = mlbuild_script(folder), {}
    for size in sizes:
        place = folder / f"spec-{size}"
        counts[size] = seed(api.load(write_project(place, size_of(size))))
        build = [*command, "-C", str(place), "build"]
        time.sleep(_SETTLE_SECONDS)
        for _ in range(2):
            cpu(build)
        pairs = [(cpu(BARE), cpu(build)) for _ in range(runs)]
        found["null", _PYTHON, size] = median(bare for bare, _ in pairs)
        found["null", _OURS, size] = median(own for _, own in pairs)
        touched = []
        for _ in range(3):
            _touch(place / "data/s0.csv")
            time.sleep(_SETTLE_SECONDS)
            touched.append(cpu(build))
        found["touch", _OURS, size] = median(touched)
        print(f"{_OURS} {size}: {found['null', _OURS, size]:.4f}", file=sys.stderr)
    return counts


def tables(found: Found, sizes: list[int]) -> str:
    names = list(dict.fromkeys(name for _, name, _ in found))
    told = []
    for event, heading in EVENTS.items():
        rows = [
            [name, *(_seconds(found.get((event, name, size))) for size in sizes)]
            for name in names
            if any((event, name, size) in found for size in sizes)
        ]
        head = [f"{heading}, CPU s", *(f"{size:,}" for size in sizes)]
        told.append(table(head, rows))
    return "\n\n".join(told)


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def slope(found: Found, counts: dict[int, int]) -> str:
    """What a further task costs a null build of mlbuild's command, between neighbouring sizes."""
    sizes = sorted(counts)
    steps = [
        (found["null", _OURS, large] - found["null", _OURS, small]) / (counts[large] - counts[small]) * 1e6
        for small, large in itertools.pairwise(sizes)
    ]
    return ", ".join(f"{step:.1f}" for step in steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", type=Path, action="append", default=[], help="a folder with other tools")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--runs", type=int, default=15, help="null builds of mlbuild's command at each size")
    parser.add_argument("--dry-run", action="store_true", help="print the tables, leave the page as it is")
    options = parser.parse_args()
    found: Found = {}
    with tempfile.TemporaryDirectory() as name:
        counts = measure_command(options.sizes, Path(name), options.runs, found)
        for tool in tools(options.peers):
            measure_tool(tool, options.sizes, Path(name), found)
    text = (
        "`python -m tests.bench.nullbuild`: CPU time of whole processes with their children, by the number of tasks.\n"
        f"mlbuild's command has specs of {', '.join(f'{count:,}' for count in counts.values())} tasks. Its engine and "
        "the other tools have stages that read three small\nfiles and write one; make, ninja, snakemake and dvc start "
        "`cksum` for each, the others compute in their own process.\nSnakemake and dvc are too slow for the larger "
        "sizes.\n\n"
        f"{tables(found, options.sizes)}\n\n"
        f"A further task costs a null build of mlbuild {slope(found, counts)} us (from each size to the next)."
    )
    print(text)
    if not options.dry_run:
        write_section("nullbuild", "Builds with nothing to do, little or everything", text)


if __name__ == "__main__":
    main()
