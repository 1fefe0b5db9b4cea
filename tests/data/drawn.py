"""Random values for fields that name columns and tables."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from mlbuild.columns import Schema
from mlbuild.data.steps.durations import Duration, Span
from mlbuild.frozen import frozen
from mlbuild.kinds import Aggregate, Expression, Kind, ListOf, MapOf, Name, Scalar
from mlbuild.selection import ColumnSelection

#: SQL over one column by its dtype; `{}` is the column.
_EXPRESSIONS = {
    "bool": ["NOT {}", "CASE WHEN {} THEN 1 ELSE 0.5 END", "{} IS NULL", "{}"],
    "int": ["{} + 1", "{} > 3", "{} / 2", "COALESCE({}, 0)", "{} IS NOT NULL", "CAST({} AS DOUBLE)"],
    "float": ["{} * 1e-3", "{} % 5", "{} - {} / 3", "{} <= 0", "LN({})", "CASE WHEN {} > 0 THEN 'p' END", "ROUND({})", "{} IS NOT NULL"],
    "string": ["{} = 'a'", "COALESCE({}, 'none')", "{} IN ('a', 'it''s')", "NULLIF({}, 'b')", "{} IS NOT NULL"],
    "date": ["{} >= '2020-01-10'", "{} IS NULL", "COALESCE({}, '2020-01-01')"],
    "datetime": ["{} < '2020-01-02 12:00:00'", "{} IS NOT NULL"],
}  # fmt: skip
#: SQL over two numbers, of which no result is an int that overflows.
_PAIRS = [
    "{} + {}", "{} - {}", "{} * CAST({} AS DOUBLE)", "{} > {}", "{} / {}", "{} % {}", "COALESCE({}, {})",
    "CASE WHEN {} > 1 THEN {} END",
]  # fmt: skip
_KEYS = ("id", "key", "code")
_NEW = [f"n{number}" for number in range(12)]


@frozen
class Drawn:
    """Draws from the columns of a table, and from the names of other tables; those with the same columns are `alike`."""

    columns: Schema
    tables: Sequence[str]
    chance: random.Random
    alike: Sequence[str] = ()

    def of(self, kind: Kind) -> Any:
        """Return a value that may be valid; None for a kind that names nothing.

        A new kind of field needs a line here.
        """
        chance, names = self.chance, [*self.columns]
        some = chance.sample(names, min(len(names), chance.randint(1, 3)))
        match kind:
            case Name(of="table"):
                return chance.choice(self.tables) if self.tables else None
            case Name(of="column"):
                moments = [name for name in names if self.columns[name].dtype in ("date", "datetime")]
                return chance.choice(moments) if moments and chance.random() < 0.8 else some[0]
            case Span():
                return chance.choice([1, 3, "2d", "48h", "1w"])
            case Duration():
                return chance.choice(["0d", "1d", "90min"])
            case ListOf(item=Name(of="column"), or_one=False):
                first = self.columns[some[0]].dtype
                alike = [name for name in names if self.columns[name].dtype == first]
                return chance.sample(alike, min(len(alike), chance.randint(2, 3)))
            case ListOf(item=Name(of="table")):
                return chance.sample(self.alike, min(len(self.alike), chance.randint(1, 2))) or None
            case ListOf(item=Name(of="column")):
                keys = [name for name in _KEYS if name in self.columns]
                return chance.choice([[chance.choice(keys or names)], keys[:2] or some, some])
            case ListOf(item=Scalar()):
                values: list[Any] = chance.choice([["a", "b", "c"], [0, 1, 2, 3], [True, False]])
                return chance.sample(values, chance.randint(1, 2))
            case ColumnSelection():
                dtype = {"dtype": self.columns[some[0]].dtype}
                return chance.choice([some, some[0], {"except": some}, {"except": some[0]}, dtype])
            case MapOf(item=Name(of="column"), names=Name(of="column")):
                here = [name for name in (*_KEYS, "count") if name in self.columns] or names
                return {chance.choice(here): chance.choice(_KEYS)}
            case MapOf(names=Name(of="column")):
                new = chance.sample(_NEW, len(some))
                return dict(
                    zip(some, chance.choice([new, new, [*some[1:], some[0]], self._freed()]), strict=False)
                )
            case MapOf(item=Aggregate(functions=functions)):
                made = chance.sample(_NEW, chance.randint(1, 3))
                return {name: self.aggregate(functions) for name in made}
            case MapOf(item=Expression()):
                made = chance.sample([*_NEW, *self._freed()], chance.randint(1, 2))
                return {name: self.expression() for name in made}
            case Expression():
                return self.expression()
        return None

    def expression(self) -> str:
        """Return SQL over one or two of the columns."""
        known = {name: type_ for name, type_ in self.columns.items() if type_.dtype in _EXPRESSIONS}
        numbers = [name for name, type_ in known.items() if type_.numeric]
        if len(numbers) > 1 and self.chance.random() < 0.4:
            return self.chance.choice(_PAIRS).format(*map(quoted, self.chance.sample(numbers, 2)))
        if not known:
            return "none"  # no expression can read any of these columns
        missing = [name for name, type_ in known.items() if type_.nullable]
        name = self.chance.choice(missing if missing and self.chance.random() < 0.5 else [*known])
        text = self.chance.choice(_EXPRESSIONS[known[name].dtype])
        return text.format(*[quoted(name)] * text.count("{}"))

    def aggregate(self, functions: Sequence[str]) -> str:
        """Return a call of an aggregate function with a column or an expression."""
        name = self.chance.choice(functions).upper()
        argument = quoted(self.chance.choice([*self.columns]))
        if self.chance.random() < 0.3:
            argument = self.expression()
        arguments = [argument]
        if name == "COUNT":
            arguments = [argument, f"DISTINCT {argument}", "*"]
        elif name == "LAG":
            arguments = [argument, f"{argument}, {self.chance.randint(1, 3)}"]
        return f"{name}({self.chance.choice(arguments)})"

    def _freed(self) -> list[str]:
        """Return names that steps have probably dropped."""
        return [*_KEYS, "size", "late", "kind"]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
