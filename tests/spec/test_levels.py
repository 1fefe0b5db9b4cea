"""A spec silences its warnings or turns them into errors, by code."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.diagnostics import WARNINGS
from mlbuild.params import params_of
from mlbuild.spec.check import check
from mlbuild.spec.warnings import Warnings
from tests.spec.checking import changed, checked, diagnosed

UNUSED = ("  tabular:\n", "  other: [{op: standard, columns: distance}]\n  tabular:\n")
SHARED = ("late: arr_delay > 15", "late: arr_delay > 15 + distance")


def leveled(level: str, *changes: tuple[str, str]) -> str:
    return changed(("seed: 7\n", f"seed: 7\nwarnings: {level}\n"), *changes)


def test_every_warning_can_be_silenced() -> None:
    assert set(params_of(Warnings)) == set(WARNINGS)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("{}", ["warning 34:3 unused"]),
        ("{unused: warn}", ["warning 34:3 unused"]),
        ("{unused: ignore}", []),
        ("{unused: error}", ["34:3 unused"]),
        ("{shared-with-target: error}", ["warning 34:3 unused"]),
    ],
)
def test_a_warning_is_told_as_the_spec_wants_it(level: str, said: list[str], tmp_path: Path) -> None:
    assert [line.split(" nothing")[0] for line in checked(tmp_path, leveled(level, UNUSED))] == said


@pytest.mark.parametrize(
    ("level", "sound", "said"),
    [
        ("{}", True, ["warning shared-with-target"]),
        ("{shared-with-target: ignore}", True, []),
        ("{shared-with-target: error}", False, ["error shared-with-target"]),
    ],
)
def test_what_is_raised_leaves_no_spec(level: str, sound: bool, said: list[str], tmp_path: Path) -> None:
    spec, found = diagnosed(
        tmp_path, leveled(level, SHARED, ("late: arr", "late: distance IS NOT NULL AND arr"))
    )
    assert [f"{one.severity} {one.code}" for one in found] == said
    assert (spec is not None) == sound


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (
            "{unusd: ignore}",
            "4:12 unknown-key unknown key 'unusd' in 'warnings' | did you mean 'unused'?",
        ),
        (
            "{not-unique: ignore}",
            "4:12 unknown-key unknown key 'not-unique' in 'warnings'"
            " | this is an error; only warnings can be changed here",
        ),
        (
            "{unused: off}",
            "4:20 not-allowed 'unused' must be one of ignore, warn, error, not 'off'",
        ),
        ("ignore", "4:11 wrong-type 'warnings' must be a map, not 'ignore'"),
    ],
)
def test_a_wish_that_means_nothing_is_refused(level: str, said: str, tmp_path: Path) -> None:
    """The warning itself is still reported if the rest is checked."""
    assert said in checked(tmp_path, leveled(level))


def test_a_profile_can_raise_warnings(tmp_path: Path) -> None:
    text = leveled("{unused: ignore}", UNUSED) + "profiles:\n  ci: {warnings: {unused: error}}\n"
    spec, found = diagnosed(tmp_path, text)
    assert (spec is not None, found) == (True, [])
    spec, found = check(tmp_path / "mlbuild.yaml", ["ci"])
    assert (spec, [one.code for one in found]) == (None, ["unused"])
