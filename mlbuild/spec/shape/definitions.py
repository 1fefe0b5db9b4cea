"""The definitions of the schema one by one, as validators of an object without what it refers to.

A definition is made when it is asked for, so only the classes that a spec names are imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from mlbuild.frozen import frozen
from mlbuild.kinds import Json, Kind, Name
from mlbuild.models import LEARNERS
from mlbuild.params import Object, TaggedUnion
from mlbuild.spec.root import Root
from mlbuild.spec.shape.learners import OF_LEARNER
from mlbuild.spec.shape.overlay_schema import RELAXED, included, overlay
from mlbuild.spec.shape.schema import branch, kinds, root_schema
from mlbuild.spec.shape.validity import is_number, surely_valid
from mlbuild.spec.shape.wording import repeated

ROOT = ""


@frozen
class Definition:
    """A definition without its references: the schema accepts what it refers to, and `leads` says where that is."""

    schema: Json
    leads: Json

    def errors(self, value: Any) -> Iterator[Any]:
        """Return the errors of a value, as the library that validates it words them."""
        return iter(()) if surely_valid(value, self.schema) else _validator()(self.schema).iter_errors(value)


class Definitions:
    """The definitions of a spec, by name. That of a union's class is called `union.class`."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}
        self._made: dict[str, Definition] = {}
        self._collect(Root)

    def __getitem__(self, name: str) -> Definition:
        if name not in self._made:
            own = {
                word: part for word, part in self._schema(name).items() if word not in ("if", "then", "else")
            }
            self._made[name] = Definition(self._alone(own), self._leads(own))
        return self._made[name]

    def union(self, name: str) -> TaggedUnion | None:
        """Return the union with a name, if there is one."""
        kind = self._kinds.get(name)
        return kind if isinstance(kind, TaggedUnion) else None

    def unions(self) -> Iterator[TaggedUnion]:
        """Yield the unions that are not inside others, and those inside classes that were asked for."""
        return (kind for kind in self._kinds.values() if isinstance(kind, TaggedUnion))

    def _collect(self, cls: type) -> None:
        """Add the definitions that a class refers to, apart from the classes of unions."""
        for kind in kinds(cls, below=False):
            if isinstance(kind, (TaggedUnion, Object)):
                self._kinds.setdefault(kind.name, kind)
                if isinstance(kind, TaggedUnion) and kind.short and isinstance(kind.alone, Name):
                    self._kinds.setdefault(kind.alone.definition_name, kind.alone)
            elif isinstance(kind, Name):
                self._kinds.setdefault(kind.definition_name, kind)

    def _schema(self, name: str) -> Json:
        """Return the schema of a definition that is no union."""
        if name == ROOT:
            return root_schema()
        if name == "overlay":
            return overlay(root_schema(), self._is_name)
        if name == "included":
            return included(root_schema())
        kind = self._kinds.get(name)
        if isinstance(kind, Object):
            return kind.definition()
        of, _, which = name.partition(".")
        union = self.union(of)
        cls = union.classes.named(which) if union else LEARNERS.named(which)
        self._collect(cls)
        return branch(union, cls) if union else OF_LEARNER[of].schema(cls)

    def _alone(self, shape: Any) -> Any:
        """Return a schema with a placeholder instead of each reference."""
        if isinstance(shape, list):
            return [self._alone(part) for part in shape]
        if not isinstance(shape, dict):
            return shape
        if "$ref" not in shape:
            return {word: self._alone(part) for word, part in shape.items()}
        name = shape["$ref"].rpartition("/")[2]
        kind = self._kinds.get(name.removeprefix(RELAXED))
        if isinstance(kind, Name):
            return kind.definition()
        if isinstance(kind, TaggedUnion) and name == kind.name:
            if kind.short:
                return {"anyOf": [self._alone(kind.alone.json_schema()), {"type": "object"}]}
            write = {
                value: f"write '{kind.by}: {value}' and put its parameters below"
                for value in kind.classes.names
            }
            return {"type": "object", "words": kind.phrase(), "hints": write}
        return {} if isinstance(kind, Object) and kind.short else {"type": "object"}

    def _leads(self, shape: Any) -> Json:
        """Return the parts of a schema that lead to references, with nothing else in them."""
        if not isinstance(shape, dict):
            return {}
        if "$ref" in shape:
            name = shape["$ref"].rpartition("/")[2]
            # An overlay is checked after it is merged into the spec, which determines what its objects are.
            return {} if name == "overlay" or self._is_name(name) else {"$ref": name}
        found = {
            word: self._leads(shape[word]) for word in ("items", "additionalProperties") if word in shape
        }
        properties = {key: self._leads(part) for key, part in shape.get("properties", {}).items()}
        found["properties"] = {key: part for key, part in properties.items() if part}
        return {word: part for word, part in found.items() if part}

    def _is_name(self, name: str) -> bool:
        """Whether a definition is a kind of string, such as a name, which many others refer to."""
        return isinstance(self._kinds.get(name), Name)


@cache
def definitions() -> Definitions:
    """Return the definitions. They are shared, since making them takes time."""
    return Definitions()


def option_errors(kind: TaggedUnion, value: Any) -> Iterator[Any]:
    """Yield the error of an unknown discriminator as that of any other key with options."""
    options = {"properties": {kind.by: {"enum": [*kind.classes.names]}}}
    yield from _validator()(options).iter_errors({kind.by: value})


@cache
def _validator() -> Any:
    """Return a Draft 7 validator that interprets patterns as JavaScript does, and accepts only finite numbers."""
    from jsonschema import Draft7Validator, ValidationError, validators

    def pattern(_: Any, wanted: str, text: Any, __: Any) -> Iterator[ValidationError]:
        # Python's `$` also matches before a final line break.
        if isinstance(text, str) and not re.search(re.sub(r"\$$", r"\\Z", wanted), text):
            yield ValidationError(f"{text!r} does not match {wanted!r}")

    def unique(_: Any, wanted: bool, items: Any, __: Any) -> Iterator[ValidationError]:
        # The library compares each item with each other if they have different types.
        if wanted and isinstance(items, list) and repeated(items) is not None:
            yield ValidationError("an item is repeated")

    types = Draft7Validator.TYPE_CHECKER.redefine("number", lambda _, value: is_number(value))
    extend: Any = validators.extend
    return extend(Draft7Validator, {"pattern": pattern, "uniqueItems": unique}, type_checker=types)
