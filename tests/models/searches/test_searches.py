"""Laws of all searches and dimensions."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from mlbuild.models.searches import SEARCHES
from mlbuild.models.searches.dimensions import DIMENSIONS
from mlbuild.models.searches.dimensions.dimension import Dimension
from mlbuild.models.searches.search import DIMENSION, Params, Search, Tried
from mlbuild.params import read

SPACE: dict[str, Any] = {
    "depth": {"type": "int", "min": 2, "max": 40, "log": True},
    "count": {"type": "int", "min": -5, "max": 5},
    "rate": {"type": "float", "min": 0.001, "max": 0.3, "log": True},
    "share": {"type": "float", "min": -1, "max": 1},
    "kind": {"type": "choice", "values": ["a", "b", True]},
}

each_search = pytest.mark.parametrize("type_", SEARCHES.names)


def search(type_: str, **changes: Any) -> Search:
    told = {"type": type_, "trials": 40, "together": 4, "space": {"params": SPACE}, **changes}
    return read(SEARCHES.named(type_), told)


def distance(params: Mapping[str, Any]) -> float:
    """A bowl with its lowest point at depth 12, rate 0.05 and share 0.3."""
    far = (math.log(params["depth"] / 12), math.log(params["rate"] / 0.05) / 2, params["share"] - 0.3)
    return sum(one**2 for one in far) + (0.2 if params["kind"] != "b" else 0)


def played(one: Search, seed: int, rounds: int) -> list[Tried]:
    tried: list[Tried] = []
    for number in range(rounds):
        tried += [Tried(params, distance(params)) for params in one.suggest(seed, number, tried)]
    return tried


def contains(dimension: Dimension, value: Any) -> bool:
    ends = [*dimension.ends().values()]
    if isinstance(value, (str, bool)):
        return value in ends
    return bool(min(ends) <= value <= max(ends))


def test_every_kind_of_dimension_is_in_the_space() -> None:
    assert {one["type"] for one in SPACE.values()} == {*DIMENSIONS.names}


@each_search
def test_suggestions_are_in_the_space_and_have_few_digits(type_: str) -> None:
    dimensions = {name: DIMENSION.read(one) for name, one in SPACE.items()}
    one = search(type_)
    for tried in played(one, 1, 6):
        assert {*tried.params} == {*SPACE}
        for name, value in tried.params.items():
            assert contains(dimensions[name], value), (name, value)
            assert not isinstance(value, float) or value == float(f"{value:.6g}")


@each_search
def test_a_round_has_together_suggestions_that_differ(type_: str) -> None:
    for together in (1, 3, 7):
        suggested = search(type_, together=together).suggest(0, 0, [])
        assert len(suggested) == together
        assert len({json.dumps(one, sort_keys=True) for one in suggested}) == together


@each_search
def test_the_number_of_trials_changes_no_suggestion(type_: str) -> None:
    assert played(search(type_, trials=8), 3, 2) == played(search(type_, trials=800), 3, 2)


@each_search
def test_seeds_and_rounds_differ(type_: str) -> None:
    one = search(type_)
    assert one.suggest(1, 0, []) != one.suggest(2, 0, [])
    assert one.suggest(1, 0, []) != one.suggest(1, 1, [])


@each_search
def test_failed_trials_are_no_obstacle(type_: str) -> None:
    one = search(type_)
    tried = [Tried(params, None) for params in one.suggest(1, 0, [])]
    assert len(one.suggest(1, 1, tried)) == 4


def test_a_search_that_learns_finds_better_settings_than_chance() -> None:
    best = {
        type_: [min(one.distance or 0 for one in played(search(type_), seed, 10)) for seed in range(4)]
        for type_ in SEARCHES.names
    }
    for type_, found in best.items():
        if type_ != "random":
            assert sum(found) < sum(best["random"])


@each_search
def test_suggestions_are_the_same_in_every_process(type_: str) -> None:
    code = (
        "import json, sys\n"
        "from tests.models.searches.test_searches import played, search\n"
        f"print(json.dumps([one.params for one in played(search({type_!r}), 5, 4)]))\n"
    )
    told = []
    for seed, disabled in (("1", ""), ("2", "AVX512F AVX512CD AVX512_SKX")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "NPY_DISABLE_CPU_FEATURES": disabled}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        told.append(json.loads(done.stdout))
    own: list[Params] = [one.params for one in played(search(type_), 5, 4)]
    assert told == [own, own]


@pytest.mark.parametrize("name", SPACE)
def test_a_dimension_reaches_its_ends_and_nothing_else(name: str) -> None:
    dimension = DIMENSION.read(SPACE[name])
    values = [dimension.at(share / 10_000) for share in range(10_000)]
    assert all(contains(dimension, value) for value in values)
    ends = [*dimension.ends().values()]
    assert values[0] == ends[0]
    if SPACE[name]["type"] != "float":
        assert values[-1] == ends[-1]
    else:
        assert values[-1] == pytest.approx(ends[-1], abs=1e-3)
