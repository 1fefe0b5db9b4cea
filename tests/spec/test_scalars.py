"""Scalars as YAML 1.2 core and editors read them: compared with a table, and with the parser of editors itself."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mlbuild.spec.text.loader import load
from mlbuild.spec.text.scalars import Scalar, resolve
from mlbuild.spec.text.tree import Document
from tests.node import answer

NUMBERS: list[tuple[str, int | float]] = [
    ("0", 0),
    ("-0", 0),
    ("+0", 0),
    ("1", 1),
    ("-1", -1),
    ("+1", 1),
    ("012", 12),
    ("00123", 123),
    ("-012", -12),
    ("08", 8),
    ("0o12", 10),
    ("0o0", 0),
    ("0o777", 511),
    ("0x1F", 31),
    ("0xff", 255),
    ("0xDEADBEEF", 3735928559),
    ("9007199254740993", 9007199254740993),
    ("18446744073709551616", 18446744073709551616),
    ("1.0", 1.0),
    ("1.", 1.0),
    (".5", 0.5),
    ("+.5", 0.5),
    ("-.5", -0.5),
    ("-0.0", -0.0),
    ("0.1", 0.1),
    ("012.5", 12.5),
    ("1e3", 1000.0),
    ("1E5", 100000.0),
    ("1e-3", 0.001),
    ("5e-2", 0.05),
    ("12e03", 12000.0),
    ("1.0e3", 1000.0),
    ("1.e3", 1000.0),
    (".5e1", 5.0),
    ("-2E+05", -200000.0),
    ("+1e0", 1.0),
    ("1e308", 1e308),
    ("1e999", math.inf),
    ("1e-999", 0.0),
    (".inf", math.inf),
    (".Inf", math.inf),
    (".INF", math.inf),
    ("+.inf", math.inf),
    ("-.inf", -math.inf),
    ("-.INF", -math.inf),
]

TEXTS = """
    yes no on off Yes NO ON OFF y n Y N True_ tRUE fALSE nULL nil None none inf -inf +inf nan NaN .iNF .Nan
    -.nan +.nan Infinity 12:30:00 1:30 -1:30 2024-01-02 2024-01-02T10:00:00Z 0b101 1_000 1__0 1_000.5 = 0o8 0o 0x
    0xG -0x1F -0o7 +0x1 1e 1e+ e3 1.2.3 1,000 . + - -- +- .e3 1d 1f 1L 0X1F 0O12 1.5.0 1/2 50% ${HOME} ~x << a.b
    median arr_delay 9E 1e3x ٣ １２ ²
""".split()


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_numbers(text: str, value: int | float) -> None:
    found = resolve(text)
    assert type(found) is type(value)
    assert found == value
    assert math.copysign(1, float(found)) == math.copysign(1, value)


NOT_NUMBERS = [".nan", ".NaN", ".NAN"]


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_not_a_number(text: str) -> None:
    found = resolve(text)
    assert isinstance(found, float) and math.isnan(found)


NOTHING_AND_TRUTH: list[tuple[str, Scalar]] = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("False", False),
    ("FALSE", False),
]


@pytest.mark.parametrize(("text", "value"), NOTHING_AND_TRUTH)
def test_nothing_and_truth(text: str, value: Scalar) -> None:
    assert resolve(text) is value


TEXTS += ["2024-01-02 10:00:00", "1 2", "no way"]


@pytest.mark.parametrize("text", [*TEXTS, "1 "])
def test_all_else_is_text(text: str) -> None:
    assert resolve(text) == text


def test_a_whole_number_beyond_float64_is_refused() -> None:
    assert resolve("1" + "0" * 307) == 10**307
    assert resolve("0" * 9000 + "7") == 7
    for digits in ("9" * 309, "-" + "9" * 5000, "0x" + "f" * 400, "0o" + "7" * 400):
        with pytest.raises(ValueError, match=r"an integer of \d+ digits"):
            resolve(digits)


NULLS = [text for text, value in NOTHING_AND_TRUTH if value is None]
PLAIN = [text for text, _ in [*NUMBERS, *NOTHING_AND_TRUTH]] + NOT_NUMBERS + TEXTS
#: Texts that are not plain scalars, or only in some places.
OTHERS = [
    *r"""'' "" '1' "1" 'true' "null" '1e3' "~" 'it''s' "a\tb" "\u00e9" "\x41" "a\"b" 'a"b' "\\" '\n' "😀" ' ' """.split(
        " "
    ),
    *"[] {} [1,2.0] [1,] [ {a: {a [a:1] [{a:1}]".split(),
    *[
        "!!str 1",
        "!!str true",
        "!!str",
        "!!str 1e-3",
        "&a 1",
        "&a x",
        '&a "1"',
        "&a",
        "&a !!str 1",
        "!!str &a 1",
    ],
    *[
        "{a: 1}",
        "{a}",
        "[a: 1]",
        "{a: 1e3, b: .5}",
        "[a, b: 1]",
        "[? a]",
        "{? a : 1}",
        "[-1, -a]",
        "[-]",
    ],
    *[
        "{a: -}",
        "[a?, b-]",
        "{-: 1}",
        "[a, - b]",
        "? a",
        "- a",
        "a - b",
        "a ? b",
        "?a",
        "-a",
        ":a",
    ],
]
#: Whole texts: keys, comments, folding, several documents, anchors, merges.
WHOLE = [
    *(f"{key}: x" for key in [*PLAIN, "'1'", '"true"', "a b", "a#b", "é"] if key not in ("<<", *NULLS)),
    "v: a # comment",
    "v: a# no comment",
    "v:",
    "v: # nothing",
    "v: |\n  a\n   b\n",
    "v: |-\n  a\n\n",
    "v: |+\n  a\n\n",
    "v: |2\n   a\n",
    "v: >\n  a\n  b\n\n  c\n",
    "v: >-\n  a\n   b\n  c\n",
    "v: a\n  b\n\n  c",
    "v: 'a\n  b\n\n  c'",
    'v: "a\\\n  b\n  c"',
    "- 1\n- 2.0\n- x",
    "v:\n- 1\n- 2",
    "v:\n  - - 1\n    - 2",
    "---\nv: 1",
    "---\nv: 1\n...",
    "v: 1\n---\nv: 2",
    "v: 1\n...\n---\nv: 2",
    "v: 1\r\nw: 2\r\n",
    "\ufeffv: 1",
    "a: 1\nb: 2\na: 3",
    "v: {a: 1, a: 2}",
    "v: &a 1\nw: *a",
    "v: &a {x: 1e-3, y: [NO, 012]}\nw: *a",
    "v: &a [1]\nw: [*a, *a]",
    "v: &a 1\nw: &a 2\nx: *a",
    "v: &a {x: 1, y: 2}\nw: {<<: *a, y: 3}",
    "v: &a {x: 1, y: 2}\nw: {y: 3, <<: *a}",
    "v: &a {x: 1}\nw: &b {x: 2, y: 2}\nz: {<<: [*a, *b], w: 1}",
    "v: &a {x: 1}\nw: &b {<<: *a, y: 2}\nz: {<<: *b}",
    "v: a: b",
    "v: [1",
    "v: 'a",
    "v: @a",
    "v: `a",
    "v: %a",
    "\tv: 1",
    "v:\n\tw: 1",
    "a:\n  b: 1\n c: 2",
]
#: What editors accept and mlbuild does not: null keys, duplicate keys, aliases without anchors, tags.
STRICTER = [
    *(f"{key}: x" for key in NULLS),
    "1: a\n'1': b",
    *["v: [0:]", "v: {a:}", "v: [:a]", "v: [?]", "v: [?a]", "v: {?a: 1}", "v: {?'a': 1}"],
    "v: !a 1",
    "v: !!int '1'",
    "? [a]\n: b",
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Return every spelling, alone as a value and among others in a list; and whole texts."""
    values = [f"v: {text}" for text in [*PLAIN, *OTHERS]]
    items = [f"v: [a, {text}, b]" for text in PLAIN]
    return [*values, *items, *WHOLE]


def test_every_spelling_means_what_it_means_in_editors(texts: list[str]) -> None:
    """Compare type and value with the parser (npm: yaml) of yaml-language-server."""
    assert len(set(PLAIN + OTHERS)) > 100
    wrong = [
        f"{text!r}: {ours} here, {theirs} in editors"
        for text, theirs in zip(texts, answer("editor/yaml.mjs", texts), strict=True)
        if (ours := typed(text)) != theirs
    ]
    assert not wrong, "\n".join(wrong)


def test_we_are_stricter_only_where_a_spec_could_be_misread() -> None:
    assert [text for text in STRICTER if typed(text) is not None] == []
    assert [
        text
        for text, theirs in zip(STRICTER, answer("editor/yaml.mjs", STRICTER), strict=True)
        if theirs is None
    ] == []


def typed(text: str) -> Any:
    """Return what our loader reads, in the form of yaml.mjs; None if it finds a mistake."""
    document = load(text.encode(), "mlbuild.yaml")
    if not isinstance(document, Document) or document.mistakes:
        return None
    return _typed(document.value)


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return ["map", [[key, _typed(item)] for key, item in value.items()]]
    if isinstance(value, list):
        return ["list", [_typed(item) for item in value]]
    if isinstance(value, float):
        return ["float", javascript(value)]
    if isinstance(value, int) and not isinstance(value, bool):
        return ["int", str(value)]
    return [{bool: "bool", str: "str"}.get(type(value), "null"), value]


def javascript(number: float) -> str:
    """Format a float as JavaScript does. The table contains what Python formats differently."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0" if math.copysign(1, number) > 0 else "-0"
    return repr(number).removesuffix(".0")
