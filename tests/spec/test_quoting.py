"""What is written into a spec is read back as the same value, by our loader and by other YAML readers."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.columns import ColumnType, Schema
from mlbuild.expressions.binding import bind
from mlbuild.spec.text.loader import Document, load
from mlbuild.spec.text.quoting import as_sql, as_yaml
from tests import budget

#: Possible names and values in a CSV file.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)

WRITTEN = {
    "species": "species",
    "bill length (mm)": "bill length (mm)",
    "größe": "größe",
    "1960": "'1960'",
    "9E": "'9E'",
    "a: b": "'a: b'",
    "a #b": "'a #b'",
    "- a": "'- a'",
    "it's": "'it''s'",
    'say "x"': "'say \"x\"'",
    "": "''",
    " a": "' a'",
    "a ": "'a '",
    "null": "'null'",
    "True": "'True'",
    "no": "'no'",
    "On": "'On'",
    "a,b": "'a,b'",
    "a\nb": '"a\\nb"',
    "a\u2028b": '"a\\u2028b"',
    "\ue000\\": '"\\ue000\\\\"',
    "\U000e0001": '"\\U000e0001"',
}


@pytest.mark.parametrize(("text", "written"), WRITTEN.items())
def test_texts_are_quoted_where_they_have_to_be(text: str, written: str) -> None:
    assert as_yaml(text) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(True, "true"), (False, "false"), (7, "7"), (0.15, "0.15"), (1e-07, "1e-07"), (float("-inf"), "-.inf")],
)
def test_other_values_are_written_plainly(value: object, written: str) -> None:
    assert as_yaml(value) == written
    assert read(f"a: {written}\n") == {"a": value}


@settings(max_examples=budget.examples(100, 5000), deadline=None)
@given(TEXTS, TEXTS)
def test_any_text_is_read_back_as_key_item_and_value(key: str, value: str) -> None:
    text = f"{as_yaml(key)}: {as_yaml(value)}\nlist: [{as_yaml(value)}, {as_yaml(key)}]\n"
    if key != "list":
        assert read(text) == {key: value, "list": [value, key]} == yaml.safe_load(text)


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
    assert as_sql(name) == written


@settings(max_examples=budget.examples(100, 5000), deadline=None)
@given(TEXTS.filter(bool))
def test_any_column_can_be_named_in_an_expression(name: str) -> None:
    schema = Schema({name: ColumnType("float", nullable=True)})
    assert bind(f"{as_sql(name)} IS NOT NULL", schema).names == (name,)


def read(text: str) -> object:
    document = load(text.encode(), "spec.yaml")
    assert isinstance(document, Document), document
    return document.value
