"""Build tools that mlbuild is compared with, and how each is told of the same stages."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.process import cpu
from tests.bench.stages import Stages


@dataclass(frozen=True)
class Tool:
    """A build tool: how it is told of stages, the command in their folder, and up to which size it is used.

    `runs` is how often a build is repeated that has little to do; a build from nothing is done once.
    """

    name: str
    write: Callable[[Path, Stages], None]
    command: tuple[str, ...]
    largest: int
    runs: int


def tools(places: list[Path]) -> list[Tool]:
    """mlbuild's engine, and the tools that are there; `places` are the folders to look for them first."""
    found = [Tool("mlbuild's engine", _engine, (sys.executable, "-m", "tests.bench.stages"), 10_000, 5)]
    for name, write, options, largest, runs in (
        ("make", _makefile, (), 10_000, 5),
        ("ninja", _ninja, ("--quiet",), 10_000, 5),
        ("doit", _dodo, ("-v", "0"), 10_000, 3),
        ("snakemake", _snakefile, ("-c", "1", "--quiet", "all"), 1_000, 1),
        ("dvc", _dvc, ("repro", "-q"), 100, 1),
    ):
        if program := _program(name, places):
            found.append(Tool(name, write, (program, *options), largest, runs))
    return found


def version(tool: Tool) -> str:
    """The name of a tool with its version."""
    if tool.command[0] == sys.executable:
        return tool.name
    done = subprocess.run([tool.command[0], "--version"], capture_output=True, text=True, check=True)
    words = done.stdout.split()
    return f"{tool.name} {next(word for word in words if word[0].isdecimal())}"


def _program(name: str, places: list[Path]) -> str | None:
    return shutil.which(name, path=":".join(map(str, places))) or shutil.which(name)


def _engine(folder: Path, stages: Stages) -> None:
    stages.write_inputs(folder)


def _makefile(folder: Path, stages: Stages) -> None:
    stages.write_inputs(folder)
    lines = [f"all: {_targets(stages)}"]
    for number in range(stages.size):
        reads = " ".join(stages.paths(number))
        lines += [f"{stages.target(number)}: {reads}", f"\t@cksum {reads} > $@"]
    (folder / "Makefile").write_text("\n".join(lines) + "\n")


def _ninja(folder: Path, stages: Stages) -> None:
    stages.write_inputs(folder)
    lines = ["rule cksum", "  command = cksum $in > $out"]
    lines += [
        f"build {stages.target(number)}: cksum {' '.join(stages.paths(number))}"
        for number in range(stages.size)
    ]
    (folder / "build.ninja").write_text("\n".join(lines) + "\n")


def _dodo(folder: Path, stages: Stages) -> None:
    stages.write_inputs(folder)
    (folder / "dodo.py").write_text(
        f"""\
import zlib
STAGES = {_stages(stages)!r}
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
    stages.write_inputs(folder)
    (folder / "Snakefile").write_text(
        f"""\
STAGES = {_stages(stages)!r}
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


def _dvc(folder: Path, stages: Stages) -> None:
    stages.write_inputs(folder)
    document: dict[str, Any] = {
        f"s{number}": {"cmd": f"cksum {' '.join(reads)} > {target}", "deps": reads, "outs": [target]}
        for number, (reads, target) in enumerate(_stages(stages))
    }
    (folder / "dvc.yaml").write_text(json.dumps({"stages": document}))
    (folder / ".dvc").mkdir()
    (folder / ".dvc/config").write_text("[core]\n    no_scm = True\n    analytics = false\n")


def _stages(stages: Stages) -> list[tuple[list[str], str]]:
    return [(stages.paths(number), stages.target(number)) for number in range(stages.size)]


def _targets(stages: Stages) -> str:
    return " ".join(map(stages.target, range(stages.size)))


def bring_up_to_date(tool: Tool, folder: Path, size: int) -> float:
    """Let a tool do what there is to do; returns its CPU seconds."""
    if tool.command[0] == sys.executable:
        return cpu([*tool.command, str(folder), str(size)])
    with contextlib.chdir(folder):
        return cpu(tool.command)
