"""Columns whose values are doubles in the artifact: bool, int and float."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar

from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.serving.columns.column import Column, told
from mlbuild.serving.refused import Wrong
from mlbuild.shown import shown

#: The largest integer up to which doubles hold every integer.
EXACT = 2**53
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?inf(?:inity)?", re.IGNORECASE
)


#: The numbers that JSON does not have, by their texts.
INFINITIES = {"inf": math.inf, "-inf": -math.inf}


def without_infinity(number: float) -> float | str:
    """Return a number, or the text of an infinity, which JSON does not have: `inf` or `-inf`, as in CSV."""
    return str(number) if math.isinf(number) else number


@frozen
class Number(Column):
    """A column of numbers. NaN is missing."""

    datatype: ClassVar[str] = "FP64"
    elements: ClassVar[tuple[type, ...]] = (
        float,
        int,
    )

    @classmethod
    def missing_of(cls, told: str | None) -> float:
        return math.nan

    def is_missing(self, value: Any) -> bool:
        return bool(value != value)


@frozen
class BoolColumn(Number):
    """A column of booleans, which are 1 and 0 in the artifact."""

    dtype: ClassVar[str] = "bool"
    phrase: ClassVar[str] = "true or false"
    values: ClassVar[tuple[type, ...]] = (bool,)

    def of_json(self, value: Any) -> float:
        return float(value)

    def of_text(self, text: str) -> float:
        if text.casefold() not in ("true", "false"):
            raise Wrong(f"must be true or false, not '{shown(text)}'")
        return float(text.casefold() == "true")

    def of_element(self, value: Any) -> float:
        if value not in (0, 1) and value == value:
            raise Wrong(f"must be 1 or 0, not {told(value)}")
        return float(value)

    def json_schema(self) -> Json:
        return {"type": "boolean"}

    def _shown(self, value: Any) -> bool:
        return bool(value)


@frozen
class IntColumn(Number):
    """A column of integers."""

    dtype: ClassVar[str] = "int"
    phrase: ClassVar[str] = "an integer"
    values: ClassVar[tuple[type, ...]] = (
        int,
        float,
    )

    def of_json(self, value: Any) -> float:
        if isinstance(value, float) and not value.is_integer():
            raise Wrong(f"must be {self.wanted}, not {told(value)}")
        if not -EXACT <= value <= EXACT:
            raise Wrong("must be between -2^53 and 2^53, as an integer beyond is not exact in the model")
        return float(value)

    def of_text(self, text: str) -> float:
        if not _INTEGER.fullmatch(text):
            raise Wrong(f"must be an integer, not '{shown(text)}'")
        return self.of_json(int(text))

    def of_element(self, value: Any) -> float:
        return self.of_json(value) if value == value else math.nan

    def json_schema(self) -> Json:
        return {"type": "integer", "minimum": -EXACT, "maximum": EXACT}

    def _shown(self, value: Any) -> int:
        return int(value)


@frozen
class FloatColumn(Number):
    """A column of floating-point numbers."""

    dtype: ClassVar[str] = "float"
    phrase: ClassVar[str] = "a number"
    values: ClassVar[tuple[type, ...]] = (float, int)

    def from_logged(self, values: Sequence[Any]) -> Sequence[Any]:
        return self.from_json([INFINITIES.get(one, one) if isinstance(one, str) else one for one in values])

    def of_json(self, value: Any) -> float:
        try:
            return float(value)
        except OverflowError:
            raise Wrong("must be a number that a 64-bit float can hold") from None

    def of_text(self, text: str) -> float:
        if not _NUMBER.fullmatch(text):
            raise Wrong(f"must be a number, not '{shown(text)}'")
        return float(text)

    def of_element(self, value: Any) -> float:
        return self.of_json(value)

    def json_schema(self) -> Json:
        return {"type": "number"}

    def _shown(self, value: Any) -> float | str:
        return without_infinity(value)
