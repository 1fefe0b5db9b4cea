"""Measures what reusing binned data saves: a rebuild after a changed hyperparameter, compared with the first build.

    python -m tests.bench.bins --rows 10000000 --columns 20

Every build is a separate process, which runs its tasks in a fresh worker. Loading is also measured alone, in fresh
processes. Ten million rows take some minutes, 5 GB of disk and 4 GB of memory. The table goes to
docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from mlbuild.frozen import frozen
from tests.bench.measure import peak_megabytes
from tests.bench.page import table, write_section
from tests.bench.process import environment

#: The budget for loading: seconds, and the share of the memory of the first build's `bin` task.
SECONDS, SHARE = 1.0, 0.5

_SPEC = """\
mlbuild: 1
project: bins
sources: {{rows: {{path: rows.parquet, contract: row}}}}
contracts: {{row: {{columns: {{y: bool, {columns}}}}}}}
datasets: {{all: {{from: rows, split: {{type: random}}}}}}
models:
  m:
    type: lightgbm.classifier
    dataset: all
    features: [{features}]
    target: y
    params: {{num_iterations: 10, num_leaves: {leaves}}}
outputs: {{m: {{model: m}}}}
"""

_TEXT = """\
`python -m tests.bench.bins --rows {rows} --columns {columns}`: a table of numbers, 2% of them missing. Its binned data is a file of {size:.0f} MB. The first
build runs `bin:m` and `train:m` with 10 rounds of 31 leaves. The rebuild has 15 leaves and runs only `train:m`. Each task runs in a fresh worker on
1 core. Every `train` task first loads the bins: it compares the file with its digest and makes a LightGBM dataset from it. The times for loading are
medians of {runs} processes that do nothing else. Wall times are meaningful only on an idle machine.

{table}

The budget for loading is {seconds:.0f} s of CPU time and {share} of the memory of `bin:m`. It uses {ratio:.2f} of that memory."""


@frozen
class Loading:
    """The cost of loading bins: seconds for comparing the digest and for making a dataset, the peak memory of the
    process in MB, and the size of the file in MB.
    """

    compare_cpu: float
    compare_wall: float
    load_cpu: float
    load_wall: float
    peak: float
    size: float


def write_rows(folder: Path, rows: int, columns: int) -> None:
    """Write a table of numbers, some of them missing, and a target that depends on two of them."""
    import numpy as np
    import polars as pl

    chance = np.random.default_rng(0)
    made = {}
    for number in range(columns):
        values = chance.normal(size=rows).round(4)
        values[chance.random(rows) < 0.02] = np.nan
        made[f"x{number}"] = pl.Series(values, nan_to_null=True)
    score = made["x0"].fill_null(0) + made["x1"].fill_null(0) * chance.random(rows)
    pl.DataFrame({"y": score > 0, **made}).write_parquet(folder / "rows.parquet")


def write_spec(folder: Path, columns: int, leaves: int) -> None:
    names = [f"x{number}" for number in range(columns)]
    typed = ", ".join(f"{name}: {{dtype: float, nullable: true}}" for name in names)
    text = _SPEC.format(columns=typed, features=", ".join(names), leaves=leaves)
    (folder / "mlbuild.yaml").write_text(text)


def built(folder: Path, *targets: str) -> Mapping[str, Any]:
    """Build, and return what the build record contains about its tasks: seconds, and peak memory in bytes."""
    command = [sys.executable, "-m", "mlbuild", "-C", str(folder), "build", "-q", "-j", "2", "--threads", "1"]
    subprocess.run([*command, *targets], check=True, env=environment())
    newest = max((folder / ".mlbuild" / "runs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    tasks: dict[str, Any] = json.loads(newest.read_text())["body"]["tasks"]
    return tasks


def alone(*options: str) -> str:
    """Run one step of this script in a separate process and return its output.

    This process stays small, because a child starts with its parent's peak memory.
    """
    command = [sys.executable, "-m", "tests.bench.bins", *options]
    return subprocess.run(command, check=True, env=environment(), stdout=subprocess.PIPE, text=True).stdout


def load(folder: Path) -> Loading:
    """Load the bins of the project in a folder, in this process."""
    import numpy as np

    from mlbuild.engine.decide.records import find_action, find_record
    from mlbuild.engine.store.store import open_store
    from mlbuild.models.lightgbm.library import lightgbm
    from mlbuild.models.lightgbm.training import FIXED

    library, store = lightgbm(), open_store(folder)
    digests: dict[str, str] = {}
    for task in ("bin:m", "target:m"):
        record = find_record(store.local, task)
        action = find_action(store.actions, record.key) if record else None
        assert action is not None, "the project has been built"
        digests |= action.digests
    bins, target = store.contents.path(digests["bins"]), np.load(store.contents.path(digests["train"]))
    begun = time.process_time(), time.perf_counter()
    assert store.contents.verify(digests["bins"])
    compared = time.process_time(), time.perf_counter()
    library.Dataset(str(bins), label=target, params={**FIXED, "num_threads": 1}).construct()
    done = time.process_time(), time.perf_counter()
    return Loading(
        compare_cpu=compared[0] - begun[0],
        compare_wall=compared[1] - begun[1],
        load_cpu=done[0] - compared[0],
        load_wall=done[1] - compared[1],
        peak=peak_megabytes(),
        size=bins.stat().st_size / 2**20,
    )


def measured(folder: Path, rows: int, columns: int, runs: int) -> str:
    write_spec(folder, columns, 31)
    built(folder, "fit:m", "target:m")
    first = built(folder, "bin:m")["bin:m"], built(folder, "train:m")["train:m"]
    write_spec(folder, columns, 15)
    again = built(folder, "train:m")
    assert again["bin:m"]["outcome"] == "reused"
    found = [Loading(**json.loads(alone("--load", str(folder)))) for _ in range(runs)]
    peak, size = median(one.peak for one in found), found[0].size
    compare = median(one.compare_cpu for one in found), median(one.compare_wall for one in found)
    making = median(one.load_cpu for one in found), median(one.load_wall for one in found)
    lines = [
        ["first build, `bin:m`", "", f"{first[0]['seconds']:.1f}", _megabytes(first[0])],
        ["first build, `train:m`", "", f"{first[1]['seconds']:.1f}", _megabytes(first[1])],
        ["rebuild, `train:m`", "", f"{again['train:m']['seconds']:.1f}", _megabytes(again["train:m"])],
        ["loading: compare the digest", f"{compare[0]:.2f}", f"{compare[1]:.2f}", ""],
        ["loading: make the dataset", f"{making[0]:.2f}", f"{making[1]:.2f}", ""],
        ["loading, total", f"{compare[0] + making[0]:.2f}", f"{compare[1] + making[1]:.2f}", f"{peak:,.0f}"],
    ]
    return _TEXT.format(
        rows=rows,
        columns=columns,
        runs=runs,
        size=size,
        table=table(["", "CPU s", "wall s", "peak memory, MB"], lines),
        seconds=SECONDS,
        share=SHARE,
        ratio=peak / (first[0]["peak_bytes"] / 2**20),
    )


def _megabytes(task: Mapping[str, Any]) -> str:
    return f"{task['peak_bytes'] / 2**20:,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bins", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", type=Path, help="only write the table into this folder")
    parser.add_argument("--load", type=Path, help="only load the bins of the project in this folder")
    args = parser.parse_args()
    if args.write:
        write_rows(args.write, args.rows, args.columns)
        return
    if args.load:
        print(json.dumps(vars(load(args.load))))
        return
    with tempfile.TemporaryDirectory() as name:
        alone("--write", name, "--rows", str(args.rows), "--columns", str(args.columns))
        text = measured(Path(name), args.rows, args.columns, args.runs)
    print(text)
    write_section("bins", "Reusing binned data", text)


if __name__ == "__main__":
    main()
