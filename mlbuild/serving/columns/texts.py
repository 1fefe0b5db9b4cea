"""Columns of strings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from mlbuild.columns import ENDS_TEXT
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.serving.columns.column import Column, Convert
from mlbuild.serving.refused import Wrong
from mlbuild.shown import is_unicode


@frozen
class StringColumn(Column):
    """A column of strings, one of which can stand for a missing value."""

    dtype: ClassVar[str] = "string"
    datatype: ClassVar[str] = "BYTES"
    phrase: ClassVar[str] = "a string"
    values: ClassVar[tuple[type, ...]] = (str,)
    elements: ClassVar[tuple[type, ...]] = (str,)

    @classmethod
    def missing_of(cls, told: str | None) -> str | None:
        return told

    @property
    def blank(self) -> str:
        return self.missing or ""

    def of_json(self, value: Any) -> str:
        text = str(value)
        if "\0" in text:
            raise Wrong(f"contains {ENDS_TEXT}")
        if not text.isascii() and not is_unicode(text):
            raise Wrong("contains half a character, which UTF-8 cannot encode")
        return text

    def of_text(self, text: str) -> str:
        return self.of_json(text)

    def of_element(self, value: Any) -> str:
        return self.of_json(value)

    @cached_property
    def _text(self) -> Mapping[type, Convert]:
        return {str: self.of_text}  # in a CSV file, an empty string is written like a missing one

    def json_schema(self) -> Json:
        return {"type": "string"}
