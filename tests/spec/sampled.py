"""Random parameters of described classes: ops, learners, splits."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from mlbuild.kinds import Boolean, Choice, Integer, Kind, ListOf, Number
from mlbuild.params import Described, Json, Param, params_of, read

#: Values of parameters whose kind does not determine valid values.
SPECIAL: dict[str, list[Any]] = {
    "time_zone": ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Monrovia", "UTC"],
    "fill_value": [0, 1.5, True, "unknown", "", "2013-01-01", "0001-01-01"],
    "mapping": [{"a": "b", "b": "a"}, {"": "none"}, {"0": 1, "3": -7}, {"true": False}],
    "name": ["which", "name"],
    "value": ["value", "size"],
    "prefix": ["p_", "q_", "r_", "other "],
    "valid_from": ["2013-10-01", "2020-01-05"],
    "gap": ["1d", "36h", "90min", "1w"],
    "window": ["5d", "2w", "30d"],
    "test_from": ["2020-01-09T12:00:00", "2020-02-29"],
}


def sampled(
    cls: type[Described],
    chance: random.Random,
    given: Json,
    share: float = 0.3,
    draw: Callable[[Kind], Any] = lambda kind: None,
) -> Json | None:
    """Return the map `given` with some more parameters of a class that do not contradict each other.

    `draw` returns values of kinds that depend on the context, such as names of columns. None if a required
    parameter has no known value.
    """
    body = dict(given)
    # Required parameters first: without them, the others cannot be checked.
    for key, param in sorted(params_of(cls).items(), key=lambda item: not item[1].required):
        if key in body or (not param.required and chance.random() > share):
            continue
        value = _sample(param, chance, draw)
        if value is None and param.required:
            return None
        if value is not None and (param.required or _sound(cls, body | {key: value})):
            body[key] = value
    return body if _sound(cls, body) else None


def _sound(cls: type[Described], body: Json) -> bool:
    return not [*read(cls, body).check()]


def _sample(param: Param, chance: random.Random, draw: Callable[[Kind], Any]) -> Any:
    if param.key in SPECIAL:
        return chance.choice(SPECIAL[param.key])
    value = of_kind(param.kind, chance)
    return draw(param.kind) if value is None else value


def of_kind(kind: Kind, chance: random.Random) -> Any:
    """Return a value of a kind; None for kinds whose values depend on the context."""
    match kind:
        case Choice():
            return chance.choice(kind.values)
        case Boolean():
            return chance.random() < 0.5
        case Integer():
            low = kind.min if kind.min is not None else min(-5, (kind.max or 0) - 5)
            number = chance.randint(low, min(low + 40, kind.max if kind.max is not None else low + 40))
            return float(number) if chance.random() < 0.1 else number
        case Number():
            return _number(kind, chance)
        case ListOf(item=Number() as number):
            return sorted({_number(number, chance) for _ in range(2)})
        case ListOf(item=Choice() as choice):
            items = chance.sample(choice.values, chance.randint(1, min(3, len(choice.values))))
            return items[0] if kind.or_one and len(items) == 1 and chance.random() < 0.5 else items
    return None


def _number(kind: Number, chance: random.Random) -> float | int:
    low = next((bound for bound in (kind.min, kind.above) if bound is not None), -10.0)
    high = next((bound for bound in (kind.max, kind.below) if bound is not None), low + 10.0)
    number = low + (high - low) * chance.choice([0.25, 0.5, chance.uniform(0.01, 0.99), 1e-5])
    return int(number) if number.is_integer() and chance.random() < 0.5 else number
