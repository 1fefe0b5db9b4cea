"""Measures the way from CSV files to a dataset with mlbuild, and with a script that uses polars.

    python -m tests.bench.tables --runs 5

Both sides read, cast, check, join and divide the same rows. Every run is a process in a fresh folder, and all run on
one core. The table goes to docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from statistics import median

import polars as pl

from mlbuild.frozen import frozen
from tests.bench.flights import SPEC, Cost, run
from tests.bench.page import table, write_section
from tests.bench.polars_tables import rows_of_numbers
from tests.bench.process import mlbuild_script

BUDGET = 1.3
#: The lines of each file in the first build, which is not measured.
FEW = 2_000
_TEXT = """\
`python -m tests.bench.tables --runs {runs}`: CPU seconds of the whole process, medians of {runs} runs per column. The runs alternate, each in a fresh
folder, all on one core. Both sides read the same CSV files, cast and check the same columns, join and divide the rows, and write them as
Parquet. mlbuild is installed, as a user has it. It also hashes the files, checks that the parts of the split do not overlap, and stores each
column by its content. Before, it has built the first {few:,} lines of each file: the first build of a store takes about a second more, to find out
which of mlbuild's code each task uses.

{table}

The budget is {budget} times the CPU of the script. The last column is the CPU of `mlbuild check`, which starts Python and checks the spec.
Besides, mlbuild hashes the files, checks which code has changed, and stores every column twice, as it is in the source and in the parts
of the dataset; the script writes only the dataset."""


@frozen
class Case:
    """A dataset: its name, what its heading is, and a function that writes a project with CSV files."""

    name: str
    title: str
    write: Callable[[Path], None]


def write_departures(folder: Path) -> None:
    """Write the project of the flights with all of its data in CSV files."""
    shutil.copytree(
        SPEC, folder, ignore=shutil.ignore_patterns(".mlbuild", "dist", "mlbuild.lock"), dirs_exist_ok=True
    )
    flights = pl.read_parquet(folder / "data/flights.parquet")
    flights.write_csv(folder / "data/flights.csv", datetime_format="%Y-%m-%dT%H:%M:%SZ")
    spec = folder / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace("flights.parquet", "flights.csv"))


def write_numbers(folder: Path, rows: int = 1_000_000) -> None:
    """Write a project of one table with a million rows of twenty columns."""
    (folder / "data").mkdir(parents=True)
    made = pl.DataFrame({"id": pl.int_range(rows, eager=True)})
    columns, contract = [], ["      id: int"]
    for seed, (name, dtype) in enumerate(rows_of_numbers().items()):
        drawn = pl.col("id").hash(seed)
        if name == "id":
            continue
        if dtype is pl.Int64:
            columns.append((drawn % 1001).cast(pl.Int64).alias(name))
            contract.append(f"      {name}: {{dtype: int, min: 0, max: 1000}}")
        elif dtype is pl.Float64:
            value = (drawn % 2_000_001).cast(pl.Float64) / 1000 - 1000
            columns.append((pl.when(drawn % 50 > 0).then(value) if name == "x0" else value).alias(name))
            contract.append(
                f"      {name}: {{dtype: float, min: -1000000, nullable: {str(name == 'x0').lower()}}}"
            )
        else:
            columns.append(
                (drawn % 4).cast(pl.String).replace({"0": "a", "1": "b", "2": "c", "3": "d"}).alias(name)
            )
            contract.append(f"      {name}: {{dtype: string, categories: [a, b, c, d]}}")
    made.with_columns(columns).write_csv(folder / "data/numbers.csv")
    (folder / "mlbuild.yaml").write_text(
        "mlbuild: 1\nproject: numbers\nsources:\n  table: {path: data/numbers.csv, contract: number}\n"
        "contracts:\n  number:\n    unique: [id]\n    columns:\n" + "\n".join(contract) + "\n"
        "datasets:\n  numbers:\n    from: table\n    split: {type: random, valid: 0.1, test: 0.1}\n"
    )


CASES = (
    Case("departures", "flights with weather and planes, {size}", write_departures),
    Case("numbers", "1,000,000 rows of 20 columns, {size}", write_numbers),
)


def script(command: Sequence[str], project: Path, name: str, folder: Path) -> Cost:
    polars = [sys.executable, "-m", "tests.bench.polars_tables", name]
    return run([*polars, "--data", str(project / "data"), "--out", str(folder)])


def mlbuild(command: Sequence[str], project: Path, name: str, folder: Path) -> Cost:
    ours = folder / "project"
    shutil.copytree(project, ours, ignore=shutil.ignore_patterns("*.csv"))
    for file in project.glob("data/*.csv"):
        with file.open() as lines:
            (ours / "data" / file.name).write_text("".join(islice(lines, FEW)))
    build = [*command, "-C", str(ours), "build", "--threads", "1", "-j1", f"dataset:{name}"]
    run(build)
    for file in project.glob("data/*.csv"):
        (ours / "data" / file.name).unlink()
        os.link(file, ours / "data" / file.name)
    return run(build)


def check(command: Sequence[str], project: Path, name: str, folder: Path) -> Cost:
    shutil.copytree(project, folder / "project", copy_function=os.link)
    return run([*command, "-C", str(folder / "project"), "check"])


#: What is measured, given the command of mlbuild, a project, the name of its dataset, and a fresh folder.
SIDES: tuple[Callable[[Sequence[str], Path, str, Path], Cost], ...] = (script, mlbuild, check)


def measured(command: Sequence[str], case: Case, project: Path, runs: int) -> list[float]:
    """Return the medians of the CPU seconds of the script, of mlbuild, and of its check alone."""
    costs: dict[Callable[[Sequence[str], Path, str, Path], Cost], list[float]] = {side: [] for side in SIDES}
    for number in range(runs + 1):
        for side, found in costs.items() if number % 2 else reversed(costs.items()):
            with tempfile.TemporaryDirectory() as folder:
                cost = side(command, project, case.name, Path(folder))
            print(f"{case.name} {side.__name__}: {cost.cpu:.2f} s CPU", file=sys.stderr)
            found.extend([cost.cpu] if number else [])  # the first round warms up files and bytecode
    return [median(found) for found in costs.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dry-run", action="store_true", help="print the table, leave the page as it is")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    told = []
    with tempfile.TemporaryDirectory() as name:
        command = mlbuild_script(Path(name))
        for case in CASES:
            project = Path(name, case.name)
            case.write(project)
            size = sum(file.stat().st_size for file in project.glob("data/*.csv")) / 1e6
            theirs, ours, start = measured(command, case, project, options.runs)
            cells = [f"{theirs:.2f}", f"{ours:.2f}", f"{ours / theirs:.2f}", f"{start:.2f}"]
            told.append([case.title.format(size=f"{size:.0f} MB"), *cells])
    rows = table(["dataset", "script, s", "mlbuild, s", "ratio", "check alone, s"], told)
    text = _TEXT.format(runs=options.runs, table=rows, budget=BUDGET, few=FEW)
    print(text)
    if not options.dry_run:
        write_section("tables", "From CSV files to a dataset", text)


if __name__ == "__main__":
    main()
