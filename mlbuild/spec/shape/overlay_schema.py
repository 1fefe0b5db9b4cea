"""The part of the JSON Schema for incomplete specs: overlays of profiles, and included files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from mlbuild.kinds import Json, described
from mlbuild.spec.root import OVERLAID, SECTION_KEYS

_OWN: Json = {"patternProperties": {"^x-": True}, "additionalProperties": False}
#: What the names of definitions without required keys begin with.
RELAXED = "overlay."


def included(root: Json) -> Json:
    """Return the definition of an included file."""
    return _excerpt(root, ("include", *SECTION_KEYS), "included file", "A part of a spec.")


def overlay(root: Json, is_name: Callable[[str], bool]) -> Json:
    """Return the definition of an overlay, which refers to definitions without required keys."""
    return _Relaxed({}, is_name).shape(_overlaid(root))


def part_definitions(root: Json, definitions: Json) -> Iterator[tuple[str, Json]]:
    """Yield `overlay`, all definitions that only overlays use, and `included`, which editors can refer to."""
    relaxed = _Relaxed(definitions, lambda name: definitions[name].get("type") == "string")
    made = {"overlay": relaxed.shape(_overlaid(root))} | dict(relaxed.all())
    yield "included", included(root)
    yield from _shared(made, definitions).items()


def _shared(made: Json, definitions: Json) -> Json:
    """Return the definitions without those that require nothing anyway: what refers to these refers to the originals."""
    same = {name for name in made if name.startswith(RELAXED)}
    while True:
        plain = {name: _renamed(shape, same) for name, shape in made.items()}
        changed = {name for name in same if plain[name] != definitions[name.removeprefix(RELAXED)]}
        if not changed:
            return {name: shape for name, shape in plain.items() if name not in same}
        same -= changed


def _renamed(shape: Any, same: Collection[str]) -> Any:
    """Return a shape with references to the originals of the definitions `same`."""
    if isinstance(shape, list):
        return [_renamed(part, same) for part in shape]
    if not isinstance(shape, dict):
        return shape
    out = {word: _renamed(part, same) for word, part in shape.items()}
    start, _, name = shape["$ref"].rpartition("/") if isinstance(shape.get("$ref"), str) else ("", "", "")
    return out | {"$ref": f"{start}/{name.removeprefix(RELAXED)}"} if name in same else out


def _overlaid(root: Json) -> Json:
    return _excerpt(root, OVERLAID, "profile", "The changes that a profile makes. All keys are optional.")


def _excerpt(root: Json, keys: tuple[str, ...], title: str, doc: str) -> Json:
    properties = {key: root["properties"][key] for key in keys}
    return {"title": title, "type": "object", **described(doc), "properties": properties, **_OWN}


def _untyped(shape: Json) -> Json:
    return {word: part for word, part in shape.items() if word != "type"}


class _Relaxed:
    """Writes definitions without required keys. Lists replace lists, so their items stay unchanged."""

    def __init__(self, definitions: Json, is_name: Callable[[str], bool]) -> None:
        self._definitions, self._is_name = definitions, is_name
        self._made: Json = {}
        self._wanted: list[str] = []

    def all(self) -> Iterator[tuple[str, Json]]:
        """Yield all definitions that the shapes so far refer to, and that these refer to."""
        while self._wanted:
            self._made_of(self._wanted.pop())
        yield from sorted(self._made.items())

    def shape(self, shape: Json) -> Json:
        if "$ref" in shape:
            return shape | {"$ref": self._reference(shape["$ref"])}
        out: Json = {}
        for word, part in shape.items():
            if word == "properties":
                out[word] = {key: self.shape(one) for key, one in part.items()}
            elif word == "else":
                undivided = self._undivided(shape["then"])
                # Where a text stands for an object, it is there, too, and must pass.
                out[word] = _untyped(undivided) if "anyOf" in shape else {"title": shape["title"]} | undivided
            elif word in ("then", "additionalProperties") and isinstance(part, dict):
                out[word] = self.shape(part)
            elif word in ("allOf", "anyOf"):
                out[word] = [self.shape(one) for one in part]
            elif word not in ("required", "minProperties", "defaultSnippets"):
                out[word] = part
        return out

    def _reference(self, reference: str) -> str:
        """Return the relaxed definition of an object; for a text, the definition itself."""
        start, _, name = reference.rpartition("/")
        if self._is_name(name):
            return reference
        self._wanted.append(f"{RELAXED}{name}")
        return f"{start}/{RELAXED}{name}"

    def _made_of(self, name: str) -> Json:
        if name not in self._made:
            self._made[name] = {}
            self._made[name] = self.shape(self._definitions[name.removeprefix(RELAXED)])
        return self._made[name]  # type: ignore[no-any-return] # made of JSON

    def _undivided(self, then: Json) -> Json:
        """Return an object without its discriminator, which is in the spec below: it can have any of the keys."""
        branches = [self._object(self.shape(lead["then"])) for lead in then["allOf"]]
        return {"type": "object"} | self._union(branches)

    def _union(self, objects: list[Json]) -> Json:
        keys = dict.fromkeys(key for one in objects for key in one["properties"])
        shapes = {
            key: [one["properties"][key] for one in objects if key in one["properties"]] for key in keys
        }
        properties = {key: self._any(several) for key, several in shapes.items() if "const" not in several[0]}
        closed = _OWN if all("additionalProperties" in one for one in objects) else {}
        return {"properties": properties, **closed}

    def _any(self, shapes: list[Json]) -> Json:
        """Merge shapes. Objects become one object, because this gives the best messages and completions in editors."""
        different = [shape for index, shape in enumerate(shapes) if shape not in shapes[:index]]
        if len(different) == 1:
            return different[0]
        objects = [self._object(shape) for shape in different]
        if all("properties" in one for one in objects):
            return {"type": "object"} | self._union(objects)
        return described(different[0].get("description", "")) | {"anyOf": different}

    def _object(self, shape: Json) -> Json:
        """Return the object that a shape refers to, or the shape itself."""
        for reference in (shape, *shape.get("allOf", ())):
            name = reference.get("$ref", "").rpartition("/")[2]
            if name.startswith(RELAXED):
                return self._made_of(name)
        return shape
