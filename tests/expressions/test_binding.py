"""The meaning of a text: its canonical tree, its type, and the columns that it reads."""

from __future__ import annotations

from typing import Any

import pytest

from mlbuild.columns import ColumnType, Schema
from mlbuild.expressions.binding import bind
from tests.expressions.sides import SCHEMA

X, Y = ("column", "x", "float"), ("column", "y", "float")
N, K = ("column", "n", "int"), ("column", "k", "int")
B, S, D, M = (
    ("column", "b", "bool"),
    ("column", "s", "string"),
    ("column", "d", "date"),
    ("column", "m", "datetime"),
)


def number(value: float) -> tuple[str, str]:
    return ("float", repr(float(value)))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x + 1", ("+", X, number(1))),
        ("n + 1", ("+", N, ("int", "1.0"))),
        ("n + 1.0", ("+", N, number(1))),
        ("-x", ("neg", X)),
        ("x - -2", ("-", X, number(-2))),
        ("x / 4", ("*", X, number(0.25))),
        ("x / (2 + 2)", ("*", X, number(0.25))),
        ("x / n", ("/", X, N)),
        ("1 / x", ("/", number(1), X)),
        ("x / 5e-324", ("/", X, number(5e-324))),
        ("COALESCE(x, 1 / 3)", ("coalesce", X, number(1 / 3))),
        ("x > 3", ("<", number(3), X)),
        ("x >= 3", ("<=", number(3), X)),
        ("x <> 3", ("not", ("=", X, number(3)))),
        ("x != 3", ("not", ("=", X, number(3)))),
        ("x BETWEEN 1 AND 2", ("and", ("<=", number(1), X), ("<=", X, number(2)))),
        ("x NOT IN (2, 1, 2)", ("not", ("in", X, number(1), number(2)))),
        ("n IN (1)", ("=", N, ("int", "1.0"))),
        ("s IN ('b', NULL, 'a')", ("or", ("in", S, ("string", "a"), ("string", "b")), ("null", "bool"))),
        ("x IS NOT NULL", ("not", ("is_null", X))),
        ("b IS FALSE", ("is_true", ("not", B))),
        ("b IS NOT TRUE", ("not", ("is_true", B))),
        ("b = TRUE", ("=", B, ("bool", True))),
        ("b AND (x > 1 AND c)", ("and", B, ("<", number(1), X), ("column", "c", "bool"))),
        ("b AND TRUE", B),
        ("NOT NOT b", B),
        ("b OR 1 = 2", B),
        ("IF(b, x, 1)", ("case", B, X, number(1))),
        ("IF(b, x)", ("case", B, X, ("null", "float"))),
        (
            "CASE n WHEN 1 THEN 'a' END",
            ("case", ("=", N, ("int", "1.0")), ("string", "a"), ("null", "string")),
        ),
        ("CASE WHEN FALSE THEN x WHEN TRUE THEN y ELSE x END", Y),
        ("NULLIF(s, '')", ("case", ("=", S, ("string", "")), ("null", "string"), S)),
        ("COALESCE(NULL, x, 1, y)", ("coalesce", X, number(1))),
        ("COALESCE(x, NULL)", X),
        ("LEAST(x, NULL, n)", ("least", X, N)),
        ("ROUND(x)", ("round", X, 0)),
        ("ROUND(x, -2)", ("round", X, -2)),
        ("ROUND(n, 2)", N),
        ("FLOOR(n)", N),
        ("CEILING(x)", ("ceil", X)),
        ("POW(x, 2)", ("power", X, number(2))),
        ("MOD(x, 2)", ("%", X, number(2))),
        ("s LIKE 'a%%_.'", ("like", S, "a%_.")),
        ("s LIKE 'a'", ("=", S, ("string", "a"))),
        ("s NOT LIKE 'a%'", ("not", ("like", S, "a%"))),
        ("CAST(x AS BIGINT)", ("cast", X, "int")),
        ("x::DOUBLE", X),
        ("CAST(n AS DOUBLE)", ("cast", N, "float")),
        ("CAST(x AS BOOLEAN)", ("cast", X, "bool")),
        ("d > '2013-10-01'", ("<", ("date", "2013-10-01"), D)),
        ("DATE '2013-10-01' < d", ("<", ("date", "2013-10-01"), D)),
        ("d = '2013-10-01 12:30'", ("=", ("cast", D, "datetime"), ("datetime", "2013-10-01T12:30:00"))),
        ("m = '2013-10-01T12:30:00+02:00'", ("=", M, ("datetime", "2013-10-01T10:30:00"))),
        ("m > '2013-10-01'", ("<", ("datetime", "2013-10-01T00:00:00"), M)),
        ("m < d", ("<", M, ("cast", D, "datetime"))),
        ("d - '1970-01-02'", ("-", ("days", D), ("int", "1.0"))),
        ("1e308 * 10 + x", ("+", number(float("inf")), X)),
        ("x = -0.0", ("=", X, number(0))),
        ("x > 0 -- above\n", ("<", number(0), X)),
    ],
)
def test_tree(text: str, tree: tuple[Any, ...]) -> None:
    assert bind(text, SCHEMA).tree == tree


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x > 3 and b", "(X_IS) > 3 AND b".replace("X_IS", "x")),
        ("x>3", "  x\n > ( 3 )"),
        ("x > 3", "3 < x"),
        ("x > 3", "x > 3.0"),
        ("x > 1000", "x > 1e3"),
        ("coalesce(x, 0)", "IFNULL(x, 0)"),
        ("case when b then x end", "IF(b, x, NULL)"),
        ("b and c and b", "(b AND (c AND b))"),
        ("s in ('a', 'b')", "s IN ('b', 'a', 'b')"),
        ("x <> 1", "NOT x = 1"),
        ('"x" + 1', "x + 1"),
        ("x is not null", "NOT x IS NULL"),
        ("x % 3", "MOD(x, 3)"),
        ("x = 1", "x == 1"),
    ],
)
def test_spellings_of_one_meaning_are_one_tree(one: str, other: str) -> None:
    assert bind(one, SCHEMA) == bind(other, SCHEMA)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("k + 1", "int"),
        ("k * k - k", "int"),
        ("k % 2", "int"),
        ("k % k", "int, nullable"),
        ("k + 0.5", "float"),
        ("k / 2", "float"),
        ("y / 0.5", "float"),
        ("y / k", "float, nullable"),
        ("y + n", "float, nullable"),
        ("-k", "int"),
        ("ABS(n)", "int, nullable"),
        ("ROUND(y, 1)", "float"),
        ("FLOOR(y)", "float"),
        ("CAST(FLOOR(y) AS BIGINT)", "int"),
        ("CAST(c AS BIGINT)", "int"),
        ("CAST(k AS DOUBLE)", "float"),
        ("EXP(y)", "float"),
        ("LN(y)", "float, nullable"),
        ("SQRT(y)", "float, nullable"),
        ("POWER(k, 2)", "float"),
        ("POWER(y, 0.5)", "float, nullable"),
        ("y > 1", "bool"),
        ("x > 1", "bool, nullable"),
        ("x > 1 AND c", "bool, nullable"),
        ("x IS NULL", "bool"),
        ("b IS TRUE", "bool"),
        ("t = 'a'", "bool"),
        ("t IN ('a', 'b')", "bool"),
        ("t IN ('a', 'b', NULL)", "bool, nullable"),
        ("s LIKE 'a%'", "bool, nullable"),
        ("IF(c, 1, 2)", "int"),
        ("IF(c, 1, 2.5)", "float"),
        ("IF(c, 'a')", "string, nullable"),
        ("CASE WHEN b THEN t ELSE 'x' END", "string"),
        ("COALESCE(x, 0)", "float"),
        ("COALESCE(n, x)", "float, nullable"),
        ("COALESCE(s, 'none')", "string"),
        ("NULLIF(k, 0)", "int, nullable"),
        ("LEAST(x, y)", "float"),
        ("GREATEST(n, n)", "int, nullable"),
        ("GREATEST(d, m)", "datetime, nullable"),
        ("COALESCE(d, '2013-10-01')", "date"),
        ("COALESCE(d, '2013-10-01 12:00')", "datetime"),
        ("d - d", "int, nullable"),
        ("CASE WHEN c THEN k WHEN TRUE THEN 2 ELSE y END", "float"),
        ("CASE WHEN FALSE THEN y ELSE k END", "float"),
        ("COALESCE(n, 1, y)", "float"),
        ("COALESCE(n, CAST(NULL AS DOUBLE))", "float, nullable"),
        ("LEAST(n, CAST(NULL AS DOUBLE))", "float, nullable"),
    ],
)
def test_type(text: str, type_: str) -> None:
    typed = bind(text, SCHEMA)
    assert str(typed.type) == type_
    assert typed.type.finite
    assert bind(typed.tree, SCHEMA) == typed


@pytest.mark.parametrize(
    ("text", "type_", "finite"),
    [
        ("z + y", "float", False),
        ("z + k", "float", False),
        ("z + 1", "float", False),
        ("z + 1e999", "float, nullable", False),
        ("y + 1e999", "float", False),
        ("z - z", "float, nullable", False),
        ("y - z", "float", False),
        ("z * 2", "float", False),
        ("z * 0", "float, nullable", False),
        ("z * y", "float, nullable", False),
        ("k * z", "float, nullable", False),
        ("z / 2", "float", False),
        ("z / 1e999", "float, nullable", False),
        ("-z", "float", False),
        ("z % 3", "float, nullable", False),
        ("y % 3", "float", True),
        ("ROUND(z, 1)", "float", False),
        ("EXP(z)", "float", False),
        ("POWER(z, 2)", "float", False),
        ("CAST(z AS BIGINT)", "int, nullable", True),
        ("CAST(z AS BOOLEAN)", "bool", True),
        ("z > z", "bool", True),
        ("COALESCE(x, z)", "float", False),
        ("IF(c, y, z)", "float", False),
        ("IF(c, k, 1e999)", "float", False),
        ("GREATEST(y, z)", "float", False),
    ],
)
def test_arithmetic_of_infinite_numbers_can_have_no_result(text: str, type_: str, finite: bool) -> None:
    typed = bind(text, SCHEMA)
    assert (str(typed.type), typed.type.finite) == (type_, finite)
    assert bind(typed.tree, SCHEMA) == typed


def test_columns_are_named_once_in_the_order_of_the_tree() -> None:
    typed = bind("y > x AND x < n OR y IS NULL", SCHEMA)
    assert typed.names == ("x", "y", "n")
    assert typed.columns == (("x", "float"), ("y", "float"), ("n", "int"))


def test_a_part_that_decides_nothing_is_not_read() -> None:
    assert bind("b AND (x > 1 OR TRUE)", SCHEMA).names == ("b",)


def test_a_column_alone_keeps_its_type_whole() -> None:
    categories = ColumnType("string", True, ("a", "b"))
    assert bind("s", Schema({"s": categories})).type == categories


def test_any_text_can_be_a_column_in_double_quotes() -> None:
    schema = Schema(
        {'a "b" c': ColumnType("float"), "case": ColumnType("float"), "größe.1": ColumnType("float")}
    )
    typed = bind('"a ""b"" c" + "case" * "größe.1"', schema)
    assert typed.names == ('a "b" c', "case", "größe.1")


def test_what_depends_on_an_unknown_column_is_unknown() -> None:
    schema = Schema({"u": ColumnType("unknown"), "x": ColumnType("float")})
    typed = bind("ROUND(u, 2) > 1 AND CASE WHEN x > 1 THEN u ELSE 'a' END", schema)
    assert not typed.type.known
    assert typed.names == ("u", "x")
    assert bind(typed.tree, schema) == typed


def test_a_tree_takes_the_types_of_the_schema_that_it_is_bound_to() -> None:
    typed = bind(bind("k + 1", SCHEMA).tree, Schema({"k": ColumnType("float", True)}))
    assert str(typed.type) == "float, nullable"
    assert typed.tree[1] == ("column", "k", "float")


def test_long_chains_are_not_deep() -> None:
    text = " AND ".join(f"x <> {number}" for number in range(400))
    assert len(bind(text, SCHEMA).tree) == 401
    sum_ = bind(" + ".join(["x"] * 140), SCHEMA)
    assert bind(sum_.tree, SCHEMA) == sum_
