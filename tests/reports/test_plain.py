"""The spec in a report: every YAML reader gets the same values, and expressions can be read."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from mlbuild.columns import ColumnType, Schema
from mlbuild.expressions.binding import bind
from mlbuild.reports.writing.plain import expression, plain

WORDS = (
    "x",
    "no",
    "True",
    "y",
    "a b",
    "",
    "1",
    "1e3",
    "#x",
    "ü",
    "a: b",
    "- a",
    "2013-01-01",
    "null",
    "~",
    "'",
    '"',
    "a\nb",
)
SCHEMA = Schema(
    {
        "a": ColumnType("float", True),
        "b": ColumnType("int"),
        "s": ColumnType("string"),
        "t": ColumnType("bool"),
    }
)


def drawn(rng: random.Random, depth: int = 0) -> Any:
    """Return a value as specs have them: no list is directly in a list."""
    kind = rng.randrange(7 if depth < 4 else 5)
    if kind == 5:
        return {rng.choice(WORDS): drawn(rng, depth + 1) for _ in range(rng.randrange(4))}
    if kind == 6:
        return [one for _ in range(rng.randrange(4)) if not isinstance(one := drawn(rng, depth + 1), list)]
    return [rng.choice(WORDS), rng.randrange(-5, 5), rng.uniform(-1e20, 1e-20), rng.random() < 0.5, None][
        kind
    ]


@pytest.mark.parametrize("number", range(40))
def test_yaml_readers_get_the_same(number: int) -> None:
    value = {"all": drawn(random.Random(number))}
    try:
        read = yaml.load(plain(value), yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise AssertionError(plain(value)) from error
    assert read == value


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a > 15", "15.0 < a"),
        ("a*2 + b/8", "(a * 2.0) + (b * 0.125)"),
        ("s = 'it' AND NOT t", "(s = 'it') AND NOT(t)"),
        ("a IS NULL", "IS_NULL(a)"),
        ("-a + 1", None),
        ("CASE WHEN t THEN a ELSE 0 END", None),
    ],
)
def test_expressions_can_be_read(written: str, shown: str | None) -> None:
    tree = _lists(bind(written, SCHEMA).tree)
    assert "[" not in expression(tree)
    if shown is not None:
        assert expression(tree) == shown
    assert plain({"x": tree}) == f"x: {plain(expression(tree))}"


def _lists(tree: Any) -> Any:
    return [_lists(one) for one in tree] if isinstance(tree, tuple) else tree
