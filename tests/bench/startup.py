"""Measures commands with little to do, compared with a bare Python.

    python -m tests.bench.startup --runs 15

Measures the CPU time of whole processes with their children, as medians of pairs. The table goes to
docs/performance.md.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from mlbuild import api
from mlbuild.frozen import frozen
from tests.bench.page import table, write_section
from tests.bench.process import BARE, cpu, mlbuild_script, pairs, peak_kilobytes, settle
from tests.bench.trees import LINES_300, Size, seed, size_of, write_project


@frozen
class Case:
    """A command, what is done before each run, the exit code, and the budget as a ratio to bare Python."""

    name: str
    words: list[str]
    budget: float
    before: Callable[[], object] = lambda: None
    expected: int = 0


def project(folder: Path, size: Size, command: list[str]) -> Path:
    """Create a project that is up to date, with its snapshot."""
    seed(api.load(write_project(folder, size)))
    settle()
    for _ in range(2):  # the first run may see folders that were only just written
        cpu([*command, "-C", str(folder), "build"])
    return folder


def cases(small: Path, large: Path, edited: Path, replanned: Path) -> list[Case]:
    at = ["-C", str(small)]
    return [
        Case("`--version`", ["--version"], 1.1),
        Case("`--help`", ["--help"], 2.5),
        Case("`build`, nothing to do", [*at, "build"], 1.15),
        Case("`plan`, nothing to do", [*at, "plan"], 1.15),
        Case("`status`, nothing to do", [*at, "status"], 1.15),
        Case("`build`, nothing to do, 1,000 tasks", ["-C", str(large), "build"], 1.3),
        Case("`build` after an edited comment", ["-C", str(edited), "build"], 8, commented(edited)),
        Case("`check`", [*at, "check"], 26),
        Case("`plan` after an edited parameter", ["-C", str(replanned), "plan"], 42, changed(replanned)),
        Case("`status` after an edited parameter", ["-C", str(replanned), "status"], 42, expected=6),
    ]


def long_spec(folder: Path, steps: int, columns: int, expressions: int) -> Path:
    """Write a project of one model with the given numbers of steps and columns, evenly mixed with SQL expressions."""
    names = [f"x{number}" for number in range(columns)]
    listed = [f"      - {{op: standard, columns: {names[number % columns]}}}" for number in range(steps)]
    for number in range(expressions):
        one, other = names[number % columns], names[(number + 1) % columns]
        derived = f"CASE WHEN {one} > {number} THEN {one} * 2 ELSE LN({other} + 1) / ({one} - 3) END"
        listed[number * steps // expressions] = f'      - {{op: derive, columns: {{d{number}: "{derived}"}}}}'
    (folder / "data").mkdir(parents=True)
    (folder / "data/rows.csv").write_text(",".join([*names, "y"]) + "\n")
    spec = folder / "mlbuild.yaml"
    spec.write_text(
        "mlbuild: 1\nproject: long\nsources:\n  rows: {path: data/rows.csv, contract: row}\n"
        f"contracts:\n  row:\n    columns: {{{', '.join(f'{name}: float' for name in names)}, y: bool}}\n"
        "datasets:\n  all: {from: rows, split: {type: random, test: 0.2}}\n"
        "models:\n  m:\n    type: lightgbm.classifier\n    dataset: all\n    target: y\n"
        f"    features: [{', '.join(names)}]\n    preprocessing:\n" + "\n".join(listed) + "\n"
        "outputs:\n  o: {model: m}\n"
    )
    return folder


def commented(folder: Path) -> Callable[[], None]:
    """Return a function that changes a comment in the spec each time."""
    text, numbers = (folder / "mlbuild.yaml").read_text(), itertools.count()

    def edit() -> None:
        (folder / "mlbuild.yaml").write_text(f"# edit {next(numbers)}\n{text}")
        settle()

    return edit


def changed(folder: Path) -> Callable[[], None]:
    """Return a function that changes the number of leaves of a model each time."""
    text, numbers = (folder / "mlbuild.yaml").read_text(), itertools.count(5)

    def edit() -> None:
        (folder / "mlbuild.yaml").write_text(text.replace("num_leaves: 4", f"num_leaves: {next(numbers)}", 1))
        settle()

    return edit


def touch(folder: Path) -> None:
    """Change the modification time of every file of a project, as a fresh checkout does."""
    for path in [*folder.glob("data/*"), *folder.glob("dist/*/*"), folder / "mlbuild.yaml"]:
        os.utime(path)
    settle()


def rows(cases: list[Case], command: list[str], runs: int) -> list[list[str]]:
    found = []
    for case in cases:
        measured = pairs([*command, *case.words], runs, before=case.before, expected=case.expected)
        print(f"{case.name}: {measured.ratio:.2f}", file=sys.stderr)
        cells = [f"{measured.milliseconds:.1f}", f"{measured.ratio:.2f}", f"{case.budget:g}"]
        found.append([case.name, *cells])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="pairs for each command")
    parser.add_argument("--dry-run", action="store_true", help="print the table, leave the page as it is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = mlbuild_script(folder)
        small = project(folder / "small", LINES_300, command)
        large = project(folder / "large", size_of(1_000), command)
        edited, replanned, touched = (
            project(folder / name, LINES_300, command) for name in ("edited", "replanned", "touched")
        )
        found = rows(cases(small, large, edited, replanned), command, options.runs)
        again = pairs([*command, "-C", str(touched), "build"], 5, before=lambda: touch(touched))
        found.append(
            [
                "`build` after all modification times changed",
                f"{again.milliseconds:.1f}",
                f"{again.ratio:.2f}",
                "0 reruns",
            ]
        )
        extra = peak_kilobytes([*command, "-C", str(large), "build"]) - peak_kilobytes(BARE)
        long = long_spec(folder / "long", 10_000, 20, 100)
        seconds = median(cpu([*command, "-C", str(long), "check"]) for _ in range(3))
        lines = len((small / "mlbuild.yaml").read_text().splitlines())
    content = table(["command", "CPU ms", "ratio to bare Python", "budget"], found)
    text = (
        f"`python -m tests.bench.startup --runs {options.runs}`: CPU time of the whole process. The ratio is to `python -c pass` in the\n"
        f"same virtual environment. All values are medians of {options.runs} pairs of runs. The project has a spec of {lines} lines,"
        f" {LINES_300.sources} sources\nand {LINES_300.tasks} tasks.\n\n{content}\n\n"
        f"Peak memory of a null build of 1,000 tasks: {extra / 1024:+.1f} MB more than bare Python (budget: 4 MB).\n\n"
        f"`check` of 10,000 steps over 20 columns, 100 of them with SQL: {seconds:.2f} s CPU time (budget: 2.5 s)."
    )
    print(text)
    if not options.dry_run:
        write_section("startup", "Commands with little to do", text)


if __name__ == "__main__":
    main()
