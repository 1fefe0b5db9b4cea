"""The rules that one contract states: all that its task needs to know, and nothing about other rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from mlbuild.data.rules import RULES, TABLE_RULES
from mlbuild.data.rules.rule import ERROR, WARN, Rule, TableRule
from mlbuild.frozen import frozen
from mlbuild.params import Described, Json, read

R = TypeVar("R", Rule, TableRule)


@frozen
class Stated(Generic[R]):
    """A rule of a contract, how severe a violation is, and the share of the rows that may violate it."""

    rule: R
    level: str = ERROR
    max_share: float = 0.0

    @property
    def allowed(self) -> float:
        """The share of the rows that may violate the rule."""
        return max(self.max_share, self.rule.allowed_share)

    @property
    def certain(self) -> bool:
        """Whether no row of a table that passes violates the rule."""
        return self.level == ERROR and not self.allowed

    @classmethod
    def of(cls, rule: R, whole: Json) -> Stated[R]:
        """Return a rule with what the canonical form of its column or contract says about it."""
        level = whole.get("severity", {}).get(rule.rule, ERROR)
        return cls(rule, level, whole.get("max_share", {}).get(rule.rule, 0.0))

    def only_warning_of_shares(self) -> Stated[R]:
        """Return the rule for a few rows of the table: a share of all of its rows allows any of them to violate it."""
        return replace(self, level=WARN) if self.allowed else self

    def about(self) -> Json:
        """Return the canonical form of what is not the rule itself, without defaults."""
        severity = {} if self.level == ERROR else {"severity": {self.rule.rule: self.level}}
        return severity | ({"max_share": {self.rule.rule: self.max_share}} if self.max_share else {})


@frozen
class StatedRules:
    """The dtype and the rules of each column, and the rules of the table."""

    dtypes: Mapping[str, str]
    columns: Mapping[str, tuple[Stated[Rule], ...]]
    table: tuple[Stated[TableRule], ...] = ()

    @classmethod
    def from_json(cls, value: Json) -> StatedRules:
        """Read the canonical form. A rule is stated if there is the key with its name."""
        columns = {
            name: tuple(Stated.of(read(rule, column), column) for rule in RULES if rule.rule in column)
            for name, column in value["columns"].items()
        }
        table = tuple(Stated.of(read(rule, value), value) for rule in TABLE_RULES if rule.rule in value)
        return cls({name: column["dtype"] for name, column in value["columns"].items()}, columns, table)

    def to_json(self) -> Json:
        """Return the canonical form: the keys of stated rules at the same paths as in a contract."""
        columns: Json = {}
        for name, dtype in self.dtypes.items():
            columns[name] = {"dtype": dtype}
            for one in self.columns[name]:
                columns[name] |= one.rule.canonical(dtype)
                _merge(columns[name], one.about())
        found: Json = {"columns": columns}
        for together in self.table:
            found |= together.rule.canonical(self.dtypes)
            _merge(found, together.about())
        return found

    def others(self) -> tuple[tuple[str, str], ...]:
        """Return the sources and their columns that rules compare with, each once."""
        found = (one.rule.other for column in self.columns.values() for one in column)
        return tuple(dict.fromkeys(other for other in found if other is not None))

    def for_rows(self) -> StatedRules:
        """Return the rules for a few rows of the table, without those about all of its rows."""
        columns = {
            name: tuple(one.only_warning_of_shares() for one in rules if not one.rule.timed)
            for name, rules in self.columns.items()
        }
        table = (replace(one, rule=rule) for one in self.table if (rule := one.rule.for_rows()) is not None)
        return StatedRules(self.dtypes, columns, tuple(one.only_warning_of_shares() for one in table))

    def only_timed(self) -> StatedRules:
        """Return the columns with rules that the time decides, and only these rules."""
        columns = {name: (Stated(rule),) for name, rule in self.timed().items()}
        return StatedRules({name: self.dtypes[name] for name in columns}, columns)

    def timed(self) -> Mapping[str, Rule]:
        """Return the rule of each column that the time decides."""
        rules = ((name, one.rule) for name, column in self.columns.items() for one in column)
        return {name: rule for name, rule in rules if rule.timed}

    def classes(self) -> tuple[type[Described], ...]:
        """Return the classes of the stated rules, each once."""
        rules = (one.rule for column in self.columns.values() for one in column)
        return tuple(dict.fromkeys(map(type, (*rules, *(one.rule for one in self.table)))))


def _merge(into: Json, more: Json) -> None:
    for key, value in more.items():
        into[key] = into.get(key, {}) | value
