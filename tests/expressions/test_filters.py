"""What a filter proves about the rows that it keeps."""

from __future__ import annotations

import pytest

from mlbuild.expressions.binding import bind
from mlbuild.expressions.filters import known_not_null
from tests.expressions.sides import SCHEMA


@pytest.mark.parametrize(
    ("where", "proved"),
    [
        ("x IS NOT NULL", "x"),
        ("CONCAT(s, NULL, s) = 'a' AND s || 'b' = 'ab'", "s"),
        ("CONCAT(s, NULL) LIKE 'a%'", ""),
        ("NOT x IS NULL", "x"),
        ("x IS NULL", ""),
        ("x > 3", "x"),
        ("x > n", "n x"),
        ("x + n > 3 AND s = 'a'", "n s x"),
        ("x > 3 OR n > 3", ""),
        ("x > 3 OR x < 1", "x"),
        ("x IS NOT NULL AND (s = 'a' OR n = 1)", "x"),
        ("NOT (x IS NULL OR s IS NULL)", "s x"),
        ("NOT (x IS NULL AND s IS NULL)", ""),
        ("NOT x > 3", "x"),
        ("b", "b"),
        ("NOT b", "b"),
        ("b IS TRUE", "b"),
        ("b IS FALSE", "b"),
        ("b IS NOT TRUE", ""),
        ("(x > 1) IS TRUE", "x"),
        ("(x > 1) = b", "b x"),
        ("(b OR x > 1) = c", "c"),
        ("x BETWEEN 1 AND n", "n x"),
        ("x NOT BETWEEN 1 AND n", "x"),
        ("s IN ('a', 'b')", "s"),
        ("s NOT IN ('a', 'b')", "s"),
        ("s IN ('a', 'b', NULL)", ""),
        ("s LIKE 'a%'", "s"),
        ("d < m", "d m"),
        ("COALESCE(x, 0) > 1", ""),
        ("COALESCE(x, n) > 1", ""),
        ("LEAST(x, x + n) > 1", "x"),
        ("CASE WHEN b THEN x > 1 END", ""),
        ("ABS(LN(x)) < 2", "x"),
        ("CAST(x AS BIGINT) = 3", "x"),
        ("c AND NULL", "c"),
    ],
)
def test_known_not_null(where: str, proved: str) -> None:
    assert known_not_null(bind(where, SCHEMA)) == frozenset(proved.split())
