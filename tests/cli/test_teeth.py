"""Tests and gates have teeth: they stop nearly everything that goes wrong with the example projects, and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from mlbuild.cli.exits import GATE, OK, USAGE
from tests.budget import examples, seed, tell
from tests.cli.running import Command
from tests.verdicts.teeth import DEMANDS, MUTATIONS, OUTPUTS, edit, project, table

#: An ordinary run makes a few mutations of the small project.
SOME = ("two labels are swapped on one island", "the sex tells the species", "it ends after one tree")
PROJECTS = examples(("penguins",), (*MUTATIONS,))


#: How many of 30 mutations may pass: with so few penguins, some that train on fewer rows are hardly worse.
PASSING = {"penguins": 3, "flights": 0}


def working(mlbuild: Command, name: str) -> None:
    """Write a project that passes what is demanded."""
    mlbuild.folder.rmdir()
    project(name, mlbuild.folder)
    assert mlbuild("build", "-q", "-j", "1", f"publish:{OUTPUTS[name]}").code == OK
    assert mlbuild("promote", OUTPUTS[name], "prod").code == OK
    edit(*DEMANDS[name])(mlbuild.folder)
    assert stops(mlbuild, name) == (OK, [])


def stops(mlbuild: Command, name: str) -> tuple[int, list[str]]:
    """Build; return the exit code, and the tests and gates that failed. They must be named with the right place."""
    done = mlbuild("build", "-j", "1", "--json", "--junit", "junit.xml", f"publish:{OUTPUTS[name]}")
    lines = (mlbuild.folder / "mlbuild.yaml").read_text(encoding="utf-8").splitlines()
    if done.code == USAGE:
        return done.code, [*_refused(lines, json.loads(done.out)["diagnostics"])]
    return done.code, [*_failed(lines, mlbuild.folder / "junit.xml")]


def _refused(lines: list[str], diagnostics: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the tests that `check` found to be about an input that the artifact no longer has."""
    start = lines.index(next(line for line in lines if line.startswith("tests:")))
    for one in diagnostics:
        if one["line"] > start and "is not an input" in one["message"]:
            name = next(line for line in lines[one["line"] - 1 :: -1] if re.match("  [a-z_]+:", line))
            yield f"test {name.strip().partition(':')[0]}, {one['code']}"


def _failed(lines: list[str], report: Path) -> Iterator[str]:
    """Yield the tests and gates that the JUnit file of a build reports as failures."""
    for one in ElementTree.parse(report).getroot().findall("testcase[failure]"):  # our own file
        line, name = lines[int(one.get("line", "0")) - 1], one.get("name", "")
        assert line.startswith((f"  {name}:", f"      - {{gate: {name.split()[0]},")), f"{name}: {line}"
        yield name


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
    right = [changed(mlbuild, name, fewer_rows(name, number)) for number in range(examples(1, 20))]
    sys.stdout.write("\n".join(["", *told, ""]))
    which = f", but not: {', '.join(passed)}" if passed else ""
    tell(f"{name}: {len(told) - len(passed)} of {len(told)} mutations stopped{which}")
    tell(f"{name}: the spec passes {right.count((OK, []))} of {len(right)} times with fewer rows")
    assert len(passed) <= PASSING[name], passed
    assert right == [(OK, [])] * len(right)


def fewer_rows(name: str, number: int) -> Callable[[Path], object]:
    """Return a change that removes a random twentieth of the rows."""

    def fewer(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.filter(np.random.default_rng((seed(), number)).random(rows.height) > 0.05)

    return table({"penguins": "penguins.csv", "flights": "flights.parquet"}[name], fewer)
