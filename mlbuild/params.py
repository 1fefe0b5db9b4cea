"""Fields of specs: one description of each gives validation, JSON Schema, docs and canonical form.

A described class is a `@frozen` class whose fields are made with `field(kind, doc, ...)`. A kind has the JSON
Schema of a value, reads a structurally valid value, and writes its canonical JSON.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from typing import Any, ClassVar, TypeVar, cast

from mlbuild.catalogue import Catalogue
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.kinds import (
    INT32,
    Boolean,
    Choice,
    ClassName,
    Expression,
    Integer,
    Json,
    Kind,
    ListOf,
    MapOf,
    Name,
    Number,
    Scalar,
    Text,
    as_yaml,
    described,
)

#: The kinds are exported here too, so that a described class needs only one import.
__all__ = [
    "INT32",
    "Boolean",
    "Choice",
    "ClassName",
    "Described",
    "Expression",
    "Integer",
    "Json",
    "Kind",
    "ListOf",
    "MapOf",
    "Name",
    "Number",
    "Object",
    "Param",
    "Scalar",
    "TaggedUnion",
    "Text",
    "described",
    "field",
    "object_schema",
    "params_of",
    "read",
    "summary",
    "write",
]

T = TypeVar("T")


@frozen
class Object(Kind):
    """A nested described class. With `short`, a value of that kind means `{short_key: value}`."""

    cls: type
    short: Kind | None = None
    short_key: str = ""

    @property
    def name(self) -> str:
        """The name of the definition in the schema."""
        return self.cls.__name__.casefold()

    def json_schema(self) -> Json:
        """Return a reference; the schema writer makes the definition."""
        return {"$ref": f"#/definitions/{self.name}"}

    def definition(self) -> Json:
        """Return the closed JSON Schema of the object, in both forms."""
        full = object_schema(self.cls)
        if self.short is None:
            return full
        # This gives the best messages and completions in editors: one closed object, plus anyOf for the two forms.
        del full["type"]
        forms = [self.short.json_schema(), {"title": full["title"], "type": "object"}]
        return full | {"anyOf": forms}

    def read(self, value: Any) -> Any:
        return read(self.cls, value if isinstance(value, Mapping) else {self.short_key: value})

    def canonical(self, value: Any) -> Json:
        return write(value)

    def phrase(self) -> str:
        return f"{self.short.phrase()} or a map" if self.short else "a map"

    def nested(self) -> tuple[Kind, ...]:
        own = tuple(param.kind for param in params_of(self.cls).values())
        return (self.short, *own) if self.short else own


@frozen
class TaggedUnion(Kind):
    """An object whose key `by` names one of several described classes. Its other keys are those of that class.

    An object without `by` is of the class `otherwise`, if there is one. With `suffixes`, pairs of a suffix and a name, the
    suffix of its `path` determines the class. With `short`, a text stands for an object that has only `by`; all
    parameters then have defaults.
    """

    by: str
    classes: Catalogue[Any]
    name: str
    suffixes: tuple[tuple[str, str], ...] = ()
    short: bool = False
    otherwise: str | None = None

    @property
    def alone(self) -> Kind:
        return ClassName(self.name, self.classes)

    def whole(self, value: Any) -> Any:
        return {self.by: value} if self.short and isinstance(value, str) else value

    def which(self, value: Mapping[str, Any]) -> Any:
        """Return the value of `by`, or what is used without it; None if nothing is."""
        if self.by in value:
            return value[self.by]
        path = value.get("path")
        found = [name for suffix, name in self.suffixes if isinstance(path, str) and path.endswith(suffix)]
        return found[0] if found else self.otherwise

    def json_schema(self) -> Json:
        """Return a reference; the schema writer makes the definition, and one for each class."""
        return {"$ref": f"#/definitions/{self.name}"}

    def read(self, value: Any) -> Any:
        return read(self.classes.named(self.which(given := self.whole(value))), given)

    def canonical(self, value: Any) -> Any:
        written = write(value)
        return written[self.by] if self.short and len(written) == 1 else written

    def phrase(self) -> str:
        return "a map" if self.otherwise else f"a map with '{'path' if self.suffixes else self.by}'"

    def nested(self) -> tuple[Kind, ...]:
        own = (param.kind for cls in self.classes for param in params_of(cls).values())
        return (*([self.alone] if self.short else []), *own)


@frozen
class Param:
    """One field: its key in the spec, the kind of its value, and its meaning."""

    name: str
    key: str
    kind: Kind
    doc: str
    default: Any
    required: bool
    examples: tuple[Any, ...]

    def json_schema(self) -> Json:
        default = None if self.required or self.default is None else self.kind.canonical(self.default)
        told = default not in (None, [], {})
        words = self.kind.phrase()
        doc = (
            f"{self.doc} {words[0].upper()}{words[1:]}."
            if isinstance(self.kind, (Integer, Number))
            else self.doc
        )
        doc = f"{doc} Default: `{as_yaml(default)}`." if told else doc
        shape = self.kind.json_schema() | described(doc)
        if told:
            shape["default"] = default
        return shape | ({"examples": list(self.examples)} if self.examples else {})


def field(
    kind: Kind, doc: str, *, default: Any = MISSING, key: str | None = None, examples: tuple[Any, ...] = ()
) -> Any:
    """Declare a field. Without a default, the key is required. Use `key` if Python forbids the name."""
    metadata = {"mlbuild": (kind, doc, key, examples)}
    if isinstance(default, (dict, list)):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata, kw_only=True)
    return dataclasses.field(default=default, metadata=metadata, kw_only=True)


class Described:
    """Base of classes whose fields are parameters.

    `discriminator` is the key and value that identify the class, if any. A family of classes sets `by` to the
    attribute that identifies them, such as `type`. That is then their discriminator.
    """

    by: ClassVar[str | None] = None
    discriminator: ClassVar[tuple[str, str] | None] = None
    #: Optional parameters that almost every use has. Snippets in editors contain them, too.
    usual: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.by is not None and cls.by in vars(cls):
            cls.discriminator = (cls.by, vars(cls)[cls.by])

    @classmethod
    def named_by(cls) -> tuple[str, str]:
        """Return the discriminator of a class that has one."""
        if cls.discriminator is None:
            raise TypeError(f"{cls.__name__} has no discriminator")
        return cls.discriminator

    def values_by_field(self) -> Mapping[str, Any]:
        """Return the value of each field, by its Python name."""
        return vars(self)

    def check(self) -> Iterator[Problem]:
        """Yield contradictions between fields: parameters without effect, missing companions."""
        return iter(())


_PARAMS: dict[type, Mapping[str, Param]] = {}


def params_of(cls: type) -> Mapping[str, Param]:
    """Return the parameters of a described class by spec key, in the order of declaration."""
    if cls not in _PARAMS:
        _PARAMS[cls] = _declared(cls)
    return _PARAMS[cls]


def _declared(cls: type) -> Mapping[str, Param]:
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
    """Create an instance from a structurally valid map. The discriminator and `x-*` keys are ignored."""
    params = params_of(cls)
    values = {
        params[key].name: params[key].kind.read(value) for key, value in mapping.items() if key in params
    }
    return cls(**values)


def write(instance: Described) -> Json:
    """Return the canonical JSON of an instance: the discriminator first, every default written out, None left out."""
    mark, values = instance.discriminator, instance.values_by_field()
    out: Json = {mark[0]: mark[1]} if mark else {}
    for key, param in params_of(type(instance)).items():
        value = values[param.name]
        if value is not None:
            out[key] = param.kind.canonical(value)
    return out


def summary(cls: type) -> str:
    """Return the first paragraph of the docstring of a class, as one line."""
    return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].split())


def object_schema(cls: type) -> Json:
    """Return the closed JSON Schema of a described class."""
    params = params_of(cls)
    properties: Json = {}
    required = [key for key, param in params.items() if param.required]
    mark = cast(tuple[str, str] | None, getattr(cls, "discriminator", None))
    if mark:
        properties[mark[0]] = {"const": mark[1], "type": "string"} | described(summary(cls))
        required.insert(0, mark[0])
    properties |= {key: param.json_schema() for key, param in params.items()}
    title = mark[1] if mark else cls.__name__.casefold()
    return {
        "title": title,
        "type": "object",
        # Not as Markdown, so that editors show the description next to the reference to this definition instead.
        "description": summary(cls),
        "properties": properties,
        **({"required": required} if required else {}),
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
    }
