"""Rows that a test gives to a model, and the values that it expects: which are valid, and how they are read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.kinds import Json, Kind, MapOf, Name
from mlbuild.moments import DAY, parse_moment

_WORDS = {
    "bool": "true or false",
    "int": "an integer",
    "float": "a finite number",
    "string": "a string",
    "date": "an ISO date, such as 2013-10-01",
    "datetime": "an ISO datetime, such as 2013-10-01T08:00:00",
}
_EXACT = 2**53


@frozen
class Cell(Kind):
    """A value of any dtype. Null is missing."""

    def json_schema(self) -> Json:
        return {"type": ["string", "number", "boolean", "null"]}

    def phrase(self) -> str:
        return "a single value or null"


GIVEN = MapOf(Cell(), names=Name("column"))


def fits(value: Any, type_: ColumnType) -> bool:
    """Whether a value that is not missing can be in a column."""
    if not type_.known:
        return True
    if isinstance(value, (bool, str)):
        if isinstance(value, str) and type_.temporal:
            moment = parse_moment(value)
            return moment is not None and (type_.dtype == "datetime" or moment % DAY == 0)
        return type_.dtype == ("bool" if isinstance(value, bool) else "string")
    if not type_.numeric or not math.isfinite(value):
        return False
    return type_.dtype == "float" or (value == value // 1 and abs(value) <= _EXACT)


def wanted(type_: ColumnType) -> str:
    """Return what values of a column look like, for messages."""
    return _WORDS[type_.dtype]


def row_problems(given: Mapping[str, Any], inputs: Mapping[str, ColumnType]) -> Iterator[Problem]:
    """Yield what is wrong with a row for a model with these inputs. Paths start with the name of the column."""
    for name, value in given.items():
        if name not in inputs:
            near = did_you_mean(name, inputs) or f"inputs: {listed(inputs)}"
            message = f"'{name}' is not an input of the artifact"
            yield Problem("unknown-column", message, (name,), near, on="key")
        elif value is None:
            if inputs[name].known and not inputs[name].nullable:
                message = f"'{name}' cannot be missing, because its column is not nullable"
                yield Problem("wrong-value", message, (name,))
        elif not fits(value, inputs[name]):
            type_ = inputs[name]
            message = f"'{name}' must be {wanted(type_)}, because its column is of dtype {type_.dtype}"
            yield Problem("wrong-value", message, (name,))
        else:
            yield from _unlisted(name, value, inputs[name])
    lacking = [
        name for name, type_ in inputs.items() if type_.known and not type_.nullable and name not in given
    ]
    if lacking:
        names = listed(f"'{name}'" for name in lacking)
        which = "an input that cannot be missing" if len(lacking) == 1 else "inputs that cannot be missing"
        yield Problem("missing-key", f"the row needs {names}: {which}", (), on="key")


def _unlisted(name: str, value: Any, type_: ColumnType) -> Iterator[Problem]:
    if type_.categories is not None and value not in type_.categories:
        message = f"'{name}' is not one of the categories of its contract, so the model treats it as an unknown value"
        help_ = f"categories: {listed(map(str, type_.categories))}"
        yield Problem("unlisted-category", message, (name,), help_)
