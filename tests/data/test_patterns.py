"""Patterns choose the same files on servers, which list paths, as in local folders, which are searched."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mlbuild.data.locators.patterns import matching, path_fits, start
from tests import budget

NAMES = ("a", "b", ".a", "day=1", "day=2", "a.csv", "b.csv", ".c.csv", "[a].csv")
STEPS = ("*", "**", "a", "b", ".*", "day=*", "day=[12]", "?", "*.csv", "[ab].csv", "[!a]*", "[[]a].csv", ".")


def test_a_path_fits_if_the_search_finds_it(tmp_path: Path) -> None:
    chance = random.Random(budget.seed())
    for tree in range(budget.examples(4, 40)):
        root = tmp_path / str(tree)
        for _ in range(40):
            folders = [one for one in chance.choices(NAMES, k=chance.randrange(4)) if ".csv" not in one]
            file = root.joinpath(*folders, chance.choice(NAMES[5:]))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"")
        paths = sorted(one.relative_to(root).as_posix() for one in root.rglob("*") if one.is_file())
        for _ in range(150):
            pattern = "/".join(chance.choices(STEPS, k=chance.randrange(1, 5)))
            assert [one for one in paths if path_fits(one, pattern)] == [*matching(root, pattern).files], (
                pattern
            )


@pytest.mark.parametrize(
    ("pattern", "folder"),
    [
        ("*.csv", ""),
        ("days/*.csv", "days/"),
        ("a/day=*/[0-9]/x.csv", "a/"),
        ("a/b?/x.csv", "a/"),
        ("a/b/[x].csv", "a/b/"),
        ("/*.csv", "/"),
        ("/data/**/x.csv", "/data/"),
    ],
)
def test_the_folder_that_is_searched(pattern: str, folder: str) -> None:
    assert start(pattern) == folder


@pytest.mark.parametrize("pattern", ["/".join(["**"] * 12 + ["x"]), "*" * 30 + "x"])
def test_no_pattern_takes_long(pattern: str) -> None:
    assert not path_fits("/".join("a" * 30), pattern)
