"""The rules of a contract that a single value can violate, which `contract.json` has as keywords of JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.moments import parse_moment
from mlbuild.serving.columns.column import Column

#: Whether a value of the artifact that is not missing violates a keyword.
Violates = Callable[[Any], bool]

#: For each keyword, how its value in the schema decides. `format...` are those of ajv for dates and times.
KEYWORDS: dict[str, Callable[[Any], Violates]] = {
    "minimum": lambda bound: lambda value: value < bound,
    "exclusiveMinimum": lambda bound: lambda value: value <= bound,
    "maximum": lambda bound: lambda value: value > bound,
    "exclusiveMaximum": lambda bound: lambda value: value >= bound,
    "formatMinimum": lambda bound: KEYWORDS["minimum"](parse_moment(bound)),
    "formatExclusiveMinimum": lambda bound: KEYWORDS["exclusiveMinimum"](parse_moment(bound)),
    "formatMaximum": lambda bound: KEYWORDS["maximum"](parse_moment(bound)),
    "formatExclusiveMaximum": lambda bound: KEYWORDS["exclusiveMaximum"](parse_moment(bound)),
    "minLength": lambda length: lambda value: len(value) < length,
    "maxLength": lambda length: lambda value: len(value) > length,
    "enum": lambda values: _other_than(frozenset(values)),
    "pattern": lambda pattern: _unlike(re.compile(pattern)),
}
#: The rule that a value is not missing. Requests that violate it are always refused.
NULLABLE = "nullable"


@frozen
class Violation:
    """A value of a request that violates a rule."""

    row: int
    column: str
    rule: str

    def to_json(self) -> Json:
        return {"row": self.row, "column": self.column, "rule": self.rule}


@frozen(eq=False)
class Check:
    """A rule for the values of the column at a place among those of a model."""

    place: int
    column: str
    rule: str
    violates: Violates

    def violations(self, values: Sequence[Any]) -> list[Violation]:
        return [
            Violation(row, self.column, self.rule) for row, value in enumerate(values) if self.violates(value)
        ]


def checks_of(place: int, column: Column, rules: Mapping[str, Json]) -> list[Check]:
    """Return the checks of the values of a column.

    Raises:
        KeyError: A rule has an unknown keyword.
    """
    made = [
        Check(place, column.name, rule, _present(column, KEYWORDS[keyword](value)))
        for rule, schema in rules.items()
        for keyword, value in schema.items()
    ]
    always = column.nullable or column.missing is None
    return made if always else [Check(place, column.name, NULLABLE, column.is_missing), *made]


def violations(checks: Sequence[Check], columns: Sequence[Sequence[Any]]) -> list[Violation]:
    """Return what violates rules, by row."""
    violated = [check for check in checks if any(map(check.violates, columns[check.place]))]
    if not violated:
        return []
    found = [one for check in violated for one in check.violations(columns[check.place])]
    return sorted(found, key=lambda one: one.row)


def _other_than(known: frozenset[Any]) -> Violates:
    return lambda value: value not in known


def _unlike(pattern: re.Pattern[str]) -> Violates:
    return lambda value: pattern.fullmatch(value) is None


def _present(column: Column, violates: Violates) -> Violates:
    """A missing value violates no rule but one about missing values."""
    missing = column.is_missing
    return lambda value: violates(value) and not missing(value)
