"""A shape matches what it describes, and nothing else."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mlbuild.engine.decide.documents import Shape, build_name, fits, seconds, size

ANYTHING: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    math.nan,
    math.inf,
    "",
    "a",
    [],
    [1],
    ["a"],
    {},
    {"a": 1},
    {"a": "b"},
]


@pytest.mark.parametrize(
    ("shape", "fitting"),
    [
        (object, ANYTHING),
        (None, [None]),
        (bool, [True]),
        (int, [0, -1]),
        (str, ["", "a"]),
        ((None, str), [None, "", "a"]),
        ([str], [[], ["a"]]),
        ([(int, str)], [[], [1], ["a"]]),
        ([str, str], []),
        ([object, object], []),
        ({}, [{}]),
        ({str: object}, [{}, {"a": 1}, {"a": "b"}]),
        ({str: str}, [{}, {"a": "b"}]),
        ({"a": int}, [{"a": 1}]),
        ({"a": int, "b": int}, []),
        (size, [0]),
        (seconds, [0, 1.5]),
        (build_name, ["a"]),
        (("a", "b"), ["a"]),
    ],
)
def test_a_shape(shape: Shape, fitting: list[Any]) -> None:
    found = [value for value in ANYTHING if fits(value, shape)]
    assert [repr(value) for value in found] == [repr(value) for value in fitting]


def test_a_list_of_several_shapes_has_as_many_values() -> None:
    assert fits(["a", 1], [str, int])
    assert not any(fits(value, [str, int]) for value in (["a"], ["a", 1, 1], [1, "a"], []))


@pytest.mark.parametrize("name", ["20260101T000000Z-1f6c4d", "x" * 64])
def test_the_name_of_a_build(name: str) -> None:
    assert build_name(name)
    assert not any(
        build_name(other) for other in (f"{name}\n", f"{name}/..", f"\x1b{name}", f"{name}é", name * 65)
    )
