from __future__ import annotations

import pytest

from tests.ops.written import after, problems, transformed

INF = float("inf")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("min: 0, max: 2", [0.0, 0.0, 1.5, 2.0, None]),
        ("min: -1", [-1.0, 0.0, 1.5, INF, None]),
        ("max: 1", [-INF, 0.0, 1.0, 1.0, None]),
    ],
)
def test_numbers_beyond_a_limit_become_the_limit(written: str, expected: list[float | None]) -> None:
    """Without a limit, infinite values stay infinite: onnxruntime would make them the largest finite number."""
    rows = {"x": [-INF, 0.0, 1.5, INF, None]}
    assert transformed(f"{{op: clip, columns: x, {written}}}", rows, x="float?") == {"x": expected}


def test_whole_numbers_stay_whole_with_whole_limits() -> None:
    text = "{op: clip, columns: x, min: 1, max: 3.0}"
    assert transformed(text, {"x": [-(2**53), 2, None, 2**53]}, x="int?") == {"x": [1, 2, None, 3]}
    assert after(text, x="int?") == {"x": "int?"}
    text = "{op: clip, columns: x, min: 0.5}"
    assert transformed(text, {"x": [0, 2]}, x="int") == {"x": [0.5, 2.0]}
    assert after("{op: clip, columns: x, max: 1e300}", x="int") == {"x": "float"}


@pytest.mark.parametrize(
    ("written", "at", "message"),
    [
        ("", "0", "'clip' needs 'min' or 'max'"),
        (", min: 2, max: 1", "0.min", "'min' must be less than 'max'"),
        (", min: 1, max: 1", "0.min", "'min' must be less than 'max'"),
    ],
)
def test_limits_that_make_no_sense_are_refused(written: str, at: str, message: str) -> None:
    assert problems(f"{{op: clip, columns: x{written}}}", x="float") == [(at, message)]


def test_only_numbers_are_clipped() -> None:
    message = "'clip' takes int or float, but column 'x' is bool"
    assert problems("{op: clip, columns: x, min: 0}", x="bool") == [("0.columns", message)]
