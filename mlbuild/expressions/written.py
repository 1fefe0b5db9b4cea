"""Writes canonical trees of expressions as SQL, for people. Bound again, the SQL means the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from mlbuild.columns import NUMERIC, TEMPORAL
from mlbuild.expressions.aggregates import COUNT_DISTINCT, LAG, OF_ORDERED
from mlbuild.expressions.dates.calendar import SECOND
from mlbuild.expressions.dates.units import LENGTHS, MONTHS
from mlbuild.expressions.tree import COLUMN, LITERALS, NULL, is_literal

_WORD = re.compile(r"[^\W\d]\w*")
#: Words that must be in double quotes to be columns.
_KEYWORDS = frozenset(
    (
        "all alter and any array as between call case cast connect_by_root create cross current_date "
        "current_time current_timestamp current_user date describe distinct drop else end except execute "
        "explain false fetch for from glob grant having if ilike in inner insert intersect interval into "
        "is join lateral like list map not notnull null nullable object on optimize or outer "
        "partitioned_by prepare qualify range regexp rename returning revoke rlike rollback select show "
        "struct tablesample then timestamp true uncache union using vacuum values when where with xor"
    ).split()
)
_TYPES = {"float": "DOUBLE", "int": "BIGINT", "bool": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMP"}
_FLIPPED = {"<": ">", "<=": ">="}
#: Operators whose results are floats, whatever their operands, and those whose results are if an operand is.
_REAL = frozenset("float / sqrt ln log10 log2 exp sin cos power".split())
_NUMBER = frozenset("+ - * % neg abs floor ceil trunc sign round case coalesce least greatest".split())
_EPOCH = date(1970, 1, 1)
#: How strongly parts are held together: an operand that is held less than its place requires is in parentheses.
_OR = 0
_AND = 1
_NOT = 2
_COMPARED = 3
_SUM = 4
_PRODUCT = 5
_SIGN = 6
_WHOLE = 7
#: The lengths of intervals: months, and seconds.
_MOVED = {
    "plus_months": {unit: MONTHS[unit] for unit in ("year", "month")},
    "plus_seconds": {unit: LENGTHS[unit] // SECOND for unit in ("day", "hour", "minute", "second")},
}
_COMPARISONS = ("=", "<", "<=")
_TESTS = ("is_null", "is_true", "like", "ilike", "in")
_PLACES = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT}


def is_tree(value: Any) -> bool:
    """Whether a JSON value is the canonical tree of an expression, and not a list of texts."""
    if not isinstance(value, (list, tuple)) or not value or not isinstance(value[0], str):
        return False
    if value[0] == COLUMN or value[0] in LITERALS:
        return len(value) == 2 + (value[0] == COLUMN)
    return any(isinstance(one, (list, tuple)) for one in value[1:])


def is_call(value: Any) -> bool:
    """Whether a JSON value is the canonical form of a call of an aggregate function."""
    if not isinstance(value, (list, tuple)) or len(value) != 3 or isinstance(value[2], bool):
        return False
    function, argument, back = value
    known = isinstance(function, str) and function in (*OF_ORDERED, COUNT_DISTINCT)
    return known and isinstance(back, int) and (argument is None or is_tree(argument))


def call_sql(call: Sequence[Any]) -> str:
    """Return a call of an aggregate function as SQL."""
    function, argument, back = call
    told = "*" if argument is None else expression_sql(argument)
    if function == COUNT_DISTINCT:
        return f"COUNT(DISTINCT {told})"
    return (
        f"{function.upper()}({told}, {back})"
        if function == LAG and back != 1
        else f"{function.upper()}({told})"
    )


def expression_sql(tree: Sequence[Any]) -> str:
    """Return a canonical tree of an expression as SQL."""
    return _written(tree)[0]


def _written(tree: Sequence[Any]) -> tuple[str, int]:
    """Return the SQL and how strongly its parts are held together."""
    op, *parts = tree
    if op == COLUMN:
        return column_sql(parts[0]), _WHOLE
    if op in LITERALS:
        return _literal(op, parts[0])
    if op in ("and", "or"):
        place = _AND if op == "and" else _OR
        return f" {op.upper()} ".join(_held(part, place + 1) for part in parts), place
    if op in _COMPARISONS:
        return _compared(op, *parts), _COMPARED
    if op == "not":
        return _negated(parts[0])
    if op in _TESTS:
        return _about(op, parts), _COMPARED
    if op in _PLACES:
        left, right = _dates(parts) if op == "-" else parts
        place = _PLACES[op]
        return f"{_beside(left, right, place)} {op} {_beside(right, left, place + 1)}", place
    if op == "neg":
        return f"-{_held(parts[0], _WHOLE)}", _SIGN
    if op == "||":
        return " || ".join(_held(part, _WHOLE) for part in parts), _COMPARED
    if op in _MOVED:
        return _moved(parts[0], parts[1], _MOVED[op]), _SUM
    return _called(op, parts), _WHOLE


def _held(tree: Sequence[Any], place: int) -> str:
    text, own = _written(tree)
    return text if own >= place else f"({text})"


def _beside(tree: Sequence[Any], other: Sequence[Any], place: int) -> str:
    """Return an operand. Next to one whose type is known, a literal needs less: `15` next to a float is `15.0`."""
    if not is_literal(tuple(tree)) or is_literal(tuple(other)):
        return _held(tree, place)
    if tree[0] in TEMPORAL:
        return _text(tree[1])
    return _number(tree[1]) if tree[0] == "float" and _is_float(other) else _held(tree, place)


def _is_float(tree: Sequence[Any]) -> bool:
    op, *parts = tree
    if op in (COLUMN, "cast"):
        return bool(parts[1] == "float")
    values = [*parts[1:-1:2], parts[-1]] if op == "case" else parts
    return op in _REAL or (op in _NUMBER and any(_is_float(one) for one in values if is_tree(one)))


def column_sql(name: str) -> str:
    """Return the name of a column, in double quotes if the bare name would mean something else."""
    if _WORD.fullmatch(name) and name.casefold() not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def _literal(dtype: str, value: Any) -> tuple[str, int]:
    if dtype == NULL:
        return "NULL", _WHOLE
    if dtype == "bool":
        return str(value).upper(), _WHOLE
    if dtype in NUMERIC:
        text = _number(value) if dtype == "int" else str(value).replace("inf", "1e999")
        return text, _SIGN if text.startswith("-") else _WHOLE
    return f"CAST({_text(value)} AS {_TYPES[dtype]})" if dtype in TEMPORAL else _text(value), _WHOLE


def _number(value: Any) -> str:
    number = float(value)
    return (
        f"{int(number)}"
        if number.is_integer() and abs(number) <= 2**53
        else str(value).replace("inf", "1e999")
    )


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _compared(op: str, left: Sequence[Any], right: Sequence[Any]) -> str:
    """Return a comparison. `15 < x` is written as `x > 15`, because trees have no `>`."""
    if op in _FLIPPED and is_literal(tuple(left)):
        left, right, op = right, left, _FLIPPED[op]
    return f"{_beside(left, right, _SUM)} {op} {_beside(right, left, _SUM)}"


def _negated(tree: Sequence[Any]) -> tuple[str, int]:
    op, *parts = tree
    if op == "=":
        return _compared("<>", *parts), _COMPARED
    if op in _TESTS:
        return _about(op, parts, "NOT "), _COMPARED
    return f"NOT {_held(tree, _COMPARED)}", _NOT


def _about(op: str, parts: Sequence[Any], no: str = "") -> str:
    x = _held(parts[0], _SUM)
    if op in ("is_null", "is_true"):
        return f"{x} IS {no}{'NULL' if op == 'is_null' else 'TRUE'}"
    if op in ("like", "ilike"):
        return f"{x} {no}{op.upper()} {_text(parts[1])}"
    return f"{x} {no}IN ({', '.join(_beside(part, parts[0], _OR) for part in parts[1:])})"


def _called(op: str, parts: Sequence[Any]) -> str:
    if op == "case":
        branches = zip(parts[:-1:2], parts[1:-1:2], strict=True)
        told = [f"WHEN {expression_sql(when)} THEN {expression_sql(then)}" for when, then in branches]
        told += [] if parts[-1][0] == NULL else [f"ELSE {expression_sql(parts[-1])}"]
        return f"CASE {' '.join(told)} END"
    if op == "cast":
        return f"CAST({expression_sql(parts[0])} AS {_TYPES[parts[1]]})"
    if op == "round":
        digits = f", {parts[1]}" if parts[1] else ""
        return f"ROUND({expression_sql(parts[0])}{digits})"
    if op == "power":
        return f"POWER({', '.join(_number(one[1]) if one[0] == 'float' else expression_sql(one) for one in parts)})"
    if op == "part":
        return f"EXTRACT({parts[1].upper()} FROM {expression_sql(parts[0])})"
    if op in ("date_diff", "date_trunc"):
        parts = [parts[-1], *parts[:-1]]
    return f"{op.upper()}({', '.join(map(_argument, parts))})"


def _argument(part: Any) -> str:
    """Return an argument: an expression, or an option such as a unit or a pattern."""
    return expression_sql(part) if is_tree(part) else _text(part) if isinstance(part, str) else str(part)


def _moved(date_: Sequence[Any], amount: int, units: Mapping[str, int]) -> str:
    """Return the sum of a date and an interval, in the largest unit that divides it."""
    unit, length = next((unit, length) for unit, length in units.items() if amount % length == 0)
    sign = "-" if amount < 0 else "+"
    return f"{_held(date_, _SUM)} {sign} INTERVAL '{abs(amount) // length}' {unit.upper()}"


def _dates(parts: Sequence[Sequence[Any]]) -> list[Any]:
    """Return the operands of a difference: dates, if it is one of days."""
    if not any(part[0] == "days" for part in parts):
        return [*parts]
    return [part[1] if part[0] == "days" else ("date", _day(part)) for part in parts]


def _day(part: Sequence[Any]) -> str:
    return (_EPOCH + timedelta(days=int(float(part[1])))).isoformat()
