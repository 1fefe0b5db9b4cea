"""Shapes of JSON documents: whether what was read has the form in which it is written.

A seal says that the bytes of a document are whole, not that this version of mlbuild wrote them.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

#: What a value must be. A type: exactly of it. A tuple: what one of several shapes says. A list of one shape: a list
#: of such values; of more, a list of exactly these. A map of `str`: an object of such values under any names; any
#: other, an object of exactly these names. A function: what it accepts. Anything else: equal to it.
Shape = Any

_LONGEST = 1e10


def fits(value: Any, shape: Shape) -> bool:
    """Whether a value that was parsed from JSON has a shape."""
    if isinstance(shape, type):
        return shape is object or type(value) is shape  # True is not an int
    if isinstance(shape, list):
        if type(value) is not list or len(shape) not in (1, len(value)):
            return False
        return not value or all(map(fits, value, shape if len(shape) > 1 else repeat(shape[0])))
    if isinstance(shape, tuple):
        return any(fits(value, one) for one in shape)
    if isinstance(shape, dict):
        if type(value) is not dict:
            return False
        if str in shape:
            return all(map(fits, value.values(), repeat(shape[str])))
        return value.keys() == shape.keys() and all(map(fits, value.values(), map(shape.get, value)))
    return bool(shape(value)) if callable(shape) else value == shape


def size(value: Any) -> bool:
    """A number of bytes."""
    return type(value) is int and value >= 0


def seconds(value: Any) -> bool:
    """How long something took."""
    return type(value) in (int, float) and 0 <= value < _LONGEST


def build_name(value: Any) -> bool:
    """The name of a build."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= 64
        and value.replace("-", "").isalnum()
        and value.isascii()
    )
