"""The part of the JSON Schema for incomplete specs: overlays of profiles, and included files."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.kinds import Json, described
from mlbuild.spec.root import OVERLAID, SECTION_KEYS

_OWN: Json = {"patternProperties": {"^x-": True}, "additionalProperties": False}


def part_definitions(root: Json, definitions: Json) -> Iterator[tuple[str, Json]]:
    """Yield `overlay`, all definitions that only overlays use, and `included`, which editors can refer to."""
    yield "included", _excerpt(root, ("include", *SECTION_KEYS), "included file", "A part of a spec.")
    overlay = _excerpt(root, OVERLAID, "profile", "The changes that a profile makes. All keys are optional.")
    relaxed: Json = {}
    yield "overlay", _Relaxed(definitions, relaxed).shape(overlay)
    yield from relaxed.items()


def _excerpt(root: Json, keys: tuple[str, ...], title: str, doc: str) -> Json:
    properties = {key: root["properties"][key] for key in keys}
    return {"title": title, "type": "object", **described(doc), "properties": properties, **_OWN}


class _Relaxed:
    """Writes definitions without required keys. Lists replace lists, so their items stay unchanged."""

    def __init__(self, definitions: Json, made: Json) -> None:
        self.definitions, self.made = definitions, made

    def shape(self, shape: Json) -> Json:
        if "$ref" in shape:
            return shape | {"$ref": self._reference(shape["$ref"])}
        out: Json = {}
        for word, part in shape.items():
            if word == "properties":
                out[word] = {key: self.shape(one) for key, one in part.items()}
            elif word == "else":
                out[word] = {"title": shape["title"]} | self._undivided(shape["then"])
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
        if self.definitions[name].get("type") == "string":
            return reference
        if f"overlay.{name}" not in self.made:
            self.made[f"overlay.{name}"] = {}
            self.made[f"overlay.{name}"] = self.shape(self.definitions[name])
        return f"{start}/overlay.{name}"

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
            if name in self.made:  # a name is a text, and not made here
                return self.made[name]  # type: ignore[no-any-return] # made of JSON
        return shape
