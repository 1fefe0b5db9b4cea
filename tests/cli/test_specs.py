"""The example projects of the repository: all variants are valid, and what they build passes their tests and gates."""

from __future__ import annotations

import json
import shutil

import pytest

from mlbuild.cli.exits import OK
from tests.budget import examples, tell
from tests.cli.running import Command
from tests.projects import SPECS

#: Each example with the profiles to build it with. A soak builds all.
VARIANTS = {"penguins": ((),), "flights": ((), ("--profile", "search"))}
SMALL = ("penguins",)


def example(mlbuild: Command, name: str) -> None:
    shutil.copytree(
        SPECS / name,
        mlbuild.folder,
        ignore=shutil.ignore_patterns("dist*", ".mlbuild", "*.lock"),
        dirs_exist_ok=True,
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_valid(name: str, mlbuild: Command) -> None:
    example(mlbuild, name)
    for profile in VARIANTS[name]:
        done = mlbuild("check", *profile)
        assert (done.code, done.err) == (OK, "") and ": ok (" in done.out


def test_the_search_of_the_flights_has_its_trials_in_the_plan(mlbuild: Command) -> None:
    example(mlbuild, "flights")
    assert "trial:" not in mlbuild("plan", "--json").out, "it is not part of an ordinary build"
    tasks = json.loads(mlbuild("plan", "--json", "--profile", "search").out)["tasks"]
    kinds = [one["task"].partition(":")[0] for one in tasks]
    assert [kinds.count(kind) for kind in ("trial", "suggest", "select")] == [40, 10, 1]


@pytest.mark.parametrize("name", examples(SMALL, (*VARIANTS,)))
def test_what_is_built_passes(name: str, mlbuild: Command) -> None:
    example(mlbuild, name)
    told = []
    for profile in VARIANTS[name]:
        done = mlbuild("build", *profile)
        assert done.code == OK, done.err
        told += [f"{' '.join([name, *profile])}: {verdict}" for verdict in verdicts(done.out)]
    if name == "flights":
        assert mlbuild("promote", "late", "prod").code == OK
        done = mlbuild("build")
        assert done.code == OK, done.err
        assert "gates: 8 passed" in verdicts(done.out), "none is without a baseline"
    tell("; ".join(told))


def verdicts(printed: str) -> list[str]:
    """Return what a build says about tests and gates."""
    return [line.strip() for line in printed.splitlines() if line.startswith(("  tests:", "  gates:"))]
