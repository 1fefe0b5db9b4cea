"""Fields of everything a spec can configure: one description gives validation, JSON Schema, docs and canonical form.

A described class is a frozen dataclass whose fields are made with `field(kind, doc, ...)`. A kind knows
the JSON Schema of a value, reads a structurally valid value and writes its canonical JSON.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass
from functools import cached_property
from typing import Any, ClassVar, TypeVar, cast

from mlbuild.diagnostics import Problem

T = TypeVar("T")
Json = dict[str, Any]


class Kind:
    """What a field's value may be. Subclasses are frozen dataclasses, and compare by value."""

    def schema(self) -> Json:
        """JSON Schema (draft-07) of one value, without annotations."""
        raise NotImplementedError

    def read(self, value: Any) -> Any:
        """The Python value of a structurally valid YAML value."""
        return value

    def write(self, value: Any) -> Any:
        """The canonical JSON of a Python value, so that equal meanings are equal texts."""
        return value

    def words(self) -> str:
        """How messages and pages name the kind: "a number >= 0"."""
        raise NotImplementedError

    def nested(self) -> tuple[Kind, ...]:
        """The kinds that values of this one consist of."""
        return ()


@dataclass(frozen=True)
class Text(Kind):
    """A string; `pattern` is a regular expression that JavaScript and Python read alike."""

    pattern: str | None = None
    what: str = "text"

    def schema(self) -> Json:
        if self.pattern is None:
            return {"type": "string"}
        return {"type": "string", "pattern": self.pattern, "patternErrorMessage": f"must be {self.what}"}

    def words(self) -> str:
        return self.what


@dataclass(frozen=True)
class Expression(Kind):
    """A SQL scalar expression."""

    def schema(self) -> Json:
        return {"type": "string"}

    def words(self) -> str:
        return "a SQL expression"


@dataclass(frozen=True)
class Boolean(Kind):
    def schema(self) -> Json:
        return {"type": "boolean"}

    def words(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number; `31.0` is read as 31."""

    min: int | None = None
    max: int | None = None

    def schema(self) -> Json:
        return {"type": "integer"} | _bounds(minimum=self.min, maximum=self.max)

    def read(self, value: Any) -> int:
        return int(value)

    def words(self) -> str:
        return "a whole number" + bound_words(self.min, None, self.max, None)


@dataclass(frozen=True)
class Number(Kind):
    """A float64; `min` and `max` are allowed values, `above` and `below` are not."""

    min: float | None = None
    above: float | None = None
    max: float | None = None
    below: float | None = None

    def schema(self) -> Json:
        return {"type": "number"} | _bounds(
            minimum=self.min, exclusiveMinimum=self.above, maximum=self.max, exclusiveMaximum=self.below
        )

    def read(self, value: Any) -> float:
        return float(value)

    def words(self) -> str:
        return "a number" + bound_words(self.min, self.above, self.max, self.below)


@dataclass(frozen=True)
class Scalar(Kind):
    """A string, number or boolean, kept as written."""

    def schema(self) -> Json:
        return {"type": ["string", "number", "boolean"]}

    def words(self) -> str:
        return "a single value"


@dataclass(frozen=True)
class Choice(Kind):
    """One of a closed list; each option has a one-line description."""

    options: tuple[tuple[Any, str], ...]

    def __init__(self, options: Mapping[Any, str]) -> None:
        object.__setattr__(self, "options", tuple(options.items()))

    @property
    def values(self) -> tuple[Any, ...]:
        return tuple(value for value, _ in self.options)

    def schema(self) -> Json:
        docs = [doc for _, doc in self.options]
        return {"enum": list(self.values)} | ({"markdownEnumDescriptions": docs} if any(docs) else {})

    def read(self, value: Any) -> Any:
        """The option itself, so that `1.0` is read as 1."""
        return next(option for option in self.values if option == value)

    def words(self) -> str:
        return "one of " + ", ".join(str(value) for value in self.values)


@dataclass(frozen=True)
class ListOf(Kind):
    """A list, read as a tuple; with `or_one` a single value stands for a list of one."""

    item: Kind
    or_one: bool = False
    min_items: int = 0
    unique: bool = False

    def schema(self) -> Json:
        many: Json = {"type": "array", "items": self.item.schema()}
        many |= {"minItems": self.min_items} if self.min_items else {}
        many |= {"uniqueItems": True} if self.unique else {}
        if not self.or_one:
            return many
        # Editors word and complete this best: one schema of the list, plus anyOf on the two forms.
        del many["type"]
        return many | {"anyOf": [self.item.schema(), {"type": "array"}]}

    def read(self, value: Any) -> tuple[Any, ...]:
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(self.item.read(item) for item in items)

    def write(self, value: Any) -> list[Any]:
        return [self.item.write(item) for item in value]

    def words(self) -> str:
        one = f"{self.item.words()}, or " if self.or_one else ""
        return f"{one}a list, each {self.item.words()}"

    def nested(self) -> tuple[Kind, ...]:
        return (self.item,)


@dataclass(frozen=True)
class MapOf(Kind):
    """A map from names that the user gives to values of one kind."""

    item: Kind
    min_items: int = 0
    name_pattern: str | None = None

    def schema(self) -> Json:
        shape: Json = {"type": "object", "additionalProperties": self.item.schema()}
        shape |= {"minProperties": self.min_items} if self.min_items else {}
        return shape | ({"propertyNames": {"pattern": self.name_pattern}} if self.name_pattern else {})

    def read(self, value: Any) -> dict[str, Any]:
        return {name: self.item.read(item) for name, item in value.items()}

    def write(self, value: Any) -> Json:
        return {name: self.item.write(item) for name, item in value.items()}

    def words(self) -> str:
        return f"a map from names, each {self.item.words()}"

    def nested(self) -> tuple[Kind, ...]:
        return (self.item,)


@dataclass(frozen=True)
class Object(Kind):
    """A nested described class; with `short`, a value of that kind stands for `{short_key: value}`."""

    cls: type
    short: Kind | None = None
    short_key: str = ""

    @property
    def name(self) -> str:
        """What the definition in the schema is called."""
        return self.cls.__name__.lower()

    def schema(self) -> Json:
        """A reference: the schema writer makes the definition."""
        return {"$ref": f"#/definitions/{self.name}"}

    def definition(self) -> Json:
        """The closed JSON Schema of the object, in both forms."""
        full = object_schema(self.cls)
        if self.short is None:
            return full
        # Editors word and complete this best: one closed object, plus anyOf on the two forms.
        del full["type"]
        return full | {"anyOf": [self.short.schema(), {"type": "object"}]}

    def read(self, value: Any) -> Any:
        return read(self.cls, value if isinstance(value, Mapping) else {self.short_key: value})

    def write(self, value: Any) -> Json:
        return write(value)

    def words(self) -> str:
        return f"{self.short.words()} or a map" if self.short else "a map"

    def nested(self) -> tuple[Kind, ...]:
        own = tuple(param.kind for param in params_of(self.cls).values())
        return (self.short, *own) if self.short else own


@dataclass(frozen=True)
class Dispatch(Kind):
    """An object whose key `by` names which of several described classes it is; its other keys are that class's.

    With `suffixes`, pairs of a suffix and a name, an object without `by` is what the suffix of its `path` says.
    """

    by: str
    classes: tuple[type, ...]
    name: str
    suffixes: tuple[tuple[str, str], ...] = ()

    @cached_property
    def by_value(self) -> dict[str, type]:
        return {cast(type[Described], cls).mark()[1]: cls for cls in self.classes}

    def which(self, value: Mapping[str, Any]) -> Any:
        """What stands under `by`, or what the suffix says; None where neither says anything."""
        if self.by in value:
            return value[self.by]
        path = value.get("path")
        found = [name for suffix, name in self.suffixes if isinstance(path, str) and path.endswith(suffix)]
        return found[0] if found else None

    def schema(self) -> Json:
        """A reference: the schema writer makes the definition, and one for each class."""
        return {"$ref": f"#/definitions/{self.name}"}

    def read(self, value: Any) -> Any:
        return read(self.by_value[self.which(value)], value)

    def write(self, value: Any) -> Json:
        return write(value)

    def words(self) -> str:
        return f"a map with '{self.by}'"

    def nested(self) -> tuple[Kind, ...]:
        return tuple(param.kind for cls in self.classes for param in params_of(cls).values())


@dataclass(frozen=True)
class Param:
    """One field: its key in the spec, the kind of its value, what it means."""

    name: str
    key: str
    kind: Kind
    doc: str
    default: Any
    required: bool
    examples: tuple[Any, ...]

    def schema(self) -> Json:
        default = None if self.required or self.default is None else self.kind.write(self.default)
        told = default not in (None, [], {})
        doc = f"{self.doc} Default: `{_as_yaml(default)}`." if told else self.doc
        shape = self.kind.schema() | {"description": doc, "markdownDescription": doc}
        if told:
            shape["default"] = default
        return shape | ({"examples": list(self.examples)} if self.examples else {})


def field(
    kind: Kind, doc: str, *, default: Any = MISSING, key: str | None = None, examples: tuple[Any, ...] = ()
) -> Any:
    """Declare a field of a described class. Without a default the key is required; `key` where Python forbids the name."""
    metadata = {"mlbuild": (kind, doc, key, examples)}
    if isinstance(default, (dict, list)):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata, kw_only=True)
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


class Described:
    """Base of classes whose fields are parameters; `discriminator` is the key and value that name it, if any."""

    discriminator: ClassVar[tuple[str, str] | None] = None

    @classmethod
    def mark(cls) -> tuple[str, str]:
        """The discriminator of a class that has one."""
        if cls.discriminator is None:
            raise TypeError(f"{cls.__name__} has no discriminator")
        return cls.discriminator

    def check(self) -> Iterator[Problem]:
        """What the fields contradict in each other: parameters without effect, missing companions."""
        return iter(())


def params_of(cls: type) -> dict[str, Param]:
    """The parameters of a described class by spec key, in order of declaration."""
    found = {}
    for item in dataclasses.fields(cls):
        if "mlbuild" not in item.metadata:
            continue
        kind, doc, key, examples = item.metadata["mlbuild"]
        default = item.default_factory() if item.default_factory is not MISSING else item.default
        required = default is MISSING
        param = Param(
            item.name, key or item.name, kind, doc, None if required else default, required, examples
        )
        found[param.key] = param
    return found


def read(cls: type[T], mapping: Mapping[str, Any]) -> T:
    """Make an instance from a structurally valid map. The discriminator and `x-*` keys are passed over."""
    params = params_of(cls)
    values = {
        params[key].name: params[key].kind.read(value) for key, value in mapping.items() if key in params
    }
    return cls(**values)


def write(instance: Any) -> Json:
    """The canonical JSON of an instance: discriminator first, every default written out, None left out."""
    mark = getattr(instance, "discriminator", None)
    out: Json = {mark[0]: mark[1]} if mark else {}
    for key, param in params_of(type(instance)).items():
        value = getattr(instance, param.name)
        if value is not None:
            out[key] = param.kind.write(value)
    return out


def summary(cls: type) -> str:
    """The first paragraph of a class's docstring, as one line."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def object_schema(cls: type) -> Json:
    """The closed JSON Schema of a described class."""
    params = params_of(cls)
    properties: Json = {}
    required = [key for key, param in params.items() if param.required]
    mark = cast(tuple[str, str] | None, getattr(cls, "discriminator", None))
    if mark:
        properties[mark[0]] = {"const": mark[1], "type": "string", "description": summary(cls)}
        required.insert(0, mark[0])
    properties |= {key: param.schema() for key, param in params.items()}
    title = mark[1] if mark else cls.__name__.lower()
    return {
        "title": title,
        "type": "object",
        "description": summary(cls),
        "properties": properties,
        **({"required": required} if required else {}),
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
    }


def _bounds(**bounds: float | None) -> Json:
    return {name: bound for name, bound in bounds.items() if bound is not None}


def bound_words(low: float | None, above: float | None, high: float | None, below: float | None) -> str:
    """Bounds in words, to be put behind "a number": " >= 0 and < 1"."""
    parts = [(">=", low), (">", above), ("<=", high), ("<", below)]
    texts = [f"{sign} {bound:g}" for sign, bound in parts if bound is not None]
    return " " + " and ".join(texts) if texts else ""


def _as_yaml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_as_yaml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_as_yaml(item)}" for key, item in value.items()) + "}"
    return '""' if value == "" else str(value)
