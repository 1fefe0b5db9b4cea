"""What is written into a spec is read back as the same value, by our loader and by other YAML readers."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.spec.text.loader import Document, load
from mlbuild.spec.text.quoting import as_yaml
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


def read(text: str) -> object:
    document = load(text.encode(), "spec.yaml")
    assert isinstance(document, Document), document
    return document.value
