"""Random SQL texts over the columns of `SCHEMA`, valid by construction, for tests of all expressions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from hypothesis import strategies as st

Texts = st.SearchStrategy[str]

_FLOATS = "x y z 0 -1 1 2 3 7 0.1 -2.5 1e300 0.5 1e-3".split()
_WHOLE = "n k 0 1 -1 2 3 10 7".split()
_STRINGS = "s t s t '' 'a' 'b' 'été' 'a.c' 'A'".split()
_DATES = "d d '2013-10-01' '1969-12-31' DATE'2000-02-29'".split()
_MOMENTS = ["m", "m", "'2013-10-01 12:30:00'", "'1969-12-31T23:59:59.999999'"]
_LISTS = {
    "string": ["('a')", "('b', 'été', '')", "('a', NULL, 'a.c')"],
    "number": ["(1)", "(0, 1, 2.5)", "(1e300, -1, NULL)", "(0)"],
    "date": ["('2013-10-01', '1969-12-31')", "('2000-02-29')", "('2000-02-29', NULL, '1900-01-01')"],
}
_PATTERNS = ["'a%'", "'%b'", "'_'", "'%'", "'a_c'", "'%.%'", "'é%'", "'a\n%'", "'(a|b)%'", "''"]


def of(template: str, *parts: Texts) -> Texts:
    """Insert texts into a template."""
    return st.tuples(*parts).map(lambda found: template.format(*found))


def _choice(*texts: str) -> Texts:
    return st.sampled_from(texts)


@cache
def numbers(depth: int) -> Texts:
    """Numbers whose bits are all determined by IEEE 754."""
    if not depth:
        return _choice(*_FLOATS, *_WHOLE)
    n, same = numbers(depth - 1), partial(_same, numbers, depth)
    return st.one_of(
        *(of(f"({{}} {op} {{}})", n, n) for op in "+-*/%"),
        *(of(f"{name}({{}})", n) for name in ("ABS", "FLOOR", "CEIL", "SQRT", "ROUND", "-")),
        of("ROUND({}, {})", n, _choice("1", "2", "-1", "15")),
        of("CAST({} AS {})", n, _choice("DOUBLE", "BIGINT")),
        of("CAST({} AS BIGINT)", conditions(depth - 1)),
        of("({} - {})", dates(depth - 1), dates(depth - 1)),
        *same("LEAST GREATEST"),
    )


@cache
def curved(depth: int) -> Texts:
    """Numbers that each library computes to within about one ULP: EXP, LN and POWER.

    They are not used in comparisons, ROUND, FLOOR, % and sums. If a value is at an edge, or two nearly equal values
    are subtracted, one ULP decides the result, and there is no tolerance.
    """
    n = numbers(depth - 1)
    made = st.one_of(
        of("EXP({})", n),
        of("LN({})", n),
        of("POWER({}, {})", n, n),
        of("POWER({}, {})", n, _choice("2", "-1", "0.3")),
    )
    return st.one_of(
        made,
        of("({} * {})", made, n),
        of("COALESCE({}, {})", made, n),
        of("CASE WHEN {} THEN {} ELSE {} END", conditions(depth - 1), made, made),
    )


@cache
def conditions(depth: int) -> Texts:
    if not depth:
        return _choice("b", "c", "TRUE", "FALSE", "NULL", "b", "c")
    less = depth - 1
    q, compare = conditions(less), _choice("=", "<>", "<", "<=", ">", ">=")
    return st.one_of(
        *(of("({} {} {})", pair(less), compare, pair(less)) for pair in (numbers, dates, moments)),
        *(of("({} {} {})", pair(less), _choice("=", "<>"), pair(less)) for pair in (strings, conditions)),
        of("({} < {})", dates(less), moments(less)),
        *(of("({} {} {})", q, _choice(op), q) for op in ("AND", "OR")),
        of("(NOT {})", q),
        of("({} IS {})", q, _choice("TRUE", "NOT TRUE", "FALSE", "NOT FALSE")),
        *(
            of("({} IS {})", kind(less), _choice("NULL", "NOT NULL"))
            for kind in (numbers, strings, moments, conditions)
        ),
        of("({} {} {})", strings(less), _choice("LIKE", "NOT LIKE"), _choice(*_PATTERNS)),
        of("({} {} {})", strings(less), _choice("IN", "NOT IN"), _choice(*_LISTS["string"])),
        of("({} {} {})", numbers(less), _choice("IN", "NOT IN"), _choice(*_LISTS["number"])),
        of("({} {} {})", dates(less), _choice("IN", "NOT IN"), _choice(*_LISTS["date"])),
        of("({} BETWEEN {} AND {})", numbers(less), numbers(less), numbers(less)),
        of("({} NOT BETWEEN {} AND {})", dates(less), dates(less), dates(less)),
        of("CAST({} AS BOOLEAN)", numbers(less)),
        *_same(conditions, depth),
    )


@cache
def strings(depth: int) -> Texts:
    return st.one_of(*_same(strings, depth)) if depth else _choice(*_STRINGS)


@cache
def dates(depth: int) -> Texts:
    if not depth:
        return _choice(*_DATES).map(lambda text: f"CAST({text} AS DATE)" if text.startswith("'") else text)
    return st.one_of(dates(0), *_same(dates, depth, "LEAST GREATEST"))


@cache
def moments(depth: int) -> Texts:
    if not depth:
        return _choice(*_MOMENTS).map(
            lambda text: f"CAST({text} AS TIMESTAMP)" if text.startswith("'") else text
        )
    return st.one_of(moments(0), *_same(moments, depth, "LEAST GREATEST"))


def _same(kind: Callable[[int], Texts], depth: int, functions: str = "") -> list[Texts]:
    """Expressions that work for values of any one type."""
    v, q = kind(depth - 1), conditions(depth - 1)
    return [
        of("COALESCE({}, {})", v, v),
        of("NULLIF({}, {})", v, v),
        of("CASE WHEN {} THEN {} WHEN {} THEN {} ELSE {} END", q, v, q, v, v),
        of("CASE {} WHEN {} THEN {} END", v, v, v),
        of("IF({}, {}, NULL)", q, v),
        *(of(f"{name}({{}}, {{}}, NULL)", v, v) for name in functions.split()),
    ]
