"""Converts sqlglot's tree to nodes, and rejects everything that the language does not support.

Different spellings become the same: `>` and BETWEEN become `<` and `<=`, IF and NULLIF become CASE, NOT IN becomes
NOT of IN.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ENDS_TEXT
from mlbuild.diagnostics import Problem
from mlbuild.expressions.dates import syntax as dates
from mlbuild.expressions.refusals import joined, own, place, refusal, type_named, unsupported
from mlbuild.expressions.texts import syntax as texts
from mlbuild.expressions.tree import COLUMN, NULL, REFUSED, UNTYPED, Node

if TYPE_CHECKING:
    from sqlglot.expressions import Expr as Sql

#: sqlglot's class, with our operator and the names of its operands.
_PLAIN = {
    "Mul": ("*", "this expression"),
    "Div": ("/", "this expression"),
    "Mod": ("%", "this expression"),
    "Pow": ("power", "this expression"),
    "Neg": ("neg", "this"),
    "Abs": ("abs", "this"),
    "Floor": ("floor", "this"),
    "Ceil": ("ceil", "this"),
    "Sqrt": ("sqrt", "this"),
    "Exp": ("exp", "this"),
    "Ln": ("ln", "this"),
    "Sin": ("sin", "this"),
    "Cos": ("cos", "this"),
    "Sign": ("sign", "this"),
    "Trunc": ("trunc", "this"),
    "WidthBucket": ("width_bucket", "this min_value max_value num_buckets"),
    "LastDay": ("last_day", "this"),
    "EQ": ("=", "this expression"),
    "LT": ("<", "this expression"),
    "LTE": ("<=", "this expression"),
    "GT": ("<", "expression this"),
    "GTE": ("<=", "expression this"),
    "Not": ("not", "this"),
    "Coalesce": ("coalesce", "this expressions"),
    "Least": ("least", "this expressions"),
    "Greatest": ("greatest", "this expressions"),
    "In": ("in", "this expressions"),
    "Concat": ("concat", "expressions"),
    "DPipe": ("||", "this expression"),
}
#: Arguments of sqlglot's nodes that do not change the meaning here.
_HARMLESS = {"typed", "safe", "ignore_nulls", "is_nvl", "is_null", "_type", "nested", "quoted"}
_CASTS = {
    "DOUBLE": "float",
    "FLOAT": "float",
    "BIGINT": "int",
    "INT": "int",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "DATETIME": "datetime",
}


_MISSING = Node(NULL, (), (UNTYPED,))
#: sqlglot also accepts `9E` as a number.
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class SyntaxConverter:
    """Converts sqlglot's tree to nodes, and collects what is rejected."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []

    def read(self, sql: Sql) -> Node:
        """Convert a part. Any argument of `sql` besides the known operands would change its meaning and is rejected."""
        name = type(sql).__name__
        op, operands = _PLAIN.get(name) or _SPECIAL.get(name) or (None, "")
        known = {*operands.split(), *_HARMLESS, "negate"}
        if op is None or any(part for arg, part in sql.args.items() if arg not in known):
            return self.refuse(sql)
        node = self._plain(sql, op, operands) if isinstance(op, str) else op(self, sql)
        return self.made(sql, "not", [node]) if sql.args.get("negate") else node

    def _plain(self, sql: Sql, op: str, operands: str) -> Node:
        parts = [part for name in operands.split() for part in _listed(sql.args.get(name))]
        return self.made(sql, op, [self.read(part) for part in parts])

    def made(self, sql: Sql, op: str, args: Sequence[Node], *extra: Any) -> Node:
        """Return a node for `sql`, with the range of its tokens."""
        return Node(op, tuple(args), extra, joined(own(sql), *(arg.offset for arg in args)))

    def refuse(self, sql: Sql, problem: Problem | None = None) -> Node:
        """Note a problem with `sql`, and return a node about which nothing else is reported."""
        self.problems.append(problem or refusal(sql, self.text))
        args = [self.read(arg) for arg in sql.expressions] if type(sql).__name__ == "Anonymous" else []
        return Node(REFUSED, tuple(args), offset=place(sql, self.text))

    def column(self, sql: Sql) -> Node:
        name, offset = sql.this.name, own(sql.this)
        if table := sql.args.get("table"):
            message = f"columns have no table prefix: remove '{table.name}.'"
            help_ = f'put a column name that contains a dot in double quotes: "{table.name}.{name}"'
            return self.refuse(sql, unsupported(message, joined(own(table), offset), help_))
        return Node(COLUMN, (), (name,), offset, bool(sql.this.args.get("quoted")))

    def literal(self, sql: Sql) -> Node:
        offset = own(sql)
        if sql.is_string and "\0" in sql.this:
            return self.refuse(
                sql, Problem("bad-expression", f"the string contains {ENDS_TEXT}", offset=offset)
            )
        if sql.is_string:
            return Node("string", (), (sql.this,), offset)
        if not _NUMBER.fullmatch(sql.this):
            message = f"'{sql.this}' is not a number"
            help_ = f'put a column name that starts with a digit in double quotes: "{sql.this}"'
            return self.refuse(sql, Problem("bad-expression", message, help=help_, offset=offset))
        if not sql.this.isdigit():
            return Node("float", (), (sql.this,), offset)
        if int(sql.this) > 2**53:
            message = f"{sql.this} is beyond 2^53, above which integers are no longer exact"
            return self.refuse(sql, Problem("bad-expression", message, offset=offset))
        return Node("int", (), (sql.this,), offset)

    def boolean(self, sql: Sql) -> Node:
        return Node("bool", (), (bool(sql.this),))

    def null(self, sql: Sql) -> Node:
        return _MISSING

    def paren(self, sql: Sql) -> Node:
        return self.read(sql.this)

    def connector(self, sql: Sql) -> Node:
        """Convert a chain of AND or of OR to one node, however long it is."""
        return self.made(sql, type(sql).__name__.casefold(), [self.read(part) for part in sql.flatten()])

    def sum_(self, sql: Sql) -> Node:
        """Convert `+` and `-`, of numbers and of a date and an interval."""
        op = "+" if type(sql).__name__ == "Add" else "-"
        return dates.moved(self, sql) or self._plain(sql, op, "this expression")

    def logarithm(self, sql: Sql) -> Node:
        """Convert LOG10(x) and LOG2(x), which sqlglot reads as LOG(10, x) and LOG(2, x)."""
        base = sql.this.this if type(sql.this).__name__ == "Literal" else None
        if base not in ("2", "10") or not sql.expression:
            return self.refuse(sql)
        return self.made(sql, "log" + base, [self.read(sql.expression)])

    def unequal(self, sql: Sql) -> Node:
        return self.made(sql, "not", [self._plain(sql, "=", "this expression")])

    def between(self, sql: Sql) -> Node:
        x, low, high = (self.read(sql.args[name]) for name in ("this", "low", "high"))
        return self.made(sql, "and", [self.made(sql, "<=", [low, x]), self.made(sql, "<=", [x, high])])

    def is_(self, sql: Sql) -> Node:
        what = sql.expression
        kind = type(what).__name__
        if kind not in ("Null", "Boolean"):
            return self.refuse(sql)
        op = "is_null" if kind == "Null" else "is_true" if what.this else "is_false"
        return self.made(sql, op, [self.read(sql.this)])

    def round_(self, sql: Sql) -> Node:
        decimals = sql.args.get("decimals")
        if decimals is None:
            return self.made(sql, "round", [self.read(sql.this)], 0)
        if not decimals.is_int or abs(int(decimals.to_py())) > 15:
            message = "the decimals of ROUND must be an integer from -15 to 15"
            return self.refuse(sql, unsupported(message, place(decimals, self.text)))
        return self.made(sql, "round", [self.read(sql.this)], int(decimals.to_py()))

    def cast(self, sql: Sql) -> Node:
        to = sql.args["to"]
        target = _CASTS.get(to.sql())
        if target is None:
            named = type_named(to, self.text, place(sql.this, self.text)[1])
            message = f"CAST to {named} is not supported"
            help_ = "CAST supports DOUBLE, BIGINT and BOOLEAN"
            return self.refuse(sql, unsupported(message, place(sql, self.text), help_))
        return self.made(sql, "cast", [self.read(sql.this)], target)

    def if_(self, sql: Sql) -> Node:
        otherwise = sql.args.get("false")
        parts = [self.read(sql.this), self.read(sql.args["true"])]
        return self.made(sql, "case", [*parts, self.read(otherwise) if otherwise else _MISSING])

    def case(self, sql: Sql) -> Node:
        subject = self.read(sql.this) if sql.this else None
        parts: list[Node] = []
        for branch in sql.args["ifs"]:
            when = self.read(branch.this)
            parts.append(self.made(branch, "=", [subject, when]) if subject else when)
            parts.append(self.read(branch.args["true"]))
        default = sql.args.get("default")
        return self.made(sql, "case", [*parts, self.read(default) if default else _MISSING])

    def nullif(self, sql: Sql) -> Node:
        a, b = self.read(sql.this), self.read(sql.expression)
        return self.made(sql, "case", [self.made(sql, "=", [a, b]), _MISSING, a])


#: sqlglot's classes of functions that give one part of a date.
_PARTS = {
    "Year": "year",
    "Quarter": "quarter",
    "Month": "month",
    "Week": "week",
    "Day": "day",
    "DayOfMonth": "day",
    "DayOfYear": "doy",
    "Hour": "hour",
    "Minute": "minute",
    "Second": "second",
}
#: The same as `_PLAIN`, for classes that need more than a new name.
_SPECIAL: dict[str, tuple[Callable[[SyntaxConverter, Sql], Node], str]] = {
    "Add": (SyntaxConverter.sum_, "this expression"),
    "Sub": (SyntaxConverter.sum_, "this expression"),
    "Log": (SyntaxConverter.logarithm, "this expression"),
    "Column": (SyntaxConverter.column, "this table db catalog"),
    "Literal": (SyntaxConverter.literal, "this is_string"),
    "Boolean": (SyntaxConverter.boolean, "this"),
    "Null": (SyntaxConverter.null, ""),
    "Paren": (SyntaxConverter.paren, "this"),
    "And": (SyntaxConverter.connector, "this expression"),
    "Or": (SyntaxConverter.connector, "this expression"),
    "NEQ": (SyntaxConverter.unequal, "this expression"),
    "Between": (SyntaxConverter.between, "this low high"),
    "Is": (SyntaxConverter.is_, "this expression"),
    "Like": (texts.like, "this expression"),
    "ILike": (texts.like, "this expression"),
    "RegexpLike": (texts.regexp_like, "this expression"),
    "StartsWith": (texts.part_named("^", ""), "this expression"),
    "EndsWith": (texts.part_named("", "$"), "this expression"),
    "Contains": (texts.part_named("", ""), "this expression"),
    "Round": (SyntaxConverter.round_, "this decimals"),
    "Cast": (SyntaxConverter.cast, "this to"),
    "If": (SyntaxConverter.if_, "this true false"),
    "Case": (SyntaxConverter.case, "this ifs default"),
    "Nullif": (SyntaxConverter.nullif, "this expression"),
    "Interval": (dates.alone, "this unit"),
    "Extract": (dates.extract, "this expression"),
    "DateDiff": (dates.difference, "this expression unit"),
    "DateTrunc": (dates.truncated, "this unit"),
    **{name: (dates.part_named(part), "this") for name, part in _PARTS.items()},
}


def _listed(part: Any) -> list[Sql]:
    if part is None:
        return []
    return part if isinstance(part, list) else [part]
