"""The meaning of an unquoted YAML scalar: the YAML 1.2 core schema, as editors read it.

The patterns are those of the npm package `yaml`, which yaml-language-server uses. `1e-3` is a number and `NO` is
text, both in the editor and in the build.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

Scalar = None | bool | int | float | str

#: Integers that float64 cannot represent are refused: an editor would read them as infinite.
MAX_DIGITS = 308

_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_BOOL = {text: text[0] in "tT" for text in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL = re.compile(r"0o[0-7]+", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NAN = frozenset([".nan", ".NaN", ".NAN"])


@lru_cache(maxsize=4096)
def resolve(text: str) -> Scalar:
    """Return the value of a plain scalar.

    Only the spelling decides between int and float: `1e3` and `1.0` are floats.

    Raises:
        ValueError: An integer beyond float64.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in "+-.0123456789":
        return text
    return _number(text)


def is_null(text: str) -> bool:
    """Whether a plain scalar means null."""
    return text in _NULL


def _number(text: str) -> int | float | str:
    if _INT.fullmatch(text):
        return _whole(text, text.lstrip("+-"), 10)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OCTAL.fullmatch(text):
        return _whole(text, text[2:], 8)
    if _HEX.fullmatch(text):
        return _whole(text, text[2:], 16)
    if infinite := _INFINITE.fullmatch(text):
        return -math.inf if infinite[1] == "-" else math.inf
    return math.nan if text in _NAN else text


def _whole(text: str, digits: str, base: int) -> int:
    digits = digits.lstrip("0") or "0"
    if len(digits) * math.log10(base) > MAX_DIGITS:
        raise ValueError(f"an integer of {len(digits)} digits")
    number = int(digits, base)
    return -number if text.startswith("-") else number
