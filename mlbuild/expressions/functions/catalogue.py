"""The functions of the language by their SQL names. `docs/expressions.md` describes each of them."""

from __future__ import annotations

from collections.abc import Mapping

#: How each function is written, for messages.
FUNCTIONS: Mapping[str, str] = {
    "ABS": "ABS(x)",
    "CAST": "CAST(x AS BIGINT)",
    "CEIL": "CEIL(x)",
    "COALESCE": "COALESCE(x, y)",
    "CONCAT": "CONCAT(s, t)",
    "CONTAINS": "CONTAINS(s, 'abc')",
    "COS": "COS(x)",
    "DATE_DIFF": "DATE_DIFF('day', start, end)",
    "DATE_PART": "DATE_PART('month', d)",
    "DATE_TRUNC": "DATE_TRUNC('month', d)",
    "DAY": "DAY(d)",
    "DAYOFYEAR": "DAYOFYEAR(d)",
    "ENDS_WITH": "ENDS_WITH(s, 'abc')",
    "EXP": "EXP(x)",
    "EXTRACT": "EXTRACT(MONTH FROM d)",
    "FLOOR": "FLOOR(x)",
    "GREATEST": "GREATEST(x, y)",
    "HOUR": "HOUR(u)",
    "IF": "IF(x > 0, x, 0)",
    "LAST_DAY": "LAST_DAY(d)",
    "LEAST": "LEAST(x, y)",
    "LN": "LN(x)",
    "LOG10": "LOG10(x)",
    "LOG2": "LOG2(x)",
    "MINUTE": "MINUTE(u)",
    "MOD": "MOD(x, y)",
    "MONTH": "MONTH(d)",
    "NULLIF": "NULLIF(x, y)",
    "POWER": "POWER(x, y)",
    "QUARTER": "QUARTER(d)",
    "REGEXP_LIKE": "REGEXP_LIKE(s, '^[A-Z]{2}')",
    "ROUND": "ROUND(x, 2)",
    "SECOND": "SECOND(u)",
    "SIGN": "SIGN(x)",
    "SIN": "SIN(x)",
    "SQRT": "SQRT(x)",
    "STARTS_WITH": "STARTS_WITH(s, 'abc')",
    "TRUNC": "TRUNC(x)",
    "WEEK": "WEEK(d)",
    "WIDTH_BUCKET": "WIDTH_BUCKET(x, 0, 100, 10)",
    "YEAR": "YEAR(d)",
}
#: The operators of trees that libraries compute to within about one unit in the last place.
TRANSCENDENTAL = frozenset({"ln", "log10", "log2", "exp", "power"})
