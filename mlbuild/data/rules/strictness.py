"""How strict a contract is about each of its rules: whether a violation only warns, and how many rows may have one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlbuild.data.rules.rule import ERROR, WARN, Rule, TableRule, no_effect
from mlbuild.diagnostics import Problem
from mlbuild.params import Choice, Described, Kind, Number, field

SEVERITIES = {
    ERROR: "fail the build with exit code 3",
    WARN: "report a warning each time, and continue",
}


def severities(name: str, rules: Sequence[type[Rule | TableRule]]) -> type[Described]:
    """Return a class with the severity of each rule as a key."""
    told = "What happens when rows violate `{}`."
    doc = "What happens when rows violate a rule, by rule."
    return _by_rule(name, doc, [rule for rule in rules if not rule.strict], Choice(SEVERITIES), told, ERROR)


def max_shares(name: str, rules: Sequence[type[Rule | TableRule]]) -> type[Described]:
    """Return a class with the share of rows that may violate each rule as a key."""
    told = "Share of the rows that may violate `{}`."
    doc = "Share of the rows that may violate a rule, by rule."
    loose = [rule for rule in rules if not rule.strict and not rule.shared]
    return _by_rule(name, doc, loose, Number(min=0, below=1), told, 0.0)


def _by_rule(
    name: str, doc: str, rules: Sequence[type[Rule | TableRule]], kind: Kind, told: str, default: Any
) -> type[Described]:
    made = [(one.rule, Any, field(kind, told.format(one.rule), default=default)) for one in rules]
    about = {"__doc__": doc, "__module__": __name__}
    return dataclasses.make_dataclass(name, made, bases=(Described,), unsafe_hash=True, namespace=about)


def without_rule(
    key: str,
    values: Mapping[str, Any],
    stated: Sequence[str],
    dtypes: Mapping[str, Sequence[str]],
    dtype: str,
) -> Iterator[Problem]:
    """Report what a column or contract says under `key` about rules that it does not state."""
    for rule in values:
        if rule not in stated and dtype in dtypes.get(rule, (dtype,)):
            message, help_ = (
                f"'{key}' of '{rule}' has no effect, because there is no such rule",
                f"add '{rule}', or remove it",
            )
        elif rule not in stated:
            message = f"'{key}' of '{rule}' has no effect on a column of dtype {dtype}"
            help_ = f"it is only for {', '.join(dtypes[rule])}"
        else:
            continue
        yield dataclasses.replace(no_effect(rule, message, help_), at=(key, rule))
