"""The names of columns are written so that they can be read back in any place of an expression."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot.parser import Parser
from sqlglot.tokens import Tokenizer

from mlbuild.columns import ColumnType, Schema
from mlbuild.expressions.binding import bind
from mlbuild.expressions.written import column_sql
from tests import budget

#: Every word that means something to the parser somewhere, and some that do only in other dialects.
WORDS = sorted(
    {word.casefold() for word in (*Tokenizer.KEYWORDS, *Parser.FUNCTIONS) if word.replace("_", "").isalpha()}
    | {*"row some position escape first last nulls rows percent at zone leading trailing by per to".split()}
)
PLACES = [
    "{} IS NOT NULL",
    "other > {}",
    "other + {} * {}",
    "ABS({})",
    "LEAST({}, other, {})",
    "CASE WHEN {} > 1 THEN {} ELSE {} END",
    "CASE {} WHEN 1 THEN other END",
    "({} > 1 AND {} < 2) OR {} = 3",
    "{} IN (1, 2)",
    "NOT {} > 1",
    "-{}",
    "CAST({} AS BIGINT)",
    "{} BETWEEN other AND {}",
]


@pytest.mark.parametrize("place", PLACES)
def test_words_of_sql_can_be_columns_in_any_place(place: str) -> None:
    for word in WORDS:
        schema = Schema({word: ColumnType("float", nullable=True), "other": ColumnType("float")})
        bare, quoted = (place.replace("{}", name) for name in (column_sql(word), f'"{word}"'))
        assert bind(bare, schema) == bind(quoted, schema), word


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("arr_delay", "arr_delay"),
        ("größe", "größe"),
        ("a b", '"a b"'),
        ("a.b", '"a.b"'),
        ("9E", '"9E"'),
        ("1960", '"1960"'),
        ("case", '"case"'),
        ("null", '"null"'),
        ("true", '"true"'),
        ('say "x"', '"say ""x"""'),
        ("a--b", '"a--b"'),
    ],
)
def test_columns_are_quoted_where_their_name_is_no_word_of_sql(name: str, written: str) -> None:
    assert column_sql(name) == written


@settings(max_examples=budget.examples(100, 5000), deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12))
def test_any_column_can_be_named_in_an_expression(name: str) -> None:
    schema = Schema({name: ColumnType("float", nullable=True)})
    assert bind(f"{column_sql(name)} IS NOT NULL", schema).names == (name,)
