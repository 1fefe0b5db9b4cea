"""The results of expressions, by hand: on rows and in the graph."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlbuild.expressions.binding import bind
from mlbuild.expressions.constants import fold
from tests.expressions.sides import SCHEMA, by_onnx, by_polars, table

INF = math.inf


def check(text: str, expected: list[Any], **columns: list[Any]) -> None:
    typed = bind(text, SCHEMA)
    rows = table(**columns)
    assert by_polars(typed, rows) == expected
    assert by_onnx(typed, rows) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + 1", [1.0, 3.5, -1.5, None, INF]),
        ("x - x", [0.0, 0.0, 0.0, None, None]),
        ("x * 0", [0.0, 0.0, 0.0, None, None]),
        ("x / 2", [0.0, 1.25, -1.25, None, INF]),
        ("1 / x", [None, 0.4, -0.4, None, 0.0]),
        ("x / (x - x)", [None, None, None, None, None]),
        ("x % 2", [0.0, 0.5, -0.5, None, None]),
        ("2 % x", [None, 2.0, 2.0, None, 2.0]),
        ("-x", [0.0, -2.5, 2.5, None, -INF]),
        ("ABS(x)", [0.0, 2.5, 2.5, None, INF]),
        ("FLOOR(x)", [0.0, 2.0, -3.0, None, INF]),
        ("CEIL(x)", [0.0, 3.0, -2.0, None, INF]),
        ("ROUND(x)", [0.0, 2.0, -2.0, None, INF]),
        ("ROUND(x * 10, -1)", [0.0, 20.0, -20.0, None, INF]),
        ("SQRT(x * 10)", [0.0, 5.0, None, None, INF]),
        ("CAST(x AS BIGINT)", [0, 2, -2, None, None]),
        ("CAST(x * 1e300 AS BIGINT)", [0, None, None, None, None]),
        ("CAST(x AS BOOLEAN)", [False, True, True, None, True]),
        ("LEAST(x, 1)", [0.0, 1.0, -2.5, 1.0, 1.0]),
        ("GREATEST(x, NULL, 1)", [1.0, 2.5, 1.0, 1.0, INF]),
        ("COALESCE(x, 7)", [0.0, 2.5, -2.5, 7.0, INF]),
        ("COALESCE(x - x, 7)", [0.0, 0.0, 0.0, 7.0, 7.0]),
        ("NULLIF(x, 0)", [None, 2.5, -2.5, None, INF]),
        ("x > 0", [False, True, False, None, True]),
        ("x <= 0", [True, False, True, None, False]),
        ("x = x", [True, True, True, None, True]),
        ("x <> 2.5", [True, False, True, None, True]),
        ("x - x = 0", [True, True, True, None, None]),
        ("x IS NULL", [False, False, False, True, False]),
        ("x - x IS NULL", [False, False, False, True, True]),
        ("x BETWEEN 0 AND 2.5", [True, True, False, None, False]),
        ("x NOT BETWEEN 0 AND 2.5", [False, False, True, None, True]),
        ("x IN (0, 2.5)", [True, True, False, None, False]),
        ("x NOT IN (0, 2.5)", [False, False, True, None, True]),
        ("x IN (0, 2.5, NULL)", [True, True, None, None, None]),
        ("x NOT IN (0, NULL)", [False, None, None, None, None]),
        ("(x > 0) IS TRUE", [False, True, False, False, True]),
        ("(x > 0) IS NOT TRUE", [True, False, True, True, False]),
        ("(x > 0) IS FALSE", [True, False, True, False, False]),
        ("(x > 0) IS NULL", [False, False, False, True, False]),
        ("CASE WHEN x > 0 THEN 'plus' WHEN x = 0 THEN 'zero' END", ["zero", "plus", None, None, "plus"]),
        ("CASE x WHEN 0 THEN 1 WHEN NULL THEN 2 ELSE 3 END", [1, 3, 3, 3, 3]),
        ("IF(x > 0, x, -x)", [0.0, 2.5, 2.5, None, INF]),
        ("POWER(x, 2)", [0.0, 6.25, 6.25, None, INF]),
        ("POWER(x, 0)", [1.0, 1.0, 1.0, None, 1.0]),
        ("POWER(1, x)", [1.0, 1.0, 1.0, None, 1.0]),
        ("POWER(x, -1)", [None, 0.4, -0.4, None, 0.0]),
        ("POWER(x, 0.5) IS NULL", [False, False, True, True, False]),
        ("POWER(x * 1e300 * 1e300, 0.5)", [0.0, INF, None, None, INF]),
        ("POWER(x, x / x) IS NULL", [True, False, False, True, True]),
        ("POWER(x * 2, 1 / x) IS NULL", [True, False, True, True, False]),
        ("LN(x) IS NULL", [True, False, True, True, False]),
        ("SIGN(x)", [0, 1, -1, None, 1]),
        ("TRUNC(x)", [0.0, 2.0, -2.0, None, INF]),
        ("SIN(x * 0)", [0.0, 0.0, 0.0, None, None]),
        ("COS(x * 0)", [1.0, 1.0, 1.0, None, None]),
        ("LOG10(x) IS NULL", [True, False, True, True, False]),
        ("WIDTH_BUCKET(x, 0, 5, 2)", [1, 2, 0, None, 3]),
        ("WIDTH_BUCKET(x, 5, 0, 2)", [3, 2, 3, None, 0]),
        ("WIDTH_BUCKET(x, -2.5, 2.5, 5)", [3, 6, 1, None, 6]),
        ("EXP(x * 0)", [1.0, 1.0, 1.0, None, None]),
        ("EXP(-x * 1e9)", [1.0, 0.0, INF, None, 0.0]),
    ],
)
def test_numbers(text: str, expected: list[Any]) -> None:
    check(text, expected, x=[0.0, 2.5, -2.5, None, INF])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b AND c", [True, False, False, False, None, False]),
        ("b OR c", [True, True, True, False, True, None]),
        ("NOT b", [False, False, True, True, None, None]),
        ("b = c", [True, False, False, True, None, None]),
        ("b <> c", [False, True, True, False, None, None]),
        ("b IS NULL", [False, False, False, False, True, True]),
        ("COALESCE(b, NOT c)", [True, True, False, False, False, True]),
        ("IF(b, 1, 0)", [1, 1, 0, 0, 0, 0]),
        ("CASE WHEN c THEN b END", [True, None, False, None, None, None]),
        ("CAST(b AS BIGINT)", [1, 1, 0, 0, None, None]),
        ("CAST(b AS DOUBLE) / 2", [0.5, 0.5, 0.0, 0.0, None, None]),
        ("b AND NULL", [None, None, False, False, None, None]),
        ("b IN (TRUE, NULL)", [True, True, None, None, None, None]),
    ],
)
def test_kleene_logic(text: str, expected: list[Any]) -> None:
    check(text, expected, b=[True, True, False, False, None, None], c=[True, False, True, False, True, False])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s = 'a'", [True, False, False, None, False]),
        ("s <> 'a'", [False, True, True, None, True]),
        ("s = t", [False, True, False, None, False]),
        ("s IS NULL", [False, False, False, True, False]),
        ("s = ''", [False, True, False, None, False]),
        ("COALESCE(s, t)", ["a", "", "été", "x", "a.b\n"]),
        ("COALESCE(s, 'none')", ["a", "", "été", "none", "a.b\n"]),
        ("NULLIF(s, '')", ["a", None, "été", None, "a.b\n"]),
        ("IF(s = 'a', 'A', s)", ["A", "", "été", None, "a.b\n"]),
        ("IF(s IS NULL, NULL, t)", ["b", "", "ete", None, "c"]),
        ("s IN ('a', '')", [True, True, False, None, False]),
        ("s NOT IN ('a', 'été')", [False, True, False, None, True]),
        ("s LIKE '_'", [True, False, False, None, False]),
        ("s LIKE '___'", [False, False, True, None, False]),
        ("s LIKE 'a%'", [True, False, False, None, True]),
        ("s LIKE 'a.%'", [False, False, False, None, True]),
        ("s LIKE '%b_'", [False, False, False, None, True]),
        ("s NOT LIKE '%t%'", [True, True, False, None, True]),
        ("s LIKE ''", [False, True, False, None, False]),
        ("s LIKE '%'", [True, True, True, None, True]),
        ("t IS NULL", [False, False, False, False, False]),
        ("s || t", ["ab", "", "étéete", None, "a.b\nc"]),
        ("t || '-' || s", ["b-a", "-", "ete-été", None, "c-a.b\n"]),
        ("CONCAT(s, NULL, t)", ["ab", "", "étéete", "x", "a.b\nc"]),
        ("s || t = 'ab'", [True, False, False, None, False]),
        ("s ILIKE 'A%'", [True, False, False, None, True]),
        ("s ILIKE 'ÉTÉ'", [False, False, True, None, False]),
        ("STARTS_WITH(s, 'a.')", [False, False, False, None, True]),
        ("ENDS_WITH(s, 'é')", [False, False, True, None, False]),
        ("CONTAINS(s, '.')", [False, False, False, None, True]),
        ("REGEXP_LIKE(s, '.b')", [False, False, False, None, True]),
        ("REGEXP_LIKE(s, 'b$')", [False, False, False, None, False]),
        ("REGEXP_LIKE(s, '^[a-zé]{1,3}$')", [True, False, True, None, False]),
        ("REGEXP_LIKE(s, '(?i)^(A|É)')", [True, False, True, None, True]),
        ("NOT REGEXP_LIKE(s, '^$')", [True, False, True, None, True]),
    ],
)
def test_texts(text: str, expected: list[Any]) -> None:
    check(text, expected, s=["a", "", "été", None, "a.b\n"], t=["b", "", "ete", "x", "c"])


@pytest.mark.parametrize(
    "text", ["(a|b)", "a+", "^a$", "\\d", "[a]", "{1}", "a#b", "a-b", "ß", "🛫", "a\tb", "'"]
)
def test_like_takes_all_but_its_two_wildcards_literally(text: str) -> None:
    pattern = text.replace("'", "''") + "%"
    check(f"s LIKE '{pattern}'", [True, True, False, False], s=[text, text + "1", "a1", "a"])


@pytest.mark.parametrize("part", ["%a", "_", "%_", "a%_", "🛫%é_", "%%%_a"])
def test_the_longest_patterns_of_like_are_matched_on_long_texts(part: str) -> None:
    pattern = part * (500 // len(part))
    texts = ["a" * 3_000, "a" * 3_000 + "b", "🛫é" * 1_000, "b" * 3_000, ""]
    expected = [like(text, pattern) for text in texts]
    check(f"s LIKE '{pattern}'", expected, s=texts)
    for text, matches in zip(texts, expected, strict=True):
        assert fold(("like", ("string", text), pattern), "bool") == ("bool", matches)


@given(st.text("ab.%_", max_size=12), st.text("ab.\n", max_size=12))
def test_like_of_literals(pattern: str, text: str) -> None:
    assert fold(("like", ("string", text), pattern), "bool") == ("bool", like(text, pattern))


def like(text: str, pattern: str) -> bool:
    """Evaluate LIKE with the positions in the pattern that can be reached after each character."""
    reached = {0}
    for char in [*text, None]:
        for place in range(len(pattern)):
            if place in reached and pattern[place] == "%":
                reached.add(place + 1)
        if char is not None:
            reached = {place for place in reached if pattern[place : place + 1] == "%"} | {
                place + 1 for place in reached if pattern[place : place + 1] in ("_", char)
            }
    return len(pattern) in reached


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("d > '2013-10-01'", [False, False, True, None]),
        ("d = '2013-10-01'", [True, False, False, None]),
        ("d <> '2013-10-01'", [False, True, True, None]),
        ("d <= m", [True, True, False, None]),
        ("d = m", [False, True, False, None]),
        ("m < '2013-10-01 12:30'", [False, True, True, None]),
        ("m = '2013-10-01T14:30:00+02:00'", [True, False, False, None]),
        ("d IN ('2013-10-01', '1969-12-31')", [True, True, False, None]),
        ("d NOT IN ('2013-10-01', NULL)", [False, None, None, None]),
        ("d IS NULL", [False, False, False, True]),
        ("d - '1970-01-01'", [15979, -1, 15980, None]),
        ("d - d", [0, 0, 0, None]),
        (
            "COALESCE(d, '2000-01-01')",
            [date(2013, 10, 1), date(1969, 12, 31), date(2013, 10, 2), date(2000, 1, 1)],
        ),
        (
            "GREATEST(d, m)",
            [datetime(2013, 10, 1, 12, 30), datetime(1969, 12, 31), datetime(2013, 10, 2), None],
        ),
        ("IF(d < m, d)", [date(2013, 10, 1), None, None, None]),
        ("d BETWEEN '1969-12-31' AND '2013-10-01'", [True, True, False, None]),
    ],
)
def test_dates(text: str, expected: list[Any]) -> None:
    days = [date(2013, 10, 1), date(1969, 12, 31), date(2013, 10, 2), None]
    moments = [datetime(2013, 10, 1, 12, 30), datetime(1969, 12, 31), datetime(1970, 1, 1), None]
    check(text, expected, d=days, m=moments)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n + 1", [None, 2**53, 1, -6]),
        ("n * n", [None, None, 0, 49]),
        ("n % 3", [None, 1, 0, -1]),
        ("n / 2", [None, (2**53 - 1) / 2, 0.0, -3.5]),
        ("ROUND(n, -1)", [None, 9007199254740990, 0, -10]),
        ("COALESCE(n, 1)", [1, 2**53 - 1, 0, -7]),
        ("n = 9007199254740991", [None, True, False, False]),
    ],
)
def test_whole_numbers(text: str, expected: list[Any]) -> None:
    """An int result beyond 64 bits is missing."""
    check(text, expected, n=[None, 2**53 - 1, 0, -7])


def test_logarithms_of_powers_of_their_base_are_exact() -> None:
    tens, twos = range(-22, 23), range(-64, 65)
    check("LOG10(y)", [float(k) for k in tens], y=[float(f"1e{k}") for k in tens])
    check("LOG2(y)", [float(k) for k in twos], y=[2.0**k for k in twos])


def test_a_value_at_the_edge_of_a_bucket_is_in_the_upper_one() -> None:
    edges = [low / 10 for low in range(-1, 12)]
    check("WIDTH_BUCKET(y, 0, 1, 10)", [0, *range(1, 11), 11, 11], y=edges)
    check("WIDTH_BUCKET(y, 0, 1, 10)", [10, 1], y=[math.nextafter(1, 0), -0.0])


def test_rounding_is_half_to_even_and_leaves_large_numbers_alone() -> None:
    check("ROUND(y)", [0.0, 2.0, 2.0, -2.0, 1e300], y=[0.5, 1.5, 2.5, -2.5, 1e300])
    check("ROUND(y, 2)", [0.12, 2.68, 1e300, 4503599627370497.0], y=[0.125, 2.676, 1e300, 2.0**52 + 1])
    check("ROUND(y, 15)", [0.1, 1e300], y=[0.1, 1e300])


def test_the_remainder_is_exact_and_has_the_sign_of_the_dividend() -> None:
    check("y % 7", [4.0, -4.0, 0.0, math.fmod(1e300, 7)], y=[4.0, -4.0, 49.0, 1e300])
    check("y % -7", [4.0, -4.0], y=[4.0, -4.0])


def test_a_division_by_a_literal_multiplies_with_its_inverse() -> None:
    check("y / 3.7", [10.0 * (1 / 3.7)], y=[10.0])
    check("y / (0.7 + 3)", [10.0 * (1 / 3.7)], y=[10.0])


def test_the_sign_of_a_zero_never_shows() -> None:
    zeros = {"y": [0.0, -0.0]}
    for text in ("1 / y", "POWER(y, -1)", "LN(y)", "1 % y"):
        check(text, [None, None], **zeros)
    for text in ("y = 0", "y IN (0, 5)", "y <= -0.0", "y >= 0"):
        check(text, [True, True], **zeros)


def test_no_rows_and_one_row() -> None:
    for text in (
        "x + 1",
        "x > 1 AND s = 'a'",
        "COALESCE(s, 'b')",
        "IF(x > 1, 'a', 'b')",
        "GREATEST(d, m)",
        "x IN (1, 2)",
        "s LIKE 'a%'",
    ):
        typed = bind(text, SCHEMA)
        for count in (0, 1):
            rows = table(
                x=[1.0] * count,
                s=["a"] * count,
                d=[date(2013, 1, 1)] * count,
                m=[datetime(2013, 1, 1, 5)] * count,
            )
            assert by_onnx(typed, rows) == by_polars(typed, rows)
            assert len(by_polars(typed, rows)) == count


def test_a_filter_keeps_what_is_true() -> None:
    rows = table(x=[1.0, None, 5.0])
    assert rows.filter(bind("x > 3", SCHEMA).to_polars())["x"].to_list() == [5.0]
    assert rows.filter(bind("NOT x > 3", SCHEMA).to_polars())["x"].to_list() == [1.0]
