"""The rules that one contract states: all that its task needs to know, and nothing about other rules."""

from __future__ import annotations

from collections.abc import Mapping

from mlbuild.data.rules import RULES, TABLE_RULES
from mlbuild.data.rules.rule import Rule, TableRule
from mlbuild.frozen import frozen
from mlbuild.params import Described, Json, read


@frozen
class StatedRules:
    """The dtype and the rules of each column, and the rules of the table."""

    dtypes: Mapping[str, str]
    columns: Mapping[str, tuple[Rule, ...]]
    table: tuple[TableRule, ...]

    @classmethod
    def from_json(cls, value: Json) -> StatedRules:
        """Read the canonical form. A rule is stated if there is the key with its name."""
        columns = {
            name: tuple(read(rule, column) for rule in RULES if rule.rule in column)
            for name, column in value["columns"].items()
        }
        table = tuple(read(rule, value) for rule in TABLE_RULES if rule.rule in value)
        return cls({name: column["dtype"] for name, column in value["columns"].items()}, columns, table)

    def to_json(self) -> Json:
        """Return the canonical form: the keys of stated rules at the same paths as in a contract."""
        columns: Json = {}
        for name, dtype in self.dtypes.items():
            columns[name] = {"dtype": dtype}
            for rule in self.columns[name]:
                columns[name] |= rule.canonical(dtype)
        found: Json = {"columns": columns}
        for one in self.table:
            found |= one.canonical()
        return found

    def classes(self) -> tuple[type[Described], ...]:
        """Return the classes of the stated rules, each once."""
        rules = (rule for column in self.columns.values() for rule in column)
        return tuple(dict.fromkeys(map(type, (*rules, *self.table))))
