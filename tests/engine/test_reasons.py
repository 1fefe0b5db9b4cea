"""Differences of parameters: at leaves, and lists by content."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.engine.canonical import canonical
from mlbuild.engine.decide.reasons import differences
from tests.budget import examples

NAN = float("nan")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("param", ("a",), 1, 2)]),
        ({"a": NAN}, {"a": NAN}, []),
        ({"a": 0.0}, {"a": -0.0}, [("param", ("a",), 0.0, -0.0)]),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "d": 2}}, [
            ("param removed", ("a", "c"), 2, None), ("param added", ("a", "d"), None, 2),
        ]),
        ({"a": None}, {}, [("param removed", ("a",), None, None)]),
        ([1, 2, 3], [1, 9, 2, 3], [("param added", (1,), None, 9)]),
        ([1, 2, 3], [2, 3], [("param removed", (0,), 1, None)]),
        ([1, 2, 3], [1, 5, 3], [("param", (1,), 2, 5)]),
        ([{"op": "a", "x": 1}, {"op": "b"}], [{"op": "b"}, {"op": "a", "x": 1}], [
            ("param added", (0,), None, {"op": "b"}), ("param removed", (1,), {"op": "b"}, None),
        ]),
        ([{"op": "a", "x": 1}], [{"op": "a", "x": 2}], [("param", (0, "x"), 1, 2)]),
        ([{"op": "b"}, {"op": "a", "x": 1}], [{"op": "n"}, {"op": "b"}, {"op": "a", "x": 2}], [
            ("param added", (0,), None, {"op": "n"}), ("param", (2, "x"), 1, 2),
        ]),
        ({"a": [1]}, {"a": {"b": 1}}, [("param", ("a",), [1], {"b": 1})]),
        ([], [1, 2], [("param added", (0,), None, 1), ("param added", (1,), None, 2)]),
        ([1, 1, 1], [1, 1], [("param removed", (2,), 1, None)]),
    ],
)  # fmt: skip
def test_differences(old: Any, new: Any, expected: list[Any]) -> None:
    assert canonical(list(differences(old, new))) == canonical(expected)


def test_a_long_list_is_compared_by_content() -> None:
    old = [f"carrier {number}" for number in range(3000)]
    new = [*old[:7], "new", *old[7:2000], *old[2001:]]
    assert list(differences(old, new)) == [
        ("param added", (7,), None, "new"),
        ("param removed", (2000,), "carrier 2000", None),
    ]


LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.floats(0, 2) | st.sampled_from("ab")
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=15,
)


@given(JSON, JSON)
@settings(max_examples=examples(150, 20000), deadline=None)
def test_there_are_differences_exactly_where_values_differ(old: Any, new: Any) -> None:
    found = list(differences(old, new))
    assert bool(found) is (canonical(old) != canonical(new))
    for what, path, was, now in found:
        there, value = (old, was) if what == "param removed" else (new, now)
        assert canonical(at(there, path)) == canonical(value)


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value
