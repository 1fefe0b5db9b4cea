"""YAML as it is written: values, places, and what is refused."""

from __future__ import annotations

import gc
import random
from textwrap import dedent
from typing import Any

import pytest
import yaml

from mlbuild.diagnostics import Path, Span
from mlbuild.spec.text.loader import load
from tests.budget import examples, seed
from tests.spec.written import EXAMPLES, loaded, told

PARSERS = ["libyaml", "pure"]


@pytest.fixture(params=PARSERS, autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run every test with libyaml and without."""
    if request.param == "pure":
        monkeypatch.delattr(yaml, "CSafeLoader")
    return str(request.param)


def mistakes(text: str | bytes) -> list[str]:
    found = load(dedent(text).encode() if isinstance(text, str) else text, "mlbuild.yaml")
    return told(found if isinstance(found, list) else found.mistakes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1e-3\nb: NO\nc: 2024-01-02\nd: 012", {"a": 0.001, "b": "NO", "c": "2024-01-02", "d": 12}),
        ("a: '1'\nb: \"true\"\nc: !!str 12\nd: !!str\n", {"a": "1", "b": "true", "c": "12", "d": ""}),
        (
            "2013: a\nNO: b\n1e3: c\ntrue: d\n'null': e",
            dict(zip(["2013", "NO", "1e3", "true", "null"], "abcde", strict=True)),
        ),
        ("a:\n- 1\n-\n- [x, {y: z}]", {"a": [1, None, ["x", {"y": "z"}]]}),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        (
            "a: &x {b: [1]}\nc: *x\nd: &s text\ne: *s",
            {"a": {"b": [1]}, "c": {"b": [1]}, "d": "text", "e": "text"},
        ),
        ("%YAML 1.1\n---\na: yes\n...\n", {"a": "yes"}),
        ("\ufeffa: 1", {"a": 1}),
        ("? a\n: b", {"a": "b"}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("😀: 'é'", {"😀": "é"}),
        ("- a", ["a"]),
        ("=: =", {"=": "="}),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert loaded(text).value == value


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("b: &b {x: 1, y: 2}\na: {<<: *b, y: 3}", [("x", 1), ("y", 3)]),
        ("b: &b {x: 1, y: 2}\na: {y: 3, <<: *b, z: 4}", [("y", 3), ("x", 1), ("z", 4)]),
        ("b: &b {x: 1}\nc: &c {x: 2, z: 5}\na: {<<: [*b, *c]}", [("x", 1), ("z", 5)]),
        ("a: {<<: {x: 1}, y: 2}", [("x", 1), ("y", 2)]),
        ("b: &b {x: 1}\nc: &c {<<: *b, y: 2}\na: {<<: *c}", [("x", 1), ("y", 2)]),
        ("a: {'<<': 1}", [("<<", 1)]),
        ("a: {<<: []}", []),
    ],
)
def test_merge_keys_stand_where_they_are_written_and_own_keys_win(
    text: str, items: list[tuple[str, int]]
) -> None:
    assert list(loaded(text).value["a"].items()) == items


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\nb: 2\na: 3",
            "3:1 duplicate-key duplicate key 'a' on lines 1 and 3 | remove or rename one of them",
        ),
        (
            "{a: 1, a: 2}",
            "1:8 duplicate-key duplicate key 'a' on line 1 | remove or rename one of them",
        ),
        (
            "1: x\n'1': y",
            "2:1 duplicate-key duplicate key '1' on lines 1 and 2 | remove or rename one of them",
        ),
        (
            "x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x",
            "4:3 duplicate-key duplicate key '<<' on lines 3 and 4 | to merge several maps, write '<<: [*a, *b]'",
        ),
        (
            "a: !reset 1",
            "1:4 yaml-tag the YAML tag '!reset' is not supported | remove it; put a value in quotes to make it a string",
        ),
        (
            "a: !!int '1'",
            "1:4 yaml-tag the YAML tag '!!int' is not supported | remove it; put a value in quotes to make it a string",
        ),
        (
            "a: !!map {}",
            "1:4 yaml-tag the YAML tag '!!map' is not supported | remove it; put a value in quotes to make it a string",
        ),
        ("~: 1", "1:1 bad-key a key cannot be null"),
        ("a: {null: 1}", "1:5 bad-key a key cannot be null"),
        (
            "{{ a }}: 1",
            "1:1 bad-key a key must be a string | put a string that starts with a brace or bracket in quotes",
        ),
        (
            "[a, b]: 1",
            "1:1 bad-key a key must be a string | put a string that starts with a brace or bracket in quotes",
        ),
        (
            "a: &a b\n*a : 1",
            "2:1 bad-key an alias cannot be a key | write out the key: only values can be aliases",
        ),
        (
            "a: *b",
            "1:4 unknown-alias unknown alias: there is no anchor '&b' above it | define the anchor first, or put a string that starts with '*' in quotes",
        ),
        ("a: &a [*a]", "1:8 recursive-alias the alias '*a' is inside the value that it refers to"),
        (
            "<<: *a",
            "1:5 unknown-alias unknown alias: there is no anchor '&a' above it | define the anchor first, or put a string that starts with '*' in quotes",
        ),
        ("<<: 1", "1:5 bad-merge '<<' must be a map or a list of maps"),
        ("a: " + "9" * 400, "1:4 out-of-range an integer of 400 digits is too large for a float64"),
        (
            "a: 1\n---\nb: 2",
            "2:1 several-documents a spec must be a single YAML document, but a second one starts here | remove the '---'",
        ),
        ("[" * 200, "1:101 too-deep maps and lists are nested more than 100 levels deep"),
        ("", "1:1 empty-spec the file is empty | start it with 'mlbuild: 1'"),
        ("# nothing\n---\n", "1:1 empty-spec the file is empty | start it with 'mlbuild: 1'"),
        ("a: 'x", "1:4 bad-yaml unclosed quote"),
        (
            "a: b: c",
            "1:5 bad-yaml unexpected ':' | put a string that contains ': ' in quotes, or fix the indentation",
        ),
        ("a:\n\tb: 1", "2:1 bad-yaml YAML cannot be indented with tabs | use spaces"),
        ("a: @b", "1:4 bad-yaml an unquoted value cannot start with '@' | put the value in quotes"),
        # Editors read these differently, or not at all.
        ("a: [b, -]", "1:8 bad-yaml an unquoted value cannot start with '-' | put the value in quotes"),
        ("a: [?b]", "1:5 bad-yaml an unquoted value cannot start with '?' | put the value in quotes"),
        (
            "a:\n  b: 1\n c: 2",
            "3:2 bad-yaml this does not fit the lines above it | indent all keys of a map equally",
        ),
        (
            "a: [1\nb: 2",
            "2:2 bad-yaml expected ',' or ']' | close the list, and put strings that contain ',' or ']' in quotes",
        ),
        (
            "%YAML 2.0\n---\na: 1",
            "1:1 bad-yaml this version of YAML is not supported | remove the %YAML line",
        ),
    ],
)
def test_what_is_refused(text: str, expected: str) -> None:
    assert mistakes(text) == [expected]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: 1\n\xc3\xa9\xff: 2", "2:2 bad-encoding byte 0xff is not valid UTF-8 | save the file as UTF-8"),
        (b"\xef\xbb\xbfa: \xe9", "1:4 bad-encoding byte 0xe9 is not valid UTF-8 | save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "1:1 bad-encoding the file is UTF-16, not UTF-8 | save it as UTF-8"),
        (
            b"a: x\0y",
            '1:5 bad-character the character U+0000 is not allowed in YAML | remove it, or escape it in double quotes: "\\u0000"',
        ),
        (
            "é: 😀\x1b".encode(),
            '1:5 bad-character the character U+001B is not allowed in YAML | remove it, or escape it in double quotes: "\\u001b"',
        ),
    ],
)
def test_what_is_no_text(content: bytes, expected: str) -> None:
    assert mistakes(content) == [expected]


def test_mistakes_after_which_reading_can_go_on_come_together() -> None:
    found = load(b"a: 1\na: 2\nb: !x 3\n~: 4\nc: 'open", "mlbuild.yaml")
    assert isinstance(found, list)
    assert [one.code for one in found] == ["duplicate-key", "yaml-tag", "bad-key", "bad-yaml"]


def test_a_duplicate_key_names_the_first_place() -> None:
    (mistake,) = loaded("a: 1\nb:\n  a: 1\n  a: 2").mistakes
    assert [(one.message, one.span.line, one.span.column) for one in mistake.related] == [
        ("first defined here", 3, 3)
    ]


def test_a_bomb_is_refused_and_its_values_are_never_written_out() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (found,) = mistakes("\n".join(levels))
    assert found.startswith("6:") and "too-large the spec has more than 1,000,000 keys and values" in found


def test_the_garbage_collector_is_as_before() -> None:
    loaded("a: 1")
    assert gc.isenabled()
    gc.disable()
    try:
        load(b"a: [", "mlbuild.yaml")
        assert not gc.isenabled()
    finally:
        gc.enable()


PLACES = """\
mlbuild: 1
models:
  late: {type: x, features: [a, 'b b']}   # comment
steps:
- op: impute
  columns:
    dtype: numeric
- filter
empty:
anchor: &shared
  deep: [1]
alias: *shared
"""


@pytest.mark.parametrize(
    ("path", "on", "text"),
    [
        (("mlbuild",), "value", "1"),
        (("mlbuild",), "key", "mlbuild"),
        (("models",), "key", "models"),
        (("models",), "value", "late: {type: x, features: [a, 'b b']}   # comment"),
        (("models", "late"), "value", "{type: x, features: [a, 'b b']}"),
        (("models", "late", "features", 1), "value", "'b b'"),
        (("models", "late", "features", 1), "key", "'b b'"),
        (("models", "late", "params", "num_leaves"), "value", "late"),
        (("models", "other"), "value", "models"),
        (("steps", 0), "key", "op: impute"),
        (("steps", 0, "columns", "dtype"), "value", "numeric"),
        (("steps", 1, "op"), "value", "filter"),
        (("empty",), "value", "empty"),
        (("alias",), "value", "*shared"),
        (("alias", "deep"), "key", "deep"),
        (("nothing",), "value", "mlbuild: 1"),
        ((), "value", "mlbuild: 1"),
    ],
)
def test_places(path: Path, on: Any, text: str) -> None:
    span = loaded(PLACES).span(path, on)
    assert of(span, PLACES) == text


def of(span: Span, text: str) -> str:
    assert span.line == span.end_line
    return text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: x + nope > 1", "nope"),
        ("a: 😀 + nope", "nope"),
        ("\ufeffa: nope", "nope"),
        ("a: &anchor x + nope", "nope"),
        ("a: !!str nope", "nope"),
        ("a: 'it''s nope'", "nope"),
        ('a: "tab\\t \\u00e9 \\"q\\" nope"', "nope"),
        ("a:\n  x +\n    nope", "nope"),
        ("a: 'x +\n\n    nope'", "nope"),
        ("a: |\n  x\n  nope", "nope"),
        ("a: >- # comment\n  x +\n\n  nope\n", "nope"),
        ("é: {a: nope}", "nope"),
    ],
)
def test_a_place_inside_a_text(text: str, word: str) -> None:
    document = loaded(text)
    path: Path = ("é", "a") if "é:" in text else ("a",)
    value = document.value["é"]["a"] if "é:" in text else document.value["a"]
    start = value.index(word)
    span = document.span(path, offset=(start, start + len(word)))
    assert of(span, text.removeprefix("\ufeff")) == word


def test_a_place_inside_a_text_that_stands_for_a_longer_form() -> None:
    document = loaded("target: late_")
    assert of(document.span(("target", "column"), offset=(4, 5)), "target: late_") == "_"


def test_lines_count_as_in_editors() -> None:
    document = loaded("a: 1\r\nb: 2\r\n\r\nc: x\n")
    assert [document.span((key,), "key").line for key in "abc"] == [1, 2, 4]


def test_both_parsers_give_the_same_tree(parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in EXAMPLES:
        here = loaded(file.read_bytes())
        monkeypatch.undo()
        there = loaded(file.read_bytes())
        assert here.value == there.value
        assert [here.span(path) for path in paths(here.value)] == [
            there.span(path) for path in paths(there.value)
        ]


def paths(value: Any, at: Path = ()) -> list[Path]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(path for part, child in below for path in paths(child, (*at, part)))]


def test_every_value_of_the_examples_is_found_where_it_stands() -> None:
    for file in EXAMPLES:
        text = file.read_text()
        document = loaded(text)
        for path in paths(document.value):
            node = document.span(path)
            assert of(node, text).strip()
            if path and isinstance(path[-1], str) and "features" not in path:
                assert of(document.span(path, "key"), text) == path[-1]


def test_any_bytes_give_a_tree_or_diagnostics_with_a_place() -> None:
    chance = random.Random(seed())
    alphabet = "abc:-[]{}#&*!|>'\"%@`,?~ \t\n\r\\ 0.e+é😀<\u2028\ufeff\x00"
    for _ in range(examples(300, 20_000)):
        text = "".join(chance.choice(alphabet) for _ in range(chance.randrange(40)))
        found = load(text.encode(), "mlbuild.yaml")
        for one in found if isinstance(found, list) else found.mistakes:
            lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
            assert 1 <= one.span.line <= len(lines)
            assert 1 <= one.span.column <= len(lines[one.span.line - 1]) + 1
