"""Measures a clean build of a wide table: thousands of columns, few rows, as gene expression data has.

    python -m tests.bench.wide --columns 6830 --rows 64

The table goes to docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.page import table, write_section
from tests.bench.process import cpu

#: The budget for the CPU seconds of a build of 6,830 columns.
SECONDS = 30

_SPEC = """\
mlbuild: 1
project: wide
sources: {{rows: {{path: rows.csv, contract: row}}}}
contracts:
  row:
    columns:
{columns}
      y: string
datasets:
  d: {{from: rows, split: {{type: random, test: 0.25}}}}
preprocessing:
  p:
    - {{op: impute, columns: {{dtype: numeric}}, strategy: median}}
    - {{op: standard, columns: {{dtype: numeric}}}}
models:
  m:
    type: lightgbm.classifier
    dataset: d
    preprocessing: p
    features: [{features}]
    target: y
    params: {{num_iterations: 20, min_data_in_leaf: 5}}
outputs: {{m: {{model: m}}}}
"""

_TEXT = """\
`TMPDIR=/dev/shm python -m tests.bench.wide --columns {columns} --rows {rows} --runs {runs}`: a clean build of a table with {columns:,} columns of numbers and
{rows} rows, such as gene expression data. The spec lists every column twice: in the contract, and as a feature. All features are imputed and
scaled, and LightGBM trains 20 rounds. The build runs in one process with one thread. The values are medians over {runs} runs. The rest is
loading the spec, planning, and reading and writing records.

The build makes some 34,000 files. On ext4 without a journal, the kernel skips the inodes of recently deleted files one by one: the same
build then took up to 46 s of CPU time, 28 of them in the kernel. With `TMPDIR=/dev/shm`, the files are in memory, and this does not happen.

{table}

The budget for the whole build is {budget} s of CPU time."""


def write_project(folder: Path, columns: int, rows: int) -> None:
    chance = random.Random(0)
    names = [f"g{number}" for number in range(columns)]
    with (folder / "rows.csv").open("w") as file:
        file.write(",".join([*names, "y"]) + "\n")
        for row in range(rows):
            file.write(",".join([*(f"{chance.gauss(0, 1):.4f}" for _ in names), "ab"[row % 2]]) + "\n")
    typed = "\n".join(f"      {name}: {{dtype: float, nullable: true}}" for name in names)
    (folder / "mlbuild.yaml").write_text(_SPEC.format(columns=typed, features=", ".join(names)))


def build(folder: Path, columns: int, rows: int) -> dict[str, float]:
    """Build a project in a new folder. Return the CPU seconds of the process as `build`, and the wall seconds of each
    task.
    """
    folder.mkdir()
    write_project(folder, columns, rows)
    command = [sys.executable, "-m", "mlbuild", "-C", str(folder), "build", "-q", "-j", "1", "--threads", "1"]
    whole = cpu(command)
    (record,) = (folder / ".mlbuild" / "runs").iterdir()
    tasks = json.loads(record.read_text())["body"]["tasks"]
    seconds = {task.partition(":")[0]: one["seconds"] for task, one in tasks.items()}
    return {"build": whole} | seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.wide", description=__doc__)
    parser.add_argument("--columns", type=int, default=6830)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:  # deleted only at the end, as deletions slow down later runs
        runs = [build(Path(name, str(run)), args.columns, args.rows) for run in range(args.runs)]
    found = {name: median(run[name] for run in runs) for name in runs[0]}
    lines = [["whole build, CPU s", f"{found.pop('build'):.1f}"]]
    lines += [[f"`{task}`, wall s", f"{seconds:.1f}"] for task, seconds in found.items() if seconds >= 0.05]
    text = _TEXT.format(
        columns=args.columns, rows=args.rows, runs=args.runs, table=table(["", "s"], lines), budget=SECONDS
    )
    print(text)
    write_section("wide", "Wide tables", text)


if __name__ == "__main__":
    main()
