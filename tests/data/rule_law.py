"""What every rule of a contract must do, checked with its own examples and without knowing which rule it is."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from mlbuild.data.casts import polars_type
from mlbuild.data.contracts import COLUMN, Column
from mlbuild.data.faults import Fault
from mlbuild.data.rules.rule import Example, Rule
from mlbuild.data.rules.stated import Stated, StatedRules
from mlbuild.data.violations import violations
from mlbuild.params import params_of, read

_NAME = 'a "column" (1)'


def law(cls: type[Rule], chance: random.Random) -> None:
    """Check a rule."""
    for check in LAWS:
        check(cls, chance)


def accepts_its_examples(cls: type[Rule], chance: random.Random) -> None:
    for dtype, _, rule, column in cases(cls):
        wrong = [problem.message for problem in rule.contradictions(column)]
        assert wrong == [], f"{cls.rule} for {dtype}: {wrong}"
        assert rule.applied, f"{cls.rule} for {dtype}: no value can violate it"


def has_its_name_as_a_key(cls: type[Rule], chance: random.Random) -> None:
    for dtype, _, rule, _ in cases(cls):
        assert cls.rule in params_of(cls) and cls.rule in rule.canonical(dtype), "no key with its name"


def keeps_what_it_should(cls: type[Rule], chance: random.Random) -> None:
    for dtype, example, rule, _ in cases(cls):
        if example is not None:
            # Old values do no harm next to new ones.
            kept = [[*example.keeps, *example.breaks], *([one] for one in example.keeps)]
            for some in kept if cls.timed else [example.keeps]:
                values = _mixed(cls, some, chance)
                assert found(rule, dtype, values, example) == [], f"{cls.rule} is violated by {values}"


def finds_what_is_planted(cls: type[Rule], chance: random.Random) -> None:
    for dtype, example, rule, _ in cases(cls):
        if example is None:
            continue
        if cls.timed:
            _finds_what_is_old(rule, dtype, example, chance)
            continue
        values = _mixed(cls, example.keeps, chance)
        # A value can be out of order only if there is another one before it.
        first = next(place for place, one in enumerate(values) if one is not None) + 1 if cls.ordered else 0
        places = sorted(chance.randint(first, len(values)) for _ in example.breaks)
        planted = chance.sample(example.breaks, len(example.breaks))
        for place, value in reversed([*zip(places, planted, strict=True)]):
            values.insert(place, value)
        rows = tuple(place + index + 1 for index, place in enumerate(places))
        made = found(rule, dtype, values, example)
        assert made, f"{cls.rule} is not violated by {values}"
        (fault,) = made
        assert fault.rule == rule.text and fault.columns == (_NAME,)
        told = fault.count, tuple(sample[0] for sample in fault.samples)
        assert told == (len(rows), rows[:5]), f"{cls.rule} is violated in other rows of {values}: {told}"


def _finds_what_is_old(rule: Rule, dtype: str, example: Example, chance: random.Random) -> None:
    for some in (example.breaks, *([one] for one in example.breaks)):
        values = _mixed(type(rule), some, chance)
        made = found(rule, dtype, values, example)
        assert made, f"{rule.rule} is not violated by {values}"
        (fault,) = made
        assert (fault.rule, fault.columns, fault.count) == (rule.text, (_NAME,), 0)
        newest = max(some).isoformat()
        assert fault.help and newest in fault.help, f"{rule.rule} does not name {newest}: {fault.help}"


def tells_when_it_changes(cls: type[Rule], chance: random.Random) -> None:
    """A rule that the time decides says the same until the time that it names, and something else then."""
    for dtype, example, rule, _ in cases(cls) if cls.timed else ():
        assert example is not None and example.now is not None
        values = _series(dtype, [chance.choice([*example.keeps, *example.breaks])])
        now = _microseconds(example.now) + chance.randrange(-(10**13), 10**13)
        age = rule.age(values, now)
        assert age.until is not None and age.until > now, f"{cls.rule} does not say how long {age} holds"
        early = rule.age(values, chance.randint(now, age.until - 1))
        assert early == age, f"{cls.rule} says {early} instead of {age} too early"
        assert rule.age(values, age.until - 1) == age, f"{cls.rule} changes before it says"
        assert rule.age(values, age.until) != age, f"{cls.rule} does not change when it says"


def takes_little(cls: type[Rule], chance: random.Random) -> None:
    """A table without rows keeps every rule; one of missing values keeps it unless the rule is about them."""
    for dtype, example, rule, _ in cases(cls):
        little = None if example is None else replace(example, others=())
        assert found(rule, dtype, [], little) == [], f"{cls.rule} is violated without rows of dtype {dtype}"
        missing = found(rule, dtype, [None, None], little)
        assert not missing or cls.about_nulls, f"{cls.rule} is violated by missing values"


def survives_being_canonical(cls: type[Rule], chance: random.Random) -> None:
    for dtype, example, rule, _ in cases(cls):
        stated = StatedRules({_NAME: dtype}, {_NAME: (Stated(rule),)})
        again = read(cls, stated.to_json()["columns"][_NAME])
        assert again.canonical(dtype) == rule.canonical(dtype), f"{cls.rule} changes its canonical keys"
        values = [] if example is None else [*([] if cls.timed else example.keeps), *example.breaks]
        made = found(again, dtype, values, example)
        assert made == found(rule, dtype, values, example), f"{cls.rule} lost a key"


LAWS: tuple[Callable[[type[Rule], random.Random], None], ...] = (
    accepts_its_examples,
    has_its_name_as_a_key,
    keeps_what_it_should,
    finds_what_is_planted,
    tells_when_it_changes,
    takes_little,
    survives_being_canonical,
)


def cases(cls: type[Rule]) -> Iterator[tuple[str, Example | None, Rule, Column]]:
    """Yield each example with its dtype, rule and column, and each other dtype with the keys of the first example."""
    for example in cls.examples:
        yield _case(cls, example, example.column)
    for dtype in cls.dtypes:
        if dtype not in {example.column["dtype"] for example in cls.examples}:
            yield _case(cls, None, {**cls.examples[0].column, "dtype": dtype})


def _case(cls: type[Rule], example: Example | None, column: Any) -> tuple[str, Example | None, Rule, Column]:
    return column["dtype"], example, read(cls, column), read(COLUMN, column)


def _mixed(cls: type[Rule], values: Sequence[Any], chance: random.Random) -> list[Any]:
    """Return the values with missing ones between them, in any order if the rule has none."""
    mixed = [*values] if cls.ordered else chance.sample(values, len(values))
    if not cls.about_nulls:
        for _ in range(chance.randint(0, 3)):
            mixed.insert(chance.randint(0, len(mixed)), None)
    return mixed


def found(rule: Rule, dtype: str, values: Sequence[Any], example: Example | None = None) -> list[Fault]:
    """Return how values of a column violate a rule. An example has the values of the other column, and the time."""
    rows = pl.DataFrame({_NAME: _series(dtype, values)})
    others, now = (example.others, example.now) if example else ((), None)
    known = {} if rule.other is None else {rule.other: _series(dtype, others)}
    why = rule.age(rows[_NAME], _microseconds(now)).why if rule.timed and now else ""
    stated = StatedRules({_NAME: dtype}, {_NAME: (Stated(rule),)})
    return violations(rows, stated, [], known, {_NAME: why} if why else {})


def _series(dtype: str, values: Sequence[Any]) -> pl.Series:
    return pl.Series(values, dtype=polars_type(dtype), strict=True)


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
