"""The spec in a report: every YAML reader gets the same values, and expressions can be read."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from mlbuild.columns import ColumnType, Schema
from mlbuild.expressions.aggregates import OF_ORDERED, bind_call
from mlbuild.expressions.binding import bind
from mlbuild.reports.writing.plain import plain

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
        "when": ColumnType("date"),
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
        ("15 < a", "a > 15"),
        ("a*2+b/8", "a * 2 + b * 0.125"),
        ("b*2.0", "b * 2.0"),
        ("(a + b) * 2 >= 5", "(a + b) * 2 >= 5"),
        ("s = 'it''s' and not (t or a is null)", "s = 'it''s' AND NOT (t OR a IS NULL)"),
        ("a IS NOT NULL AND s <> 'x' AND s NOT IN ('y', 'x')", None),
        ("NOT a > 3", "NOT a > 3"),
        ("-a + 1", "-a + 1"),
        ("CASE WHEN a > 0 THEN a ELSE 0.0 END", "CASE WHEN a > 0 THEN a ELSE 0.0 END"),
        ("s || 'x' = 'ax' AND s ILIKE 'a%'", "(s || 'x') = 'ax' AND s ILIKE 'a%'"),
        ("STARTS_WITH(s, 'a.')", r"REGEXP_LIKE(s, '^a\.')"),
        ('EXTRACT(YEAR FROM "when") = 2026', None),
        ("DATE_DIFF('month', \"when\", DATE_TRUNC('year', \"when\")) > 3", None),
        (
            "\"when\" - INTERVAL '14' DAY + INTERVAL 24 MONTH",
            "\"when\" - INTERVAL '14' DAY + INTERVAL '2' YEAR",
        ),
        ("\"when\" > '2026-01-02'", None),
        ("\"when\" - '2026-01-02' > 5", None),
    ],
)
def test_expressions_are_shown_as_sql(written: str, shown: str | None) -> None:
    tree = _lists(bind(written, SCHEMA).tree)
    again = yaml.load(plain({"x": tree}), yaml.CSafeLoader)["x"]
    assert _lists(bind(again, SCHEMA).tree) == tree
    if shown is not None:
        assert again == shown


CALLS = ["COUNT(*)", "AVG(a)", "COUNT(DISTINCT s)", "LAG(b, 3)", "LAG(b)", "SUM(a * 2)", "LAST(s)"]


@pytest.mark.parametrize("call", CALLS)
def test_aggregates_are_shown_as_they_are_written(call: str) -> None:
    tree = _lists(bind_call(call, SCHEMA, OF_ORDERED).tree)
    assert yaml.load(plain({"x": tree}), yaml.CSafeLoader) == {"x": call}


def _lists(tree: Any) -> Any:
    return [_lists(one) for one in tree] if isinstance(tree, (tuple, list)) else tree
