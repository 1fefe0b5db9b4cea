"""What is recognized as valid without the library that validates is valid; that is most of what is valid."""

from __future__ import annotations

import itertools
import math
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlbuild.spec.layers.compose import compose
from mlbuild.spec.shape.definitions import Definition, _validator
from mlbuild.spec.shape.shape import check_shape
from mlbuild.spec.shape.validity import _PROSE, _WORDS, surely_valid
from mlbuild.spec.text.loader import load
from mlbuild.spec.text.tree import Document
from tests.budget import examples, seed, tell
from tests.projects import SPECS
from tests.spec.mutations import mutated
from tests.spec.written import EXAMPLES

VALUES: list[Any] = [
    *(None, True, False, 0, 1, 1.0, -0.0, 2, 0.5, -1, 2**70, 10**400, math.nan, math.inf, -math.inf),
    *(
        "",
        "a",
        "ab",
        "a\n",
        "\n",
        "b",
        "x-a",
        "1",
        b"a",
        (),
        [],
        [[]],
        ["a"],
        ["a", "a"],
        [1, 1.0],
        [1, True],
    ),
    *([{}, {}], {}, {"a": 1}, {"a": "a", "b": None}, {"x-a": 1}, {"a\n": True}, {"a": {"a": 1}}),
]
#: Values of each word that says what is valid.
SCHEMAS: dict[str, list[Any]] = {
    "type": ["array", "boolean", "integer", "null", "number", "object", "string", ["string", "null"]],
    "const": [1, 1.0, True, "a", None, [], {"a": 1}],
    "enum": [[1, "a"], [True], [0.5, None], [[]], []],
    "anyOf": [[{"type": "string"}, {"minimum": 1}], []],
    "allOf": [[{"type": "string"}, {"minLength": 2}], [{}]],
    "properties": [{"a": {"type": "integer"}}, {"a": {"properties": {"a": False}}}],
    "patternProperties": [{"^x-": {"type": "string"}, "a": {"minimum": 1}}, {"a$": False}],
    "additionalProperties": [False, True, {"type": "integer"}],
    "propertyNames": [{"pattern": "^[a-z]$"}, False],
    "required": [["a"], []],
    "minProperties": [0, 1, 2],
    "items": [{"type": "string"}, {"items": False}, [{"type": "string"}]],
    "minItems": [0, 1, 2],
    "uniqueItems": [True, False],
    "pattern": ["^a$", "^a", "b", "^$"],
    "minLength": [0, 1, 2],
    "minimum": [0, 0.5, 2**63],
    "maximum": [0, 0.5],
    "exclusiveMinimum": [0, 1],
    "exclusiveMaximum": [0, 1],
}


def test_each_word_accepts_no_more_than_in_the_library() -> None:
    assert SCHEMAS.keys() == _WORDS.keys()
    alone = [{word: wanted} for word, some in SCHEMAS.items() for wanted in some]
    pairs = [{**first, **second} for first, second in itertools.combinations(alone, 2)]
    recognized = Counter[str]()
    for schema in [*alone, *random.Random(seed()).sample(pairs, 400), {"if": {}}, {"format": "date"}]:
        library = _validator()(schema)
        for value in VALUES:
            if surely_valid(value, schema):
                assert not [*library.iter_errors(value)], (value, schema)
                recognized.update([*schema])
    assert recognized.keys() == SCHEMAS.keys()


def test_a_word_that_is_not_known_leaves_the_decision_to_the_library() -> None:
    assert surely_valid(1, dict.fromkeys(_PROSE, ""))
    assert not surely_valid(1, {"multipleOf": 1}) and not surely_valid(1, {"anyOf": [{"oneOf": []}]})


def test_no_damaged_spec_is_taken_for_a_valid_one(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = Counter[tuple[bool, bool]]()

    def errors(self: Definition, value: Any) -> Iterator[Any]:
        found = [*_validator()(self.schema).iter_errors(value)]
        counts[surely_valid(value, self.schema), not found] += 1
        return iter(found)

    monkeypatch.setattr(Definition, "errors", errors)
    chance = random.Random(seed())
    contents = [example.read_bytes() for example in EXAMPLES]
    contents += [mutated(chance.choice(contents), chance) for _ in range(examples(80, 5_000))]
    for content in contents:
        document = load(content, "mlbuild.yaml")
        if isinstance(document, Document):
            check_shape(compose(document))
    tell(f"{counts[False, False]} invalid objects, {counts[True, True]} valid ones recognized")
    assert not counts[True, False] and counts[False, False] > 5
    assert counts[False, True] < counts[True, True] / 20


def test_a_valid_spec_is_checked_without_the_library(tmp_path: Path) -> None:
    (tmp_path / "mlbuild.yaml").write_bytes((SPECS / "flights/mlbuild.yaml").read_bytes())
    (tmp_path / "data").mkdir()
    for name in ("flights.parquet", "weather.csv", "planes.csv"):
        (tmp_path / "data" / name).touch()
    command = [sys.executable, "-X", "importtime", "-m", "mlbuild", "-C", str(tmp_path), "check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert "mlbuild.spec.shape.validity" in done.stderr and "jsonschema" not in done.stderr
