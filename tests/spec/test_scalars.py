"""Plain scalars as YAML 1.2 core and editors read them."""

from __future__ import annotations

import math

import pytest

from mlbuild.spec.scalars import Scalar, resolve

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


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number(text: str) -> None:
    found = resolve(text)
    assert isinstance(found, float) and math.isnan(found)


@pytest.mark.parametrize(
    ("text", "value"),
    [
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
    ],
)
def test_nothing_and_truth(text: str, value: Scalar) -> None:
    assert resolve(text) is value


@pytest.mark.parametrize("text", [*TEXTS, "2024-01-02 10:00:00", "1 2", "1 ", "no way"])
def test_all_else_is_text(text: str) -> None:
    assert resolve(text) == text


def test_a_whole_number_beyond_float64_is_refused() -> None:
    assert resolve("1" + "0" * 307) == 10**307
    assert resolve("0" * 9000 + "7") == 7
    for digits in ("9" * 309, "-" + "9" * 5000, "0x" + "f" * 400, "0o" + "7" * 400):
        with pytest.raises(ValueError, match=r"a whole number of \d+ digits"):
            resolve(digits)
