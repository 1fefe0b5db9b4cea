"""mlbuild and the build tools that it is compared with: how to describe the work to each, and to see what it did."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlbuild.frozen import frozen
from tests.bench import dvc
from tests.bench.process import Cost, cost
from tests.bench.stages import LEAF, SIZE, Stages, checksums
from tests.bench.trees import size_of, write_project

#: What a tool has run so far: each run of a task leaves a different mark.
Marks = set[tuple[str, Any]]


@frozen
class Kind:
    """What a tool works on: its external files, one of the files that it makes, and a way to see what ran."""

    write: Callable[[Path, int], object]
    inputs: tuple[str, ...]
    leaf: str
    rewrite: Callable[[Path], object]
    made: str
    marks: Callable[[Path], Marks]
    seed: Callable[[Path, int], object] | None = None


@frozen
class Tool:
    """A build tool: the command to run in a project's folder, and the largest size that it is used for.

    Above `built` tasks, `kind.seed` writes the results, because the tool would take too long. A build with little
    to do is repeated `runs` times, a full build runs once.
    """

    name: str
    command: tuple[str, ...]
    kind: Kind
    largest: int
    built: int
    runs: int

    def run(self, folder: Path) -> Cost:
        """Run the tool."""
        with contextlib.chdir(folder):
            return cost(self.command)


def tools(places: list[Path], command: list[str]) -> list[Tool]:
    """Return mlbuild's command, its engine, and the installed tools; `places` are folders to look for them first."""
    own = (*command, "build", "-j", "1", "--threads", "1")
    engine = (sys.executable, "-m", "tests.bench.stages")
    found = [
        Tool("mlbuild", own, SPECS, 10_000, 10_000, 15),
        Tool("mlbuild's engine", engine, _stages(_engine, made=""), 10_000, 10_000, 5),
    ]
    for name, kind, words, largest, built, runs in (
        ("make", _stages(_makefile), (), 10_000, 10_000, 15),
        ("ninja", _stages(_ninja), ("--quiet", "-j", "1"), 10_000, 10_000, 15),
        ("doit", _stages(_dodo), ("-v", "0"), 10_000, 10_000, 3),
        ("snakemake", _stages(_snakefile), ("-c", "1", "--quiet", "all"), 1_000, 1_000, 1),
        ("dvc", _stages(dvc.write, dvc.seed), ("repro", "-q"), 1_000, 100, 1),
    ):
        if program := _program(name, places):
            told = f"{name} {_version(program)}"
            found.append(Tool(told, (program, *words), kind, largest, built, runs))
    return found


def _program(name: str, places: list[Path]) -> str | None:
    return shutil.which(name, path=":".join(map(str, places))) or shutil.which(name)


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    return found.group() if found else ""


# Specs


def _write_spec(folder: Path, size: int) -> None:
    write_project(folder, size_of(size))


def _rewrite_rows(folder: Path) -> None:
    """Change a value in the first row."""
    file = folder / "data/s0.csv"
    head, first, *rest = file.read_text().splitlines()
    kind, amount, *others = first.split(",")
    first = ",".join([kind, str((int(amount) + 1) % 97), *others])
    file.write_text("\n".join([head, first, *rest]) + "\n")


def _recorded(folder: Path) -> Marks:
    """Return the tasks that have run according to the build records."""
    records = ((file.name, json.loads(file.read_bytes())["body"]) for file in folder.glob(".mlbuild/runs/*"))
    return {
        (task, name)
        for name, body in records
        for task, told in body["tasks"].items()
        if told["outcome"] == "ran"
    }


SPECS = Kind(
    _write_spec,
    ("data/*", "mlbuild.yaml"),
    "data/s0.csv",
    _rewrite_rows,
    "dist/o0/model.onnx",
    _recorded,
)


# Stages


def _stages(
    write: Callable[[Path, Stages], object],
    seed: Callable[[Path, int], object] | None = None,
    made: str = "out/45",
) -> Kind:
    def prepare(folder: Path, size: int) -> None:
        Stages(size).write_inputs(folder)
        write(folder, Stages(size))

    return Kind(prepare, ("in/*",), LEAF, _rewrite_leaf, made, _written, seed)


def _rewrite_leaf(folder: Path) -> None:
    (folder / LEAF).write_text(f"{time.time_ns()}\n")


def _written(folder: Path) -> Marks:
    return {(file.name, file.stat().st_mtime_ns) for file in folder.glob("out/*")}


def _engine(folder: Path, stages: Stages) -> None:
    """Write the files that `tests.bench.stages` reads."""
    (folder / SIZE).write_text(str(stages.size))


def _makefile(folder: Path, stages: Stages) -> None:
    lines = [f"all: {' '.join(map(stages.target, range(stages.size)))}"]
    for number in range(stages.size):
        reads = " ".join(stages.paths(number))
        lines += [f"{stages.target(number)}: {reads}", f"\t@cksum {reads} > $@"]
    (folder / "Makefile").write_text("\n".join(lines) + "\n")


def _ninja(folder: Path, stages: Stages) -> None:
    lines = ["rule cksum", "  command = cksum $in > $out"]
    lines += [
        f"build {stages.target(number)}: cksum {' '.join(stages.paths(number))}"
        for number in range(stages.size)
    ]
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")


def _dodo(folder: Path, stages: Stages) -> None:
    (folder / "dodo.py").write_text(
        f"""\
import zlib
STAGES = {checksums(stages)!r}
def checksum(reads, target):
    total = 0
    for path in reads:
        with open(path, "rb") as file:
            total = zlib.crc32(file.read(), total)
    with open(target, "w") as file:
        file.write(str(total))
def task_stage():
    for reads, target in STAGES:
        yield dict(name=target, actions=[(checksum, [reads, target])], file_dep=reads, targets=[target])
"""
    )


def _snakefile(folder: Path, stages: Stages) -> None:
    (folder / "Snakefile").write_text(
        f"""\
STAGES = {checksums(stages)!r}
rule all:
    input: [target for _, target in STAGES]
for number, (reads, target) in enumerate(STAGES):
    rule:
        name: f"s{{number}}"
        input: reads
        output: target
        shell: "cksum {{input}} > {{output}}"
"""
    )
