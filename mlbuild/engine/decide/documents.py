"""Shapes of JSON documents: checks whether a document has the form that mlbuild writes.

A seal shows that the bytes of a document are complete, not that this version of mlbuild wrote them.
"""

from __future__ import annotations

from itertools import repeat
from typing import Any

#: What a value must be. A type: exactly this type. A tuple: one of several shapes. A list with one shape: a list of
#: such values. A list with several shapes: a list of exactly these. A map with the key `str`: an object with such
#: values under any names. Any other map: an object with exactly these names. A function: whatever it accepts.
#: Anything else: an equal value.
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
    """A duration in seconds, or a time in seconds since 1970."""
    return type(value) in (int, float) and 0 <= value < _LONGEST


def build_name(value: Any) -> bool:
    """The name of a build."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= 64
        and value.replace("-", "").isalnum()
        and value.isascii()
    )
