"""What is reported about an invalid expression, and where."""

from __future__ import annotations

import pytest

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.binding import bind

SCHEMA = Schema(
    {
        "distance": ColumnType("float"),
        "seats": ColumnType("int", True),
        "late": ColumnType("bool"),
        "carrier": ColumnType("string"),
        "day": ColumnType("date"),
        "made": ColumnType("datetime"),
        "code": ColumnType("category"),
        "lost": ColumnType("unknown"),
    }
)


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(Rejected) as caught:
        bind(text, SCHEMA)
    return caught.value.problems


def told(text: str) -> list[tuple[str, str, str]]:
    """Return code, message and the marked characters of each problem."""
    return [
        (problem.code, problem.message, text[slice(*(problem.offset or (0, 0)))])
        for problem in problems_of(text)
    ]


@pytest.mark.parametrize(
    ("text", "message", "blamed"),
    [
        ("", "the expression is empty", ""),
        ("-- nothing", "the expression is empty", "-- nothing"),
        ("distance +", "something is missing after '+'", "+"),
        ("distance > AND late", "something is missing after 'AND'", "AND"),
        ("LN()", "something is missing before ')'", ")"),
        ("LN(distance, 2)", "a function has too many arguments", ")"),
        ("(distance", "a ')' is missing after 'distance'", "distance"),
        ("CASE WHEN late THEN 1", "an END is missing after '1'", "1"),
        ("carrier = 'AA", "unclosed quote or comment", "carrier = 'AA"),
        ("distance seats", "unexpected 'seats'", "seats"),
        ("distance AS d", "unexpected 'AS'", "AS"),
        ("distance >\n 3 4", "unexpected '4'", "4"),
        ("SELECT 1", "unexpected 'SELECT'", "SELECT"),
        ("DELETE FROM flights", "unexpected 'FROM'", "FROM"),
        ("distance; seats", "';' is not supported: write a single expression", "distance; seats"),
        ("1 + 1", "the expression has the same value in every row", "1 + 1"),
        ("NULL", "the expression has the same value in every row", "NULL"),
        ("late AND FALSE", "the expression has the same value in every row", "late AND FALSE"),
        (
            "carrier = 'A\0'",
            "the string contains the character U+0000, which ends a string in an artifact",
            "'A\0'",
        ),
        (
            "seats > 9007199254740993",
            "9007199254740993 is beyond 2^53, above which integers are no longer exact",
            "9007199254740993",
        ),
        ("9E IS NOT NULL", "'9E' is not a number", "9E"),
        (" ELSE IS NOT NULL", "unexpected 'ELSE'", "ELSE"),
    ],
)
def test_not_an_expression(text: str, message: str, blamed: str) -> None:
    assert told(text) == [("bad-expression", message, blamed)]


@pytest.mark.parametrize(
    ("text", "message", "blamed"),
    [
        ("distanc > 3", "unknown column 'distanc'", "distanc"),
        ("1 < distanc", "unknown column 'distanc'", "distanc"),
        ("DISTANCE > 3", "unknown column 'DISTANCE'", "DISTANCE"),
        ('carrier = "AA"', "unknown column 'AA'", '"AA"'),
        ("distance\n  > wait", "unknown column 'wait'", "wait"),
        ("größe > 1", "unknown column 'größe'", "größe"),
    ],
)
def test_unknown_column(text: str, message: str, blamed: str) -> None:
    assert told(text) == [("unknown-column", message, blamed)]


@pytest.mark.parametrize(
    ("text", "message", "blamed"),
    [
        ("carrier > 'AA'", "strings have no order: '<' and '>' compare numbers and dates", "'AA'"),
        ("distance = 'far'", "cannot compare 'distance' (float) with a string", "distance = 'far'"),
        ("late = 1", "cannot compare 'late' (bool) with an int", "late = 1"),
        ("0 < distance < 9", "cannot compare a bool with an int", "0 < distance < 9"),
        ("day > 'May'", "'May' is not an ISO date", "'May'"),
        ("day = '2013-02-30'", "'2013-02-30' is not an ISO date", "'2013-02-30'"),
        ("day > 3", "cannot compare 'day' (date) with an int", "day > 3"),
        ("late + 1", "'+' takes numbers, not 'late' (bool)", "late"),
        ("-carrier", "'-' takes numbers, not 'carrier' (string)", "carrier"),
        ("ABS(carrier = 'AA')", "'ABS' takes numbers, not a bool", "carrier = 'AA'"),
        ("day - 1", "'-' takes numbers or two dates, not 'day' (date) and an int", "day - 1"),
        ("made - day", "the difference of two datetimes is not supported", "made"),
        ("day + 1", "'+' takes numbers, not 'day' (date)", "day"),
        ("HOUR(day)", "'day' (date) has no hour", "day"),
        ("carrier || seats", "'||' takes a string, not 'seats' (int)", "seats"),
        ("CONCAT(carrier, seats)", "CONCAT takes a string, not 'seats' (int)", "seats"),
        ("REGEXP_LIKE(seats, '1')", "REGEXP_LIKE takes a string, not 'seats' (int)", "seats"),
        ("DATE_TRUNC('hour', day)", "'day' (date) has no hour", "day"),
        ("YEAR(carrier)", "EXTRACT takes a date, not 'carrier' (string)", "carrier"),
        ("DATE_DIFF('day', day, seats)", "DATE_DIFF takes a date, not 'seats' (int)", "seats"),
        ("seats + INTERVAL '1' DAY", "an INTERVAL takes a date, not 'seats' (int)", "seats"),
        ("LAST_DAY(seats)", "LAST_DAY takes a date, not 'seats' (int)", "seats"),
        ("SIGN(carrier)", "'SIGN' takes numbers, not 'carrier' (string)", "carrier"),
        (
            "WIDTH_BUCKET(distance, seats, 9, 3)",
            "the bounds and the count of WIDTH_BUCKET must be literals",
            "seats",
        ),
        (
            "WIDTH_BUCKET(distance, 0, 9, 0)",
            "the count of WIDTH_BUCKET must be an integer from 1 to 1,000,000",
            "0",
        ),
        (
            "WIDTH_BUCKET(distance, 9, 9, 3)",
            "the bounds of WIDTH_BUCKET must be two different numbers",
            "9",
        ),
        ("NOT distance", "NOT takes conditions, not 'distance' (float)", "distance"),
        ("late AND seats", "AND takes conditions, not 'seats' (int)", "seats"),
        ("seats IS TRUE", "IS TRUE takes conditions, not 'seats' (int)", "seats"),
        ("seats IS NOT FALSE", "IS FALSE takes conditions, not 'seats' (int)", "seats"),
        ("IF(distance, 1, 2)", "a WHEN takes conditions, not 'distance' (float)", "distance"),
        (
            "IF(late, 1, 'no')",
            "all results of a CASE must have the same type, not an int and a string",
            "1, 'no'",
        ),
        (
            "COALESCE(carrier, distance)",
            "the arguments of COALESCE must have the same type, not 'carrier' (string) and 'distance' (float)",
            "carrier, distance",
        ),
        ("LEAST(carrier, 'AA')", "LEAST takes numbers or dates, not 'carrier' (string)", "carrier"),
        ("seats IN (1, 'two')", "IN cannot compare 'seats' (int) with a string", "seats IN (1, 'two'"),
        ("seats LIKE '1%'", "LIKE takes a string, not 'seats' (int)", "seats"),
        ("CAST(carrier AS DOUBLE)", "'carrier' (string) cannot be cast to float", "carrier"),
        ("CAST(distance AS DATE)", "'distance' (float) cannot be cast to date", "distance"),
        ("code = 1", "'code' is a category, which expressions do not support", "code"),
    ],
)
def test_types_that_do_not_go_together(text: str, message: str, blamed: str) -> None:
    assert told(text) == [("type-mismatch", message, blamed)]


@pytest.mark.parametrize(
    ("text", "message", "blamed"),
    [
        ("flor(distance)", "unknown function 'flor'", "flor"),
        ("TRIM(carrier) = 'AA'", "'TRIM' is not supported in expressions", "TRIM(carrier)"),
        ("1 + LOG(distance)", "'LOG' is not supported in expressions", "LOG(distance)"),
        ("FLOOR(distance, 2)", "'FLOOR' is not supported in expressions", "FLOOR(distance, 2)"),
        ("LOWER(carrier) = 'aa'", "'LOWER' is not supported in expressions", "LOWER(carrier)"),
        ("distance ^ 2", "'^' is not supported in expressions", "distance ^ 2"),
        (
            "carrier SIMILAR TO 'a%'",
            "'SIMILAR TO' is not supported in expressions",
            "carrier SIMILAR TO 'a%'",
        ),
        (
            "CURRENT_DATE > day",
            "an expression gives the same result at any time: it cannot ask for the time",
            "CURRENT_DATE",
        ),
        (
            "DATE_DIFF('day', day, NOW())",
            "an expression gives the same result at any time: it cannot ask for the time",
            "NOW",
        ),
        ("LOG(3, distance)", "'LOG' is not supported in expressions", "LOG(3, distance)"),
        ("TAN(distance)", "'TAN' is not supported in expressions", "TAN(distance)"),
        ("EXTRACT(CENTURY FROM day)", "EXTRACT has no part CENTURY", "day"),
        (
            "DATE_DIFF('fortnight', day, made)",
            "DATE_DIFF has no unit 'FORTNIGHT'",
            "DATE_DIFF('fortnight', day, made)",
        ),
        ("DATE_DIFF(day, made)", "DATE_DIFF takes a unit and two dates", "DATE_DIFF(day, made)"),
        ("DATE_TRUNC('decade', day)", "DATE_TRUNC has no unit 'DECADE'", "DATE_TRUNC('decade', day)"),
        ("INTERVAL '1' DAY", "an INTERVAL can only be added to a date, or subtracted from one", "'1'"),
        (
            "INTERVAL '1' DAY - day",
            "an INTERVAL can only be added to a date, or subtracted from one",
            "'1' DAY - day",
        ),
        ("day + INTERVAL seats DAY", "an INTERVAL is a whole number of one unit", "seats"),
        ("day + INTERVAL '1 day 2 hours'", "an INTERVAL is a whole number of one unit", "'1 day 2 hours'"),
        ("day + INTERVAL '1.5' DAY", "an INTERVAL is a whole number of one unit", "'1.5'"),
        (
            "day + INTERVAL '99000' YEAR",
            "an INTERVAL of more than 98,000 years is beyond all dates",
            "'99000'",
        ),
        ("carrier ILIKE carrier", "the pattern of ILIKE must be a string in quotes", "carrier"),
        ("REGEXP_LIKE(carrier, carrier)", "the pattern of REGEXP_LIKE must be a string in quotes", "carrier"),
        ("STARTS_WITH(carrier, carrier)", "the second argument must be a string in quotes", "carrier"),
        *(
            (f"REGEXP_LIKE(carrier, '{pattern}')", message, f"'{pattern}'")
            for pattern, message in {
                r"\d+": r"'\d' is not supported in patterns",
                r"(?=a)": "'(?' is not supported in patterns",
                r"(?<n>a)": "'(?' is not supported in patterns",
                r"a(?i)": "'(?' is not supported in patterns",
                r"(a)\1": r"'\1' is not supported in patterns",
                r"a**": "'*' has nothing to repeat",
                r"^+": "'+' has nothing to repeat",
                r"(a": "a ')' is missing",
                r"a)": "')' closes no group",
                r"[z-a]": "the range z-a is empty",
                r"[a": "'[' is not supported in patterns",
                r"[[:alpha:]]": "'[' is not supported in patterns",
                r"a{101}": "a repetition has at most 100 times, and is not repeated itself",
                r"(a{9}){9}": "a repetition has at most 100 times, and is not repeated itself",
                r".{99}" * 11: "the repetitions add up to 1,089 times, but the limit is 1,000",
                "a" * 501: "the pattern has 501 characters, but the limit is 500",
            }.items()
        ),
        ("carrier LIKE carrier", "the pattern of LIKE must be a string in quotes", "carrier"),
        (
            f"carrier LIKE '{'%a' * 251}'",
            "the pattern of LIKE has 502 characters, but the limit is 500",
            f"'{'%a' * 251}'",
        ),
        ("seats IN (seats, 1)", "IN takes a list of literal values", "seats"),
        ("seats IN ()", "IN takes a list of literal values", "seats"),
        ("ROUND(distance, seats)", "the decimals of ROUND must be an integer from -15 to 15", "seats"),
        ("ROUND(distance, 16)", "the decimals of ROUND must be an integer from -15 to 15", "16"),
        ("CAST(distance AS TEXT)", "CAST to TEXT is not supported", "CAST(distance AS TEXT)"),
        ("CAST(distance AS Blob)", "CAST to Blob is not supported", "CAST(distance AS Blob)"),
        ("CAST(seats AS BYTEA)", "CAST to BYTEA is not supported", "CAST(seats AS BYTEA)"),
        ("distance::string", "CAST to string is not supported", "distance"),
        ("RAND() > 0.5", "'RAND' is not supported in expressions", "RAND"),
        ("random() > 0.5", "'RANDOM' is not supported in expressions", "random"),
        ("CHAR_LENGTH(carrier) > 1", "'CHAR_LENGTH' is not supported in expressions", "CHAR_LENGTH(carrier)"),
        ("SUBSTR(carrier, 1) = 'A'", "'SUBSTR' is not supported in expressions", "SUBSTR(carrier, 1)"),
        ("f.distance > 1", "columns have no table prefix: remove 'f.'", "f.distance"),
        (
            "SUM(distance) > 3",
            "an expression uses only one row: aggregates and windows are not supported",
            "SUM(distance)",
        ),
        (
            "ROW_NUMBER() OVER (ORDER BY day) = 1",
            "an expression uses only one row: aggregates and windows are not supported",
            "ROW_NUMBER() OVER (ORDER BY day)",
        ),
        (
            "seats IN (SELECT seats FROM planes)",
            "an expression cannot contain a query: it uses only the columns of one row",
            "seats IN (SELECT seats FROM planes)",
        ),
        ("seats = ?", "parameters are not supported: write the value", "seats = ?"),
        ("seats = :least", "parameters are not supported: write the value", "seats = :least"),
    ],
)
def test_sql_that_is_not_supported(text: str, message: str, blamed: str) -> None:
    assert told(text) == [("unsupported-expression", message, blamed)]


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("distanc > 3", "did you mean 'distance'?"),
        ("DISTANCE > 3", "did you mean 'distance'?"),
        ("zz > 3", "available columns: distance, seats, late, carrier, day, made, code, lost"),
        ('carrier = "AA"', "double quotes are for columns; use single quotes for a string: 'AA'"),
        ("flor(distance)", "did you mean 'FLOOR'?"),
        ("LOG(distance)", "write LN(x), LOG10(x) or LOG2(x); for another base, LN(x) / LN(base)"),
        (r"REGEXP_LIKE(carrier, '\d')", "write [0-9]"),
        ("REGEXP_LIKE(carrier, '{')", r"write \{ for the character"),
        ("LOWER(carrier) = 'aa'", "write s ILIKE 'abc%', which ignores the case of letters"),
        ("LENGTH(carrier) > 2", "write REGEXP_LIKE(s, '^.{3,5}$') for a length from 3 to 5"),
        ("SUBSTR(carrier, 1, 2) = 'AA'", "write s LIKE 'abc%', or REGEXP_LIKE(s, '^.abc')"),
        ("TRIM(carrier) = 'AA'", "write s LIKE 'abc%', or clean the column where it is read"),
        ("REGEXP_MATCHES(carrier, 'A')", "write REGEXP_LIKE(s, 'pattern')"),
        ("carrier + carrier", "write s || t, or CONCAT(s, t)"),
        ("TAN(distance)", "write SIN(x) / COS(x)"),
        ("TRUNC(distance, 1)", "write TRUNC(x) without decimals, or ROUND(x, 2)"),
        ("NOW() > made", "add a column with the time of each row"),
        ("EXTRACT(YAER FROM day)", "did you mean 'year'?"),
        ("DATE_TRUNC('minutee', made)", "did you mean 'minute'?"),
        ("DATE_DIFF(made, day)", "write DATE_DIFF('day', start, end)"),
        ("made - made", "write u + INTERVAL '1' HOUR, or DATE_DIFF('second', start, end)"),
        ("day + 1", "write d + INTERVAL '1' DAY, or DATE_DIFF('day', start, end)"),
        (
            "DAYOFWEEK(day)",
            "write EXTRACT(ISODOW FROM d), 1 for Monday to 7, or EXTRACT(DOW FROM d), 0 for Sunday to 6",
        ),
        ("DATE(made)", "write CAST(u AS DATE)"),
        ("EPOCH(made)", "write EXTRACT(EPOCH FROM u)"),
        ("HOUR(day)", "use a datetime, or a unit from 'day' up"),
        ("distance ^ 2", "write POWER(x, y)"),
        ("distance ** 2", "write POWER(x, y)"),
        ("late + 1", "convert a bool to a number with CAST(... AS BIGINT)"),
        ("late = 1", "convert a bool to a number with CAST(... AS BIGINT)"),
        ("0 < distance < 9", "combine comparisons with AND: 1 < x AND x < 3"),
        ("day > 'May'", "write '2013-10-01' or '2013-10-01 12:30:00'"),
        ("NOT distance", "compare it with a value"),
        ("f.distance > 1", 'put a column name that contains a dot in double quotes: "f.distance"'),
        ("CAST(carrier AS DOUBLE)", "declare the column with this dtype in its contract"),
        ("SELECT 1", "an expression computes one value from the columns of a row"),
    ],
)
def test_help(text: str, help_: str) -> None:
    assert [problem.help for problem in problems_of(text)] == [help_]


def test_all_problems_are_told_in_the_order_of_the_text() -> None:
    text = "foo(wait) + late > 3 AND SUM(seats) = 1 AND carrier > 'a' OR lost"
    assert [(code, blamed) for code, _, blamed in told(text)] == [
        ("unsupported-expression", "foo"),
        ("unknown-column", "wait"),
        ("unsupported-expression", "SUM(seats)"),
        ("type-mismatch", "'a'"),
    ]


def test_one_mistake_is_told_once_where_a_short_form_repeats_it() -> None:
    assert told("wait BETWEEN 1 AND 2") == [("unknown-column", "unknown column 'wait'", "wait")]
    assert told("CASE wait WHEN 1 THEN 2 WHEN 3 THEN 4 END") == [
        ("unknown-column", "unknown column 'wait'", "wait")
    ]


@pytest.mark.parametrize(
    "text", ["(" * 500 + "distance" + ")" * 500, "- " * 500 + "distance", " + ".join(["distance"] * 2000)]
)
def test_nesting_has_a_limit(text: str) -> None:
    assert [problem.message for problem in problems_of(text)] == ["the expression is nested too deeply"]


def test_a_text_of_a_megabyte_is_not_parsed() -> None:
    (problem,) = problems_of(" + ".join(["x"] * 250_000))
    assert problem.message == "the expression has 999,997 characters, but the limit is 50,000"
    assert problem.help == "derive parts of it in earlier steps, or join a table of values"
