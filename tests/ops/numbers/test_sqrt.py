from __future__ import annotations

from tests.ops.written import after, problems, transformed

X = "{op: sqrt, columns: x}"
INF = float("inf")


def test_negative_numbers_have_no_square_root() -> None:
    rows = {"x": [4.0, 2.0, 0.0, -1.0, None, INF, -INF]}
    assert transformed(X, rows, x="float?") == {"x": [2.0, 2**0.5, 0.0, None, None, INF, None]}
    assert transformed(X, {"x": [9, -9]}, x="int") == {"x": [3.0, None]}
    assert after(X, x="int") == {"x": "float?"}


def test_bools_are_refused() -> None:
    message = "'sqrt' takes int or float, but column 'x' is bool"
    assert problems(X, x="bool") == [("0.columns", message)]
