"""Column types and schemas: what every room knows about a table without seeing its data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlbuild.frozen import frozen

#: The dtypes that a contract can declare.
DTYPES = {
    "bool": "true or false",
    "int": "an integer, exact up to 2^53",
    "float": "a 64-bit floating-point number",
    "string": "text",
    "date": "a calendar day",
    "datetime": "a point in time with microsecond precision; values with an offset are converted to UTC",
}
NUMERIC = ("int", "float")
TEMPORAL = ("date", "datetime")
#: The dtypes that preprocessing adds: codes for a learner that splits on categories, and a block of numbers per
#: row.
INTERNAL = ("category", "vector")
#: The type of the result of an invalid definition. It suppresses follow-up errors.
UNKNOWN = "unknown"
#: What a text in an artifact cannot contain, for messages: onnxruntime ends the text there.
ENDS_TEXT = "the character U+0000, which ends a string in an artifact"


def text_of(value: Any) -> str:
    """Return a value of a column as text: booleans as `true` and `false`, as in YAML and CSV."""
    return str(value).casefold() if isinstance(value, bool) else str(value)


@frozen(slots=True)
class ColumnType:
    """The dtype of a column, whether values can be missing, and its categories, if they are declared.

    `finite` says that no value is infinite, as far as no computation overflows. It is true for dtypes without
    infinities.
    """

    dtype: str
    nullable: bool = False
    categories: tuple[Any, ...] | None = None
    finite: bool = True

    @property
    def known(self) -> bool:
        return self.dtype != UNKNOWN

    @property
    def numeric(self) -> bool:
        return self.dtype in NUMERIC

    @property
    def temporal(self) -> bool:
        return self.dtype in TEMPORAL

    def with_nullable(self, nullable: bool) -> ColumnType:
        return self if nullable == self.nullable else replace(self, nullable=nullable)

    def __str__(self) -> str:
        return f"{self.dtype}, nullable" if self.nullable else self.dtype


class Schema(Mapping[str, ColumnType]):
    """The ordered, immutable columns of a table: name to type.

    An `open` schema is that of a table after an invalid definition: any other column may exist, with unknown type.
    """

    __slots__ = ("_columns", "open")

    def __init__(
        self,
        columns: Mapping[str, ColumnType] | Iterable[tuple[str, ColumnType]] = (),
        open: bool = False,
    ) -> None:
        self._columns = dict(columns)
        self.open = open

    def __getitem__(self, name: str) -> ColumnType:
        return self._columns.get(name, ColumnType(UNKNOWN)) if self.open else self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __eq__(self, other: object) -> bool:
        """Equal if names, their order and their types are equal."""
        return isinstance(other, Schema) and list(self.items()) == list(other.items())

    def __hash__(self) -> int:
        return hash(tuple(self.items()))

    def __repr__(self) -> str:
        return "Schema(" + ", ".join(f"{name}: {type_}" for name, type_ in self.items()) + ")"

    def select(self, names: Iterable[str], open: bool = False) -> Schema:
        return Schema({name: self[name] for name in names}, open)

    def without(self, names: Iterable[str]) -> Schema:
        dropped = set(names)
        return Schema({name: type_ for name, type_ in self.items() if name not in dropped}, self.open)

    def plus(self, more: Mapping[str, ColumnType]) -> Schema:
        """Return these columns with `more`, which replace columns of the same name or come at the end."""
        return Schema({**self, **more}, self.open)

    def to_json(self) -> list[dict[str, Any]]:
        """Return canonical JSON: a map for each column, in order."""
        return [
            {
                "name": name,
                "dtype": type_.dtype,
                "nullable": type_.nullable,
                "categories": None if type_.categories is None else list(type_.categories),
                "finite": type_.finite,
            }
            for name, type_ in self.items()
        ]

    @staticmethod
    def from_json(columns: Iterable[Any]) -> Schema:
        return Schema(
            (
                column["name"],
                ColumnType(
                    column["dtype"],
                    column["nullable"],
                    None if column["categories"] is None else tuple(column["categories"]),
                    column["finite"],
                ),
            )
            for column in columns
        )
