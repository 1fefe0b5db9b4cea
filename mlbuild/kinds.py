"""Kinds of values for the fields of a spec: what is valid, how it is read, and its canonical form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from mlbuild.catalogue import Catalogue
from mlbuild.frozen import frozen

Json = dict[str, Any]
T = TypeVar("T")

#: The largest integer that libraries written in C accept.
INT32 = 2**31 - 1


class Kind:
    """The values that a field can have. Subclasses are `frozen` and are compared by value."""

    def json_schema(self) -> Json:
        """Return the JSON Schema (draft-07) of one value, without annotations."""
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        """Convert a structurally valid YAML value to a Python value."""
        return value

    def canonical(self, value: Any) -> Any:
        """Convert a Python value to canonical JSON, so that equal meanings have equal texts."""
        return value

    def phrase(self) -> str:
        """Return a description for messages and pages: "a number >= 0"."""
        raise NotImplementedError

    def nested(self) -> tuple[Kind, ...]:
        """Return the kinds of the values inside values of this kind."""
        return ()


@frozen
class Text(Kind):
    """A string. `pattern` is a regular expression that means the same in JavaScript and Python."""

    pattern: str | None = None
    what: str = "a string"

    def json_schema(self) -> Json:
        if self.pattern is None:
            return {"type": "string"}
        return {"type": "string", "pattern": self.pattern, "patternErrorMessage": f"must be {self.what}"}

    def phrase(self) -> str:
        return self.what


@frozen
class Name(Kind):
    """The name of something that is defined elsewhere in the spec. The schema of a project lists the names."""

    #: What has the name: table, contract, dataset, preprocessing, model, column, or feature (a column of a step).
    of: str

    @property
    def definition_name(self) -> str:
        """The name of the definition in the schema."""
        return f"name.{self.of}"

    def json_schema(self) -> Json:
        """Return a reference; the schema writer makes the definition."""
        return {"$ref": f"#/definitions/{self.definition_name}"}

    def definition(self) -> Json:
        return {"title": f"{'column' if self.of == 'feature' else self.of} name", "type": "string"}

    def phrase(self) -> str:
        return "a string"


@frozen
class ClassName(Name):
    """The name of a class in a catalogue. The schema writer adds what each means, as `check` does not need it."""

    classes: Catalogue[Any]

    def definition(self) -> Json:
        return super().definition() | {"enum": list(self.classes.names)}

    def phrase(self) -> str:
        return f"one of {', '.join(self.classes.names)}"


@frozen
class Expression(Kind):
    """A SQL scalar expression."""

    def json_schema(self) -> Json:
        return {"type": "string"}

    def phrase(self) -> str:
        return "a SQL expression"


@frozen
class Aggregate(Expression):
    """A SQL aggregate function: one value for several rows. `functions` are those that are allowed."""

    functions: tuple[str, ...]

    def phrase(self) -> str:
        return f"one of {', '.join(name.upper() for name in self.functions)} of a SQL expression"


@frozen
class Boolean(Kind):
    def json_schema(self) -> Json:
        return {"type": "boolean"}

    def phrase(self) -> str:
        return "true or false"


@frozen
class Integer(Kind):
    """An integer; `31.0` is read as 31."""

    min: int | None = None
    max: int | None = None

    def json_schema(self) -> Json:
        return {"type": "integer"} | _bounds(minimum=self.min, maximum=self.max)

    def read(self, value: Any) -> int:
        return int(value)

    def phrase(self) -> str:
        return "an integer" + bound_words(self.min, None, self.max, None)


@frozen
class Number(Kind):
    """A float64. `min` and `max` are allowed values, `above` and `below` are not."""

    min: float | None = None
    above: float | None = None
    max: float | None = None
    below: float | None = None

    def json_schema(self) -> Json:
        return {"type": "number"} | _bounds(
            minimum=self.min, exclusiveMinimum=self.above, maximum=self.max, exclusiveMaximum=self.below
        )

    def read(self, value: Any) -> float:
        return float(value)

    def phrase(self) -> str:
        return "a number" + bound_words(self.min, self.above, self.max, self.below)


@frozen
class Scalar(Kind):
    """A string, number or boolean, kept as written."""

    def json_schema(self) -> Json:
        return {"type": ["string", "number", "boolean"]}

    def phrase(self) -> str:
        return "a single value"


@frozen
class Choice(Kind):
    """One of a list of options; each option has a one-line description."""

    values: tuple[Any, ...]
    docs: tuple[str, ...]

    def __init__(self, options: Mapping[Any, str]) -> None:
        object.__setattr__(self, "values", tuple(options))
        object.__setattr__(self, "docs", tuple(options.values()))

    def json_schema(self) -> Json:
        docs = {"markdownEnumDescriptions": list(self.docs)} if any(self.docs) else {}
        return {"enum": list(self.values)} | docs

    def read(self, value: Any) -> Any:
        """Return the option itself, so that `1.0` is read as 1."""
        return next(option for option in self.values if option == value)

    def phrase(self) -> str:
        return "one of " + ", ".join(str(value) for value in self.values)


@frozen
class ListOf(Kind):
    """A list, read as a tuple. With `or_one`, a single value means a list of one; it is of kind `one`, if given."""

    item: Kind
    or_one: bool = False
    min_items: int = 0
    unique: bool = False
    one: Kind | None = None

    def json_schema(self) -> Json:
        many: Json = {"type": "array", "items": self.item.json_schema()}
        many |= {"minItems": self.min_items} if self.min_items else {}
        many |= {"uniqueItems": True} if self.unique else {}
        if not self.or_one:
            return many
        # This gives the best messages and completions in editors: the schema of the list, plus anyOf for the two
        # forms.
        del many["type"]
        return many | {"anyOf": [(self.one or self.item).json_schema(), {"title": "list", "type": "array"}]}

    def read(self, value: Any) -> tuple[Any, ...]:
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(self.item.read(item) for item in items)

    def canonical(self, value: Any) -> list[Any]:
        return [self.item.canonical(item) for item in value]

    def phrase(self) -> str:
        one = f"{(self.one or self.item).phrase()}, or " if self.or_one else ""
        return f"{one}a list, each item {self.item.phrase()}"

    def nested(self) -> tuple[Kind, ...]:
        return (self.item,)


@frozen
class MapOf(Kind):
    """A map from names to values of one kind. The names are of the kind `names`, or chosen by the user."""

    item: Kind
    min_items: int = 0
    name_pattern: str | None = None
    names: Name | None = None

    def json_schema(self) -> Json:
        shape: Json = {"type": "object", "additionalProperties": self.item.json_schema()}
        shape |= {"minProperties": self.min_items} if self.min_items else {}
        if self.names:
            return shape | {"propertyNames": self.names.json_schema()}
        named = {"title": "name", "pattern": self.name_pattern}
        return shape | ({"propertyNames": named} if self.name_pattern else {})

    def read(self, value: Any) -> dict[str, Any]:
        return {name: self.item.read(item) for name, item in value.items()}

    def canonical(self, value: Any) -> Json:
        return {name: self.item.canonical(item) for name, item in value.items()}

    def phrase(self) -> str:
        return f"a map, each value {self.item.phrase()}"

    def nested(self) -> tuple[Kind, ...]:
        return (self.item, self.names) if self.names else (self.item,)


def without_notes(values: Mapping[str, T]) -> dict[str, T]:
    """Return a map without the keys that start with `x-`, which are notes of its author."""
    return {key: value for key, value in values.items() if not key.startswith("x-")}


def described(doc: str) -> Json:
    """Return a description for editors, with code and links for those that show Markdown."""
    return {"description": doc, "markdownDescription": doc}


def _bounds(**bounds: float | None) -> Json:
    return {name: bound for name, bound in bounds.items() if bound is not None}


def bound_words(low: float | None, above: float | None, high: float | None, below: float | None) -> str:
    """Describe bounds, to be put after "a number": " >= 0 and < 1".

    The limit of C, an int, is mentioned only if there is no other.
    """
    high = None if isinstance(high, int) and high == INT32 and low is not None else high
    parts = [(">=", low), (">", above), ("<=", high), ("<", below)]
    texts = [
        f"{sign} {bound:{'' if isinstance(bound, int) else 'g'}}"
        for sign, bound in parts
        if bound is not None
    ]
    return " " + " and ".join(texts) if texts else ""


def as_yaml(value: Any) -> str:
    """Format a default as YAML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(as_yaml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {as_yaml(item)}" for key, item in value.items()) + "}"
    return '""' if value == "" else str(value)
