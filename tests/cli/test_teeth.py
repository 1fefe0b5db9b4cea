"""Tests and gates have teeth: they stop nearly everything that goes wrong with the example projects, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlbuild.cli.exits import GATE, OK, USAGE
from tests.budget import examples, tell
from tests.cli.running import Command
from tests.verdicts.teeth import MUTATIONS, OUTPUTS, demanding, project, table

#: An ordinary run makes a few mutations of the small project.
SOME = ("two labels are swapped on one island", "the sex tells the species", "it ends after one tree")
PROJECTS = examples(("penguins",), (*MUTATIONS,))


def working(mlbuild: Command, name: str) -> None:
    """Write a project that passes what is demanded."""
    mlbuild.folder.rmdir()
    project(name, mlbuild.folder)
    assert mlbuild("build", "-q", "-j", "1", f"publish:{OUTPUTS[name]}").code == OK
    demanding(name, mlbuild.folder)
    assert stops(mlbuild, name) == (OK, [])


def stops(mlbuild: Command, name: str) -> tuple[int, list[str]]:
    """Build; return the exit code, and the tests and gates that failed. They must be named with the right place."""
    done = mlbuild("build", "-j", "1", "--json", f"publish:{OUTPUTS[name]}")
    lines = (mlbuild.folder / "mlbuild.yaml").read_text(encoding="utf-8").splitlines()
    told = json.loads(done.out)
    if done.code == USAGE:
        return done.code, [*_refused(lines, told["diagnostics"])]
    failures = told["failures"]
    return done.code, [*_tests(mlbuild, lines, failures), *_gates(lines, failures)]


def _refused(lines: list[str], diagnostics: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the tests that `check` found to be about an input that the artifact no longer has."""
    start = lines.index(next(line for line in lines if line.startswith("tests:")))
    for one in diagnostics:
        if one["line"] > start and "is not an input" in one["message"]:
            name = next(line for line in lines[one["line"] - 1 :: -1] if re.match("  [a-z_]+:", line))
            yield f"test {name.strip().partition(':')[0]}, {one['code']}"


def _tests(mlbuild: Command, lines: list[str], failures: dict[str, Any]) -> Iterator[str]:
    if not any(task.startswith("test:") for task in failures):
        return
    for one in json.loads(mlbuild("test", "-j", "1", "--json").out)["tests"]:
        if one["outcome"] == "failed":
            assert f"test:{one['test']}" in failures and lines[one["line"] - 1].startswith(
                f"  {one['test']}:"
            )
            yield f"test {one['test']}"


def _gates(lines: list[str], failures: dict[str, Any]) -> Iterator[str]:
    gates = [line.strip() for line in lines if line.startswith("      - {gate: ")]
    for task, failure in failures.items():
        if task.startswith("gate:"):
            for place, text in zip(failure["details"]["gates"], failure["details"]["lines"], strict=True):
                kind = text.split()[1]
                assert gates[place].startswith(f"- {{gate: {kind},")
                yield text.split(":")[0].split("  ")[1]


def changed(mlbuild: Command, name: str, change: Callable[[Path], object]) -> tuple[int, list[str]]:
    """Build with a change, and take it back."""
    kept = mlbuild.folder.with_name("kept")
    kept.mkdir()
    for kind in ("mlbuild.yaml", "data"):
        source = mlbuild.folder / kind
        (shutil.copytree if source.is_dir() else shutil.copy)(source, kept / kind)
    try:
        change(mlbuild.folder)
        return stops(mlbuild, name)
    finally:
        for kind in ("mlbuild.yaml", "data"):
            place = mlbuild.folder / kind
            shutil.rmtree(place) if place.is_dir() else place.unlink()
            shutil.move(kept / kind, place)
        kept.rmdir()


@pytest.mark.parametrize("name", PROJECTS)
def test_what_goes_wrong_is_stopped_and_nothing_else(mlbuild: Command, name: str) -> None:
    working(mlbuild, name)
    told, passed, mutations = [], [], MUTATIONS[name]
    for wrong in examples(SOME, (*mutations,)):
        code, found = changed(mlbuild, name, mutations[wrong])
        assert not found or code in (GATE, USAGE)
        told.append(f"{name}, {wrong}: {', '.join(dict.fromkeys(found)) or f'exit {code}'}")
        passed += [] if found else [wrong]
    right = [changed(mlbuild, name, fewer_rows(name, number)) for number in range(examples(1, 10))]
    sys.stdout.write("\n".join(["", *told, ""]))
    which = f", but not: {', '.join(passed)}" if passed else ""
    tell(f"{name}: {len(told) - len(passed)} of {len(told)} mutations stopped{which}")
    tell(f"{name}: the spec passes {right.count((OK, []))} of {len(right)} times with fewer rows")
    assert len(passed) <= len(told) / 20, passed
    assert right == [(OK, [])] * len(right)


def fewer_rows(name: str, number: int) -> Callable[[Path], object]:
    """Return a change that removes a random twentieth of the rows."""

    def fewer(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.filter(np.random.default_rng(number).random(rows.height) > 0.05)

    return table({"penguins": "penguins.csv", "flights": "flights.parquet"}[name], fewer)
