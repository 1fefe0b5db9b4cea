"""Describes SQL that the language does not support, and finds its position in the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import Problem
from mlbuild.expressions.functions.catalogue import FUNCTIONS
from mlbuild.expressions.tree import Offset
from mlbuild.hints import did_you_mean

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Sql

_SYMBOLS = {
    "BitwiseAnd": "&",
    "BitwiseOr": "|",
    "BitwiseXor": "^",
    "IntDiv": "DIV",
    "NullSafeEQ": "IS NOT DISTINCT FROM",
    "NullSafeNEQ": "IS DISTINCT FROM",
    "TryCast": "TRY_CAST",
    "SimilarTo": "SIMILAR TO",
    "Star": "*",
    "Escape": "ESCAPE",
}
_WEEKDAY = "write EXTRACT(ISODOW FROM d), 1 for Monday to 7, or EXTRACT(DOW FROM d), 0 for Sunday to 6"
#: What asks for the time: sqlglot's classes, and names that it does not know.
_CLOCKS = frozenset(
    "CurrentDate CurrentDatetime CurrentTime CurrentTimestamp NOW TODAY GETDATE CURDATE".split()
)
#: What to write instead of a class of sqlglot, or of a function that it does not know.
_INSTEAD = {
    "Log": "write LN(x), LOG10(x) or LOG2(x); for another base, LN(x) / LN(base)",
    "Cbrt": "write POWER(x, 1.0 / 3), which is missing for negative numbers",
    "Tan": "write SIN(x) / COS(x)",
    "Pi": "write 3.141592653589793",
    "Radians": "write x * 0.017453292519943295",
    "Degrees": "write x * 57.29577951308232",
    "Trunc": "write TRUNC(x) without decimals, or ROUND(x, 2)",
    "DayOfWeek": _WEEKDAY,
    "DayOfWeekIso": "write EXTRACT(ISODOW FROM d)",
    "WeekOfYear": "write WEEK(d)",
    "DateAdd": "write d + INTERVAL '1' DAY",
    "DateSub": "write d - INTERVAL '1' DAY",
    "AddMonths": "write d + INTERVAL '1' MONTH",
    "TsOrDsAdd": "write d + INTERVAL '1' DAY",
    "TimestampDiff": "write DATE_DIFF('hour', start, end)",
    "TimestampTrunc": "write DATE_TRUNC('hour', u)",
    "UnixSeconds": "write EXTRACT(EPOCH FROM u)",
    "WEEKDAY": _WEEKDAY,
    "DOW": _WEEKDAY,
    **dict.fromkeys(("Lower", "Upper"), "write s ILIKE 'abc%', which ignores the case of letters"),
    "Trim": "write s LIKE 'abc%', or clean the column where it is read",
    "SimilarTo": "write REGEXP_LIKE(s, 'pattern')",
    "RegexpILike": "write REGEXP_LIKE(s, '(?i)pattern')",
    "REGEXP_MATCHES": "write REGEXP_LIKE(s, 'pattern')",
    "ConcatWs": "write s || '-' || t",
    "Left": "write s LIKE 'abc%'",
    "Right": "write s LIKE '%abc'",
    "Substring": "write s LIKE 'abc%', or REGEXP_LIKE(s, '^.abc')",
    "StrPosition": "write CONTAINS(s, 'abc')",
    "Length": "write REGEXP_LIKE(s, '^.{3,5}$') for a length from 3 to 5",
    "Date": "write CAST(u AS DATE)",
    "AGE": "write DATE_DIFF('year', start, end)",
    **dict.fromkeys(("EPOCH", "UNIX_TIMESTAMP"), "write EXTRACT(EPOCH FROM u)"),
    **dict.fromkeys(("ISNULL", "ISNA", "ISNAN", "NOTNULL", "NOTNA"), "write x IS NULL or x IS NOT NULL"),
    "AtTimeZone": "use the op 'date_parts' with a 'time_zone'",
    "BitwiseXor": "write POWER(x, y)",
    "IntDiv": "write FLOOR(x / y)",
    "TryCast": "write CAST",
    "NullSafeEQ": "write x = y OR (x IS NULL AND y IS NULL)",
    "NullSafeNEQ": "write NOT (x = y OR (x IS NULL AND y IS NULL))",
}


def refusal(sql: Sql, text: str) -> Problem:
    """Return the problem that explains why this part of an expression is refused."""
    from sqlglot import exp

    offset = place(sql, text)
    name = sql.name.upper() if isinstance(sql, exp.Anonymous) else type(sql).__name__
    if name in _CLOCKS:
        message = "an expression gives the same result at any time: it cannot ask for the time"
        return unsupported(message, own(sql) or offset, "add a column with the time of each row")
    if isinstance(sql, exp.Anonymous):
        near = _INSTEAD.get(name) or did_you_mean(sql.name, FUNCTIONS)
        near = near or f"available functions: {', '.join(FUNCTIONS)}"
        return unsupported(f"unknown function '{sql.name}'", own(sql) or offset, near)
    if sql.find(exp.Query):
        message = "an expression cannot contain a query: it uses only the columns of one row"
    elif isinstance(sql, (exp.AggFunc, exp.Window)):
        message = "an expression uses only one row: aggregates and windows are not supported"
    elif isinstance(sql, (exp.Placeholder, exp.Parameter)):
        message = "parameters are not supported: write the value"
    else:
        what = _SYMBOLS.get(name) or (
            _called(sql, text[slice(*offset)]) if isinstance(sql, exp.Func) else None
        )
        message = f"'{what or text[slice(*offset)] or name.upper()}' is not supported in expressions"
    return unsupported(message, offset, _INSTEAD.get(type(sql).__name__))


def _called(function: Any, text: str) -> str:
    """Return the name of a function as the user wrote it. sqlglot knows several names for some functions."""
    found = re.match(r"\w+", text)
    word = found[0].upper() if found else ""
    return word if word in function.sql_names() else str(function.sql_name())


def type_named(to: Sql, text: str, behind: int) -> str:
    """Return a type as the user wrote it. `behind` is the end of the expression that is cast."""
    found = re.search(r"(?:\bAS|::)\s*([A-Za-z_]\w*(?:\s*\([^)]*\))?)", text[behind:], re.I)
    return found[1] if found else to.sql()


def unsupported(message: str, offset: Offset | None, help: str | None = None) -> Problem:
    return Problem("unsupported-expression", message, help=help, offset=offset)


def own(sql: Sql) -> Offset | None:
    """Return the position of a token that sqlglot records: names, literals, most function names."""
    return (sql.meta["start"], sql.meta["end"] + 1) if "start" in sql.meta else None


def place(sql: Sql, text: str) -> Offset:
    """Return the range from the first to the last known token, including the function name and the parentheses."""
    from sqlglot import exp

    known = joined(*(own(part) for part in sql.walk()))
    if known is None:
        names = "|".join(sql.sql_names()) if isinstance(sql, exp.Func) else ""
        named = re.search(rf"\b(?:{names})\b", text, re.I) if names else None
        return named.span() if named else (0, len(text))
    start, end = known
    opened = re.search(r"\w+\s*\(\s*$", text[:start])
    if opened and isinstance(sql, exp.Func) and own(sql) is None:
        start = opened.start()
    closing = text.find(")", end)
    unclosed = text.count("(", start, end) > text.count(")", start, end)
    return start, closing + 1 if unclosed and closing >= 0 else end


def joined(*offsets: Offset | None) -> Offset | None:
    """Return the range that contains all known positions."""
    known = [offset for offset in offsets if offset]
    return (min(start for start, _ in known), max(end for _, end in known)) if known else None
