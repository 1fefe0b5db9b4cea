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
_PARTS = "YEAR QUARTER MONTH WEEK DAY DOW ISODOW DOY".split()
_UNITS = "year quarter month week day".split()
_CLOCK = "hour minute second".split()
_MOMENTS = ["m", "m", "'2013-10-01 12:30:00'", "'1969-12-31T23:59:59.999999'"]
_LISTS = {
    "string": ["('a')", "('b', 'été', '')", "('a', NULL, 'a.c')"],
    "number": ["(1)", "(0, 1, 2.5)", "(1e300, -1, NULL)", "(0)"],
    "date": ["('2013-10-01', '1969-12-31')", "('2000-02-29')", "('2000-02-29', NULL, '1900-01-01')"],
}
_REGEXES = [
    "'a'",
    "'^a.?[b-z]*$'",
    "'(?i)É|A'",
    "'(a|b){1,2}$'",
    "'[^a]'",
    "'\\.c'",
    "'^$'",
    "'.'",
    "'^(?:a.)+'",
]
_TEXTS = ["'a'", "'.'", "''", "'été'", "'(a|b)'", "'$'"]
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
        *(calls(name, depth) for name in _EXACT_NUMBERS),
    )


@cache
def curved(depth: int) -> Texts:
    """Numbers that each library computes to within about one ULP: EXP, LN and POWER.

    They are not used in comparisons, ROUND, FLOOR, % and sums. If a value is at an edge, or two nearly equal values
    are subtracted, one ULP decides the result, and there is no tolerance.
    """
    n = numbers(depth - 1)
    made = st.one_of(*(calls(name, depth) for name in CURVED))
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
        of("({} {} {})", strings(less), _choice("LIKE", "NOT LIKE", "ILIKE"), _choice(*_PATTERNS)),
        of("({} {} {})", strings(less), _choice("IN", "NOT IN"), _choice(*_LISTS["string"])),
        of("({} {} {})", numbers(less), _choice("IN", "NOT IN"), _choice(*_LISTS["number"])),
        of("({} {} {})", dates(less), _choice("IN", "NOT IN"), _choice(*_LISTS["date"])),
        of("({} BETWEEN {} AND {})", numbers(less), numbers(less), numbers(less)),
        of("({} NOT BETWEEN {} AND {})", dates(less), dates(less), dates(less)),
        of("CAST({} AS BOOLEAN)", numbers(less)),
        *(calls(name, depth) for name in "CONTAINS ENDS_WITH REGEXP_LIKE STARTS_WITH".split()),
        *_same(conditions, depth),
    )


@cache
def strings(depth: int) -> Texts:
    if not depth:
        return _choice(*_STRINGS)
    both = strings(depth - 1), strings(depth - 1)
    return st.one_of(*_same(strings, depth), of("({} || {})", *both), calls("CONCAT", depth))


@cache
def dates(depth: int) -> Texts:
    if not depth:
        return _choice(*_DATES).map(lambda text: f"CAST({text} AS DATE)" if text.startswith("'") else text)
    d = dates(depth - 1)
    return st.one_of(
        dates(0),
        *_same(dates, depth, "LEAST GREATEST"),
        of(
            "({} {} INTERVAL '{}' {})",
            d,
            _choice("+", "-"),
            _choice("1", "-13", "400"),
            _choice("DAY", *_UNITS),
        ),
        of("DATE_TRUNC('{}', {})", _choice(*_UNITS), d),
        of("LAST_DAY({})", st.one_of(d, moments(depth - 1))),
        of("CAST({} AS DATE)", moments(depth - 1)),
    )


@cache
def moments(depth: int) -> Texts:
    if not depth:
        return _choice(*_MOMENTS).map(
            lambda text: f"CAST({text} AS TIMESTAMP)" if text.startswith("'") else text
        )
    m, both = moments(depth - 1), _choice(*_UNITS, *_CLOCK)
    return st.one_of(
        moments(0),
        *_same(moments, depth, "LEAST GREATEST"),
        of("({} {} INTERVAL {} {})", m, _choice("+", "-"), _choice("1", "-13", "100000"), both),
        of("({} + INTERVAL {} {})", dates(depth - 1), _choice("1", "25"), _choice(*_CLOCK)),
        of("DATE_TRUNC('{}', {})", both, m),
    )


def calls(name: str, depth: int) -> Texts:
    """Calls of one function of the catalogue, with arguments of less depth."""
    return _CALLS[name](depth - 1)


def _one_number(name: str) -> Callable[[int], Texts]:
    return lambda less: of(f"{name}({{}})", numbers(less))


def _one_date(name: str) -> Callable[[int], Texts]:
    return lambda less: of(f"{name}({{}})", st.one_of(dates(less), moments(less)))


def _one_moment(name: str) -> Callable[[int], Texts]:
    return lambda less: of(f"{name}({{}})", moments(less))


def _of_one_kind(template: str) -> Callable[[int], Texts]:
    return lambda less: st.one_of(
        *(of(template, kind(less), kind(less)) for kind in (numbers, dates, moments))
    )


def _parts(template: str) -> Callable[[int], Texts]:
    return lambda less: st.one_of(
        of(template, _choice(*_PARTS, "EPOCH"), dates(less)),
        of(template, _choice(*_PARTS, *_CLOCK, "EPOCH"), moments(less)),
    )


def _with_text(name: str, choice: list[str]) -> Callable[[int], Texts]:
    return lambda less: of(f"{name}({{}}, {{}})", strings(less), _choice(*choice))


#: How the functions of the catalogue are called.
_CALLS: dict[str, Callable[[int], Texts]] = {
    **{
        name: _one_number(name) for name in "ABS CEIL COS EXP FLOOR LN LOG10 LOG2 SIGN SIN SQRT TRUNC".split()
    },
    **{name: _one_date(name) for name in "DAY DAYOFYEAR LAST_DAY MONTH QUARTER WEEK YEAR".split()},
    **{name: _one_moment(name) for name in "HOUR MINUTE SECOND".split()},
    **{name: _of_one_kind(f"{name}({{}}, {{}})") for name in "COALESCE GREATEST LEAST NULLIF".split()},
    "CAST": lambda less: of("CAST({} AS {})", numbers(less), _choice("DOUBLE", "BIGINT", "BOOLEAN")),
    "CONCAT": lambda less: of("CONCAT({}, {}, NULL, {})", strings(less), strings(less), strings(less)),
    **{
        name: _with_text(name, choice)
        for name, choice in {
            "CONTAINS": _TEXTS,
            "ENDS_WITH": _TEXTS,
            "REGEXP_LIKE": _REGEXES,
            "STARTS_WITH": _TEXTS,
        }.items()
    },
    "DATE_DIFF": lambda less: st.one_of(
        *(
            of("DATE_DIFF('{}', {}, {})", _choice(*_UNITS, *_CLOCK), one(less), other(less))
            for one, other in ((dates, dates), (moments, moments), (dates, moments))
        )
    ),
    "DATE_PART": _parts("DATE_PART('{}', {})"),
    "DATE_TRUNC": lambda less: st.one_of(
        of("DATE_TRUNC('{}', {})", _choice(*_UNITS), dates(less)),
        of("DATE_TRUNC('{}', {})", _choice(*_UNITS, *_CLOCK), moments(less)),
    ),
    "EXTRACT": _parts("EXTRACT({} FROM {})"),
    "IF": lambda less: of("IF({}, {}, {})", conditions(less), numbers(less), numbers(less)),
    "MOD": lambda less: of("MOD({}, {})", numbers(less), numbers(less)),
    "POWER": lambda less: of(
        "POWER({}, {})", numbers(less), st.one_of(numbers(less), _choice("2", "-1", "0.3"))
    ),
    "ROUND": lambda less: of("ROUND({}, {})", numbers(less), _choice("0", "1", "2", "-1", "15")),
    "WIDTH_BUCKET": lambda less: of(
        "WIDTH_BUCKET({}, {})", numbers(less), _choice("0, 1, 10", "-2.5, 7, 3", "3, -1, 7", "0.1, 0.7, 1")
    ),
}
#: The functions that are not exact, and those of dates that give numbers.
CURVED = "EXP LN LOG10 LOG2 POWER".split()
_EXACT_NUMBERS = "COS DATE_DIFF EXTRACT SIGN SIN TRUNC WIDTH_BUCKET".split()


def called() -> list[str]:
    """Return the functions that there are texts for."""
    return [*_CALLS]


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
