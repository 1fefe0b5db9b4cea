"""Aggregate functions of SQL: one value for several rows, such as `SUM(amount * 2)` and `COUNT(DISTINCT city)`."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mlbuild.columns import NUMERIC, TEMPORAL, ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.binding import MAX_LENGTH, bind, bind_node, too_long
from mlbuild.expressions.conversion import SyntaxConverter
from mlbuild.expressions.refusals import place
from mlbuild.expressions.syntax import parse_sql
from mlbuild.expressions.tree import Node
from mlbuild.expressions.typed import Typed
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Sql

SUM, AVG, MIN, MAX, COUNT, COUNT_DISTINCT = "sum", "avg", "min", "max", "count", "count_distinct"
LAST, LAG = "last", "lag"
#: The functions of any group of rows, and those of rows that have an order in time.
OF_GROUPS = (SUM, AVG, MIN, MAX, COUNT)
OF_ORDERED = (*OF_GROUPS, LAST, LAG)
#: sqlglot's classes.
_CLASSES = {"Sum": SUM, "Avg": AVG, "Min": MIN, "Max": MAX, "Count": COUNT, "Last": LAST, "Lag": LAG}
#: The largest number of rows that LAG goes back.
_MOST_BACK = 1_000_000
_ONE_DISTINCT = "DISTINCT is only supported in COUNT(DISTINCT x), with one argument"


@frozen
class Call:
    """A call of an aggregate function, with an argument for each row; None for `COUNT(*)`.

    LAG takes the value that is `back` rows before.
    """

    function: str
    argument: Typed | None = None
    back: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return self.argument.names if self.argument else ()

    @property
    def tree(self) -> list[Any]:
        """The canonical form, as JSON."""
        return [self.function, self.argument.tree if self.argument else None, self.back]

    def type(self, can_be_empty: bool) -> ColumnType:
        """Return the type of the result, if there can be no rows to take it from, or if there is at least one."""
        if self.argument is None or self.function in (COUNT, COUNT_DISTINCT):
            return ColumnType("int")
        read = self.argument.type
        if not read.known:
            return read
        nullable = read.nullable or can_be_empty
        if self.function in (SUM, AVG):
            return ColumnType("float" if self.function == AVG else read.dtype, nullable, finite=read.finite)
        return read.with_nullable(nullable)


def bind_call(
    call: str | Sequence[Any], schema: Schema, functions: Sequence[str], later: Container[str] = ()
) -> Call:
    """Type a call of one of the functions: a text, or the `tree` of a call that was bound before.

    Raises:
        Rejected: With all problems, each with its `offset`.
    """
    if not isinstance(call, str):
        parts: Sequence[Any] = call
        return Call(parts[0], None if parts[1] is None else bind(parts[1], schema), parts[2])
    if len(call) > MAX_LENGTH:
        raise Rejected(too_long(call))
    function, node, problems, back = _parse(call, tuple(functions))
    if node is None:
        if problems:
            raise Rejected(*problems)
        return Call(function)
    bound = Call(function, bind_node(node, problems, schema, call, later), back)
    problem = _unsuitable(bound, node)
    if problem:
        raise Rejected(problem)
    return bound


@frozen
class TableCondition:
    """A condition over aggregates of all rows of a table. `calls` are the aggregates by their text, and `condition`
    is over columns with these names.
    """

    calls: Mapping[str, Call]
    condition: Typed

    @property
    def type(self) -> ColumnType:
        return self.condition.type

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the aggregates read."""
        return tuple(dict.fromkeys(name for call in self.calls.values() for name in call.names))

    @property
    def tree(self) -> list[Any]:
        """The canonical form, as JSON."""
        return [{name: call.tree for name, call in self.calls.items()}, self.condition.tree]


def bind_condition(text: str | Sequence[Any], schema: Schema) -> TableCondition:
    """Type a condition over aggregates: a text, or the `tree` of one that was bound before.

    Raises:
        Rejected: With all problems, each with its `offset`.
    """
    if not isinstance(text, str):
        parts: Sequence[Any] = text
        trees, condition = parts
        calls = {name: bind_call(call, schema, OF_GROUPS) for name, call in trees.items()}
        return TableCondition(calls, bind(condition, _results(calls)))
    if len(text) > MAX_LENGTH:
        raise Rejected(too_long(text))
    sql, calls = _without_calls(text, schema)
    converter = SyntaxConverter(text)
    node = converter.read(sql)
    return TableCondition(calls, bind_node(node, tuple(converter.problems), _results(calls), text))


def _results(calls: Mapping[str, Call]) -> Schema:
    return Schema({name: call.type(can_be_empty=True) for name, call in calls.items()})


def _without_calls(text: str, schema: Schema) -> tuple[Sql, dict[str, Call]]:
    """Return the parsed condition with a column instead of each aggregate, and the aggregates."""
    from sqlglot import exp

    sql, calls, problems = parse_sql(text), {}, []
    whole = (0, len(text))
    for call in [one for one in sql.find_all(exp.AggFunc) if not one.find_ancestor(exp.AggFunc)]:
        name = call.sql()
        try:
            calls[name] = bind_call(name, schema, OF_GROUPS)
        except Rejected as rejected:
            problems += [replace(problem, offset=whole) for problem in rejected.problems]
        column = exp.column(name, quoted=True)
        sql = column if call is sql else (call.replace(column), sql)[1]
    if not problems and not calls:
        message = "a condition on the table needs an aggregate function, such as COUNT(*)"
        problems.append(Problem("bad-expression", message, help="or use 'where' for each row", offset=whole))
    for column in sql.find_all(exp.Column):
        if not problems and column.name not in calls:
            message = f"'{column.name}' must be the argument of an aggregate function, such as MAX"
            problems.append(Problem("bad-expression", message, offset=place(column, text)))
    if problems:
        raise Rejected(*problems)
    return sql, calls


@lru_cache(4_096)
def _parse(text: str, functions: tuple[str, ...]) -> tuple[str, Node | None, tuple[Problem, ...], int]:
    """Return the function, its argument (None for `*`), the problems in it, and how far it goes back."""
    sql = parse_sql(text)
    while type(sql).__name__ == "Paren":
        sql = sql.this
    function = _CLASSES.get(type(sql).__name__)
    if function not in functions:
        raise Rejected(_not_a_call(sql, text, functions))
    inner, back = sql.this, 1
    if type(inner).__name__ == "Distinct" and function == COUNT and len(inner.expressions) == 1:
        function, inner = COUNT_DISTINCT, inner.expressions[0]
    if function == LAG and "offset" in sql.args:
        back = _back(sql.args["offset"], text)
    known = {"this", "big_int", *(("offset",) if function == LAG else ())}
    if inner is None or any(part for arg, part in sql.args.items() if arg not in known):
        message = f"{type(sql).__name__.upper()} takes one argument here"
        raise Rejected(Problem("unsupported-expression", message, offset=(0, len(text))))
    if type(inner).__name__ in ("Star", "Literal") and function == COUNT:
        return COUNT, None, (), 1
    if type(inner).__name__ in ("Star", "Distinct"):
        only = "'*' is only supported in COUNT(*)" if type(inner).__name__ == "Star" else _ONE_DISTINCT
        raise Rejected(Problem("unsupported-expression", only, offset=(0, len(text))))
    converter = SyntaxConverter(text)
    node = converter.read(inner)
    return function, node, tuple(converter.problems), back


def _back(offset: Sql, text: str) -> int:
    """Return how many rows LAG goes back."""
    if offset.is_int and 1 <= int(offset.to_py()) <= _MOST_BACK:
        return int(offset.to_py())
    message = f"LAG goes back a number of rows, from 1 to {_MOST_BACK:,}"
    raise Rejected(Problem("unsupported-expression", message, offset=place(offset, text)))


def _not_a_call(sql: Sql, text: str, functions: Sequence[str]) -> Problem:
    """Explain why an expression is not a call of one of the functions."""
    from sqlglot import exp

    names = [name.upper() for name in functions]
    help_ = f"available functions: {', '.join(names)}"
    whole = (0, len(text))
    if isinstance(sql, exp.Window):
        message = "OVER is not supported here: the keys of the step say which rows are aggregated"
        return Problem("unsupported-expression", message, help="remove it", offset=whole)
    if isinstance(sql, exp.Filter):
        help_ = "write CASE WHEN condition THEN x END as the argument"
        return Problem("unsupported-expression", "FILTER is not supported", help=help_, offset=whole)
    called = re.match(r"\s*(\w+)\s*\(", text)
    if isinstance(sql, exp.Func) and called:
        # A function that exists was hardly meant to be another one.
        near = did_you_mean(called[1].upper(), names) if isinstance(sql, exp.Anonymous) else None
        message = f"'{called[1].upper()}' is not an aggregate function that this step supports"
        return Problem("unsupported-expression", message, help=near or help_, offset=called.span(1))
    if sql.find(exp.AggFunc):
        help_ = "compute with the result in a later 'derive' step"
        message = "an aggregate function cannot be part of a larger expression"
        return Problem("unsupported-expression", message, help=help_, offset=whole)
    message = "this is not an aggregate function: it does not combine several rows into one value"
    return Problem("unsupported-expression", message, help=help_, offset=whole)


def _unsuitable(call: Call, node: Node) -> Problem | None:
    """Return the problem if the argument has a dtype that the function does not take."""
    assert call.argument
    dtype, name = call.argument.type, call.function.upper()
    takes, what = {
        SUM: (NUMERIC, "numbers"),
        AVG: (NUMERIC, "numbers"),
        MIN: ((*NUMERIC, *TEMPORAL), "numbers, dates or datetimes"),
        MAX: ((*NUMERIC, *TEMPORAL), "numbers, dates or datetimes"),
    }.get(call.function, ((), ""))
    if not takes or not dtype.known or dtype.dtype in takes:
        return None
    help_ = "convert a bool to a number with CAST(... AS BIGINT)" if dtype.dtype == "bool" else None
    message = f"{name} takes {what}, not a {dtype.dtype}"
    return Problem("type-mismatch", message, help=help_, offset=node.offset)
