"""The base class of the columns that a client sends: how values are read, and what they are in the artifact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.serving.refused import Wrong, wrong_value
from mlbuild.shown import shown

Convert = Callable[[Any], Any]
#: The JSON types of Python's types.
_JSON_TYPES = {dict: "an object", list: "a list", bool: "a boolean", type(None): "null"}


@frozen
class Column:
    """An input of a model, by the dtype of its contract.

    Values come as JSON, as texts of CSV, or as elements of a tensor. Each way gives the values of the artifact, which are
    floats, integers or strings, and `missing` for missing ones.
    """

    name: str
    nullable: bool
    missing: Any

    #: The dtype, the name of the type of the artifact in the Open Inference Protocol, and what a value must be.
    dtype: ClassVar[str]
    datatype: ClassVar[str]
    phrase: ClassVar[str]
    #: The Python types of JSON values that `of_json` converts, and those of elements that `of_element` converts.
    values: ClassVar[tuple[type, ...]]
    elements: ClassVar[tuple[type, ...]]

    def from_json(self, values: Sequence[Any]) -> Sequence[Any]:
        """Convert values of JSON records, where null is missing.

        Raises:
            Refused: A value is not of the dtype.
        """
        return self._each(self._json, values)

    def from_logged(self, values: Sequence[Any]) -> Sequence[Any]:
        """Convert values as `to_json` writes them.

        Raises:
            Refused: A value is not of the dtype.
        """
        return self.from_json(values)

    def from_texts(self, texts: Sequence[str]) -> Sequence[Any]:
        """Convert texts of a CSV file, where an empty text is missing.

        Raises:
            Refused: A text cannot be read as the dtype.
        """
        return self._each(self._text, texts)

    def from_elements(self, values: Sequence[Any]) -> Sequence[Any]:
        """Convert elements of a tensor, where null is missing, and also what is missing in the artifact.

        Raises:
            Refused: A value is none of the dtype.
        """
        return self._each(self._element, values)

    def is_missing(self, value: Any) -> bool:
        """Whether a value of the artifact is missing."""
        return bool(value == self.missing)

    @property
    def blank(self) -> Any:
        """A value for measurements."""
        return self.missing

    @classmethod
    def missing_of(cls, told: str | None) -> Any:
        """Return the missing value of the artifact from its text in `contract.json`."""
        raise NotImplementedError

    # What subclasses define

    def of_json(self, value: Any) -> Any:
        """Convert a value of a type in `values`.

        Raises:
            Wrong: The column cannot have it.
        """
        raise NotImplementedError

    def of_text(self, text: str) -> Any:
        """Convert a text that is not empty.

        Raises:
            Wrong: It is not a value.
        """
        raise NotImplementedError

    def of_element(self, value: Any) -> Any:
        """Convert an element of a tensor of a type in `elements`.

        Raises:
            Wrong: The column cannot have it.
        """
        raise NotImplementedError

    def json_schema(self) -> Json:
        """Return the JSON Schema of a value that is not missing."""
        raise NotImplementedError

    def to_json(self, value: Any) -> Any:
        """Return a value of the artifact as `from_json` reads it. What JSON does not have is as in `from_texts`."""
        return None if self.is_missing(value) else self._shown(value)

    def _shown(self, value: Any) -> Any:
        return value

    # How values are converted

    @cached_property
    def _json(self) -> Mapping[type, Convert]:
        return {**dict.fromkeys(self.values, self.of_json), type(None): self._absent}

    @cached_property
    def _element(self) -> Mapping[type, Convert]:
        return {**dict.fromkeys(self.elements, self.of_element), type(None): self._absent}

    @cached_property
    def _text(self) -> Mapping[type, Convert]:
        return {str: lambda text: self.of_text(text) if text else self._absent(text)}

    @property
    def wanted(self) -> str:
        """What a value must be, in messages."""
        return f"{self.phrase} or null" if self.nullable else self.phrase

    def _absent(self, value: Any) -> Any:
        if self.missing is None:
            raise Wrong(f"must be {self.phrase}, because the column has no missing values")
        return self.missing

    def _each(self, converts: Mapping[type, Convert], values: Sequence[Any]) -> list[Any]:
        """Convert each value by its type."""
        try:
            return [converts[type(value)](value) for value in values]
        except (KeyError, Wrong):
            for row, value in enumerate(values):
                if type(value) not in converts:
                    wrong = Wrong(f"must be {self.wanted}, not {told(value)}")
                    raise wrong_value(wrong, self.name, row) from None
                try:
                    converts[type(value)](value)
                except Wrong as wrong:
                    raise wrong_value(wrong, self.name, row) from None
            raise


def told(value: Any) -> str:
    """Describe a JSON value in a message."""
    if isinstance(value, str):
        return f"the string '{shown(value)}'"
    if isinstance(value, bool):
        return str(value).lower()
    return _JSON_TYPES.get(type(value)) or shown(str(value))
