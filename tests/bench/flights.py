"""Builds specs/flights with mlbuild and with a script, alternately, and compares the costs.

    pip install -e '.[dev,bench]'
    python -m tests.bench.flights --runs 5

Every build is a separate process in a fresh folder, and all run on the same core. CPU seconds and peak memory are
those that the kernel reports for the whole process, including imports of libraries. The table goes to
docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from mlbuild.frozen import frozen
from tests.bench.measure import open_session, row_microseconds, single_rows
from tests.bench.page import write_section
from tests.bench.process import environment
from tests.bench.stock_flights import read_joined, split

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "specs" / "flights"
LIBRARIES = ["lightgbm", "onnxruntime", "polars", "pandas", "scikit-learn", "skl2onnx", "onnxmltools"]
ROWS = 500


@frozen
class Cost:
    """The cost of one process: CPU and wall seconds, peak memory in MB, and its output."""

    cpu: float
    wall: float
    peak: float
    printed: str


@frozen
class Answers:
    """Facts about a finished file: its size, its predictions, and their difference from the native ones."""

    size: int
    trees: int
    row_us: float
    compared: int
    difference: float
    flips: int
    roc_auc: float
    log_loss: float


def run(command: list[str]) -> Cost:
    """Run a command to its end.

    Raises:
        SystemExit: It failed. The message contains its output.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=ROOT, env=environment())
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{out.read()}{err.read()}")
        return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, out.read())


def build_stock(folder: Path, *options: str) -> Cost:
    script = [sys.executable, "-m", "tests.bench.stock_flights", "--data", str(SPEC / "data")]
    return run([*script, "--threads", "1", "--out", str(folder / "model.onnx"), *options])


def build_mlbuild(folder: Path, *targets: str) -> Cost:
    shutil.copytree(
        SPEC, folder / "flights", ignore=shutil.ignore_patterns(".mlbuild", "dist", "mlbuild.lock")
    )
    command = [sys.executable, "-m", "mlbuild", "-C", str(folder / "flights"), "build", "--threads", "1"]
    return run([*command, *targets])


#: The ONNX file alone, and the file with metrics for each split and a comparison on at least 20,000 rows.
SIDES: dict[str, Callable[[Path], Cost]] = {
    "script": build_stock,
    "mlbuild without verification": lambda folder: build_mlbuild(folder, "artifact:late"),
    "script, checked": lambda folder: build_stock(folder, "--check"),
    "mlbuild": build_mlbuild,
}


def measure_costs(runs: int) -> dict[str, list[Cost]]:
    """Measure each side `runs` times, in alternating order, after one round that warms up files and bytecode."""
    costs: dict[str, list[Cost]] = {side: [] for side in SIDES}
    for number in range(runs + 1):
        order = list(SIDES) if number % 2 else list(reversed(SIDES))
        for side in order:
            with tempfile.TemporaryDirectory() as folder:
                cost = SIDES[side](Path(folder))
            print(f"{number or 'warm-up'} {side}: {cost.cpu:.2f} s CPU", file=sys.stderr)
            if number:
                costs[side].append(cost)
    return costs


def stock_answers() -> Answers:
    with tempfile.TemporaryDirectory() as folder:
        told = json.loads(build_stock(Path(folder), "--evaluate").printed)
    test = told["test"]
    return Answers(
        told["onnx_bytes"],
        told["trees"],
        test["row_us"],
        test["compared"],
        test["max_score_difference"],
        test["label_flips"],
        test["roc_auc"],
        test["log_loss"],
    )


def mlbuild_answers() -> Answers:
    from sklearn.metrics import log_loss, roc_auc_score

    test = split(read_joined(SPEC / "data"))["test"]
    late = test["arr_delay"] > 15
    with tempfile.TemporaryDirectory() as folder:
        build_mlbuild(Path(folder))
        shipped = Path(folder) / "flights" / "dist" / "late"
        session = open_session(shipped / "model.onnx", threads=1)
        feed = raw_feed(session, test)
        scores = session.run(["probabilities"], feed)[0]
        parity = json.loads((shipped / "parity.json").read_text())
        return Answers(
            (shipped / "model.onnx").stat().st_size,
            count_trees(shipped / "model.onnx"),
            row_microseconds(session, single_rows(feed, ROWS)),
            parity["rows"]["real"] + parity["rows"]["adversarial"],
            parity["max_difference"],
            parity["label_flips"],
            float(roc_auc_score(late, scores[:, 1])),
            float(log_loss(late, scores)),
        )


def raw_feed(session: Any, rows: Any) -> dict[str, Any]:
    """Convert joined rows to the inputs of the artifact: raw columns only."""
    feed = {}
    for told in session.get_inputs():
        column = rows[told.name]
        if told.type == "tensor(string)":
            column = column.fillna("").astype(object)
        elif told.type == "tensor(int64)":
            column = column.astype("datetime64[us]").astype("int64")
        else:
            column = column.astype("float64")
        feed[told.name] = column.to_numpy().reshape(-1, 1)
    return feed


def count_trees(model: Path) -> int:
    import onnx

    nodes = onnx.load(model).graph.node
    roots = [a for node in nodes if node.op_type == "TreeEnsemble" for a in node.attribute]
    return sum(len(a.ints) for a in roots if a.name == "tree_roots")


def table(costs: dict[str, list[Cost]], stock: Answers, ours: Answers) -> str:
    """Format both sides as Markdown. Every cost is the median of the runs."""

    def row(title: str, *cells: str) -> str:
        return f"| {title} | {' | '.join(cells)} |"

    def cost(read: Callable[[Cost], float], form: str) -> list[str]:
        return [format(median(read(one) for one in costs[side]), form) for side in SIDES]

    def answer(read: Callable[[Answers], str]) -> list[str]:
        return [read(stock), read(ours), read(stock), read(ours)]

    return "\n".join(
        [
            row("", *SIDES),
            row("---", *["---:"] * len(SIDES)),
            row("CPU seconds, whole process", *cost(lambda one: one.cpu, ".2f")),
            row("wall seconds", *cost(lambda one: one.wall, ".2f")),
            row("peak memory, MB", *cost(lambda one: one.peak, ",.0f")),
            row(
                "latency of one row in onnxruntime, median of 2,000 calls, us",
                *answer(lambda a: f"{a.row_us:.0f}"),
            ),
            row(
                "largest score difference, ONNX file against pipeline",
                *answer(lambda a: f"{a.difference:.1e}"),
            ),
            row("labels that differ", *answer(lambda a: str(a.flips))),
            row("rows compared", *answer(lambda a: f"{a.compared:,}")),
            row("ONNX file, kB", *answer(lambda a: f"{a.size / 1000:,.0f}")),
            row("trees", *answer(lambda a: str(a.trees))),
            row("roc_auc on the test rows", *answer(lambda a: f"{a.roc_auc:.4f}")),
            row("log_loss on the test rows", *answer(lambda a: f"{a.log_loss:.4f}")),
            row("date parts and the plane's age are in the file", "no", "yes", "no", "yes"),
        ]
    )


def section(runs: int, content: str) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"`python -m tests.bench.flights --runs {runs}`: medians of {runs} builds per column. The builds alternate. Each is a process\n"
        "in a fresh folder, and all run on one core. `mlbuild` is the whole build, with metrics for each split, verification\n"
        "and publishing. `script, checked` adds metrics and a comparison on 20,000 rows to the script. The score differences of\n"
        "the script are over all test rows; those of mlbuild are from `parity.json`.\n\n"
        f"{content}\n\n{versions}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="builds of each side")
    parser.add_argument("--dry-run", action="store_true", help="print the table, leave the page as it is")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    # First, because a child's peak memory is at least the current size of this process.
    costs = measure_costs(options.runs)
    content = table(costs, stock_answers(), mlbuild_answers())
    print(content)
    if not options.dry_run:
        write_section("flights", "The flights model against a script", section(options.runs, content))


if __name__ == "__main__":
    main()
