"""Generates the JSON Schema of the spec language from the described classes and the catalogues.

The schema uses Draft-07 in the form that works best in editors: if a key selects one of several classes, that key
is an enum, and a typed `if` leads to one closed definition. There is never a `oneOf` of whole objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from mlbuild.catalogue import Catalogue
from mlbuild.kinds import Choice, Json, Kind, ListOf, MapOf, Name, described
from mlbuild.models import LEARNERS
from mlbuild.models.learner import Learner
from mlbuild.params import ClassName, Described, Object, Param, TaggedUnion, object_schema, params_of, summary
from mlbuild.regular import replace_regular
from mlbuild.selection import ColumnSelection
from mlbuild.spec.kinds import LearnerParams, LearnerType
from mlbuild.spec.language import Model
from mlbuild.spec.root import Root
from mlbuild.spec.shape.learners import OF_LEARNER
from mlbuild.spec.shape.overlay_schema import part_definitions

FILE = "mlbuild.schema.json"
#: The command that regenerates the committed file.
COMMAND = f"mlbuild schema > schemas/{FILE}"


@cache
def build_schema() -> Json:
    """Return the schema as JSON. It is shared, so do not modify it. It imports the classes of all catalogues."""
    root = root_schema()
    definitions: Json = {}
    for kind in kinds(Root, below=True):
        for name, definition in _definitions(kind):
            if definitions.setdefault(name, definition) != definition:
                raise ValueError(f"two definitions are called '{name}'")
    definitions |= part_definitions(root, definitions)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **root, "definitions": definitions}


def root_schema() -> Json:
    """Return the schema of a whole spec, without the definitions that it refers to."""
    root = object_schema(Root)
    root["title"] = "mlbuild spec"
    root["properties"] = {"$schema": {"type": "string"}} | root["properties"]
    return root


def schema_text() -> str:
    """Return the text of the schema file."""
    return as_text(build_schema())


def as_text(schema: Json) -> str:
    """Format a schema as the text of a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_schema(path: Path) -> None:
    replace_regular(path, schema_text().encode())


def shipped_schema() -> Path:
    """Return the schema file: next to this module if mlbuild is installed from a wheel, otherwise in the checkout."""
    here = Path(__file__)
    installed = here.with_name(FILE)
    return installed if installed.exists() else here.parents[3] / "schemas" / FILE


@cache
def tagged_unions() -> Mapping[str, TaggedUnion]:
    """Return the definitions that a discriminator splits into several, by name."""
    return {kind.name: kind for kind in kinds(Root, below=True) if isinstance(kind, TaggedUnion)}


def kinds(cls: type, below: bool) -> Iterator[Kind]:
    """Yield every kind inside the fields of a described class, outer ones first.

    `below` says whether to continue with the classes of each union.
    """
    for param in params_of(cls).values():
        yield from _with_nested(param.kind, below)


def _with_nested(kind: Kind, below: bool) -> Iterator[Kind]:
    yield kind
    if below or not isinstance(kind, TaggedUnion):
        for nested in kind.nested():
            yield from _with_nested(nested, below)


def _definitions(kind: Kind) -> Iterator[tuple[str, Json]]:
    if isinstance(kind, TaggedUnion):
        yield kind.name, _tagged_union(kind)
        yield from ((f"{kind.name}.{value}", branch(kind, cls)) for value, cls in kind.classes.items())
    elif isinstance(kind, Name):
        meanings = _choice(kind.classes) if isinstance(kind, ClassName) else {}
        yield kind.definition_name, kind.definition() | meanings
    elif isinstance(kind, Object):
        yield kind.name, _model(kind) if kind.cls is Model else kind.definition()
        if kind.cls is Model:
            for type_, cls in LEARNERS.items():
                yield from ((f"{of}.{type_}", one.schema(cls)) for of, one in OF_LEARNER.items())


def _tagged_union(kind: TaggedUnion) -> Json:
    """Return the schema of an object whose discriminator leads to a closed definition."""
    title = kind.name.rpartition("_")[2]
    # As for every short form: one closed object, plus anyOf for the two forms.
    forms = [kind.alone.json_schema(), {"title": title, "type": "object"}]
    leads = [_when({kind.by: {"const": value}}, _ref(f"{kind.name}.{value}")) for value in kind.classes.names]
    return {
        "title": title,
        **({"anyOf": forms} if kind.short else {"type": "object"}),
        **({} if kind.suffixes or kind.otherwise else {"required": [kind.by]}),
        # No description here, so that hovering over the discriminator shows the description of the branch.
        "properties": {kind.by: _options(kind)},
        "if": {"type": "object", "required": [kind.by]},
        "then": {"allOf": leads},
        "else": _without(kind, title),
    }


def _without(kind: TaggedUnion, title: str) -> Json:
    """Return the schema of an object without its discriminator, and of a short form."""
    if kind.suffixes:
        return _by_suffix(kind)
    shape = _unnamed(title, kind.by, dict(kind.classes.items()))
    if kind.otherwise is not None:
        return shape | {"allOf": [_ref(f"{kind.name}.{kind.otherwise}")]}
    return {word: part for word, part in shape.items() if word not in ("title", "type") or not kind.short}


def _options(kind: TaggedUnion) -> Json:
    return _choice(kind.classes)


def _choice(classes: Catalogue[Any]) -> Json:
    return Choice({name: summary(cls) for name, cls in classes.items()}).json_schema()


def _by_suffix(kind: TaggedUnion) -> Json:
    """Return the same without a discriminator, by the suffix of `path`.

    Any other suffix needs the discriminator.
    """
    patterns = {suffix: re.escape(suffix) + "$" for suffix, _ in kind.suffixes}
    known = {"type": "string", "pattern": "|".join(patterns.values())}
    leads = [
        _when({"path": {"pattern": patterns[suffix]}}, _ref(f"{kind.name}.{value}"))
        for suffix, value in kind.suffixes
    ]
    return {
        "title": kind.name,
        "type": "object",
        "if": {"type": "object", "required": ["path"], "properties": {"path": known}},
        "then": {"allOf": leads},
        "else": _unnamed(kind.name, kind.by, dict(kind.classes.items()))
        | {"required": [kind.by], "properties": _common(kind)},
    }


def _common(kind: TaggedUnion) -> Json:
    """Return the parameters that all classes have, for completion before the class is known."""
    first, *others = (params_of(cls) for cls in kind.classes)
    return {key: param.json_schema() for key, param in first.items() if all(key in other for other in others)}


def branch(kind: TaggedUnion, cls: type) -> Json:
    """Return the closed definition of one class of a union."""
    shape = object_schema(cls)
    # The discriminator has it. Here it would hide the description of the key that contains the object.
    del shape["description"]
    if kind.suffixes or kind.otherwise == cast(type[Described], cls).named_by()[1]:
        shape["required"].remove(kind.by)
    return shape


def _model(kind: Object) -> Json:
    """Return the schema of a model: its `type` determines the keys of `params`."""
    shape = kind.definition()
    # As for every discriminator, the branches describe these two.
    shape["properties"] |= {
        "type": LearnerType().choice().json_schema(),
        "params": LearnerParams().json_schema(),
    }
    leads = [_when({"type": {"const": cls.type}}, {"properties": _named(cls)}) for cls in LEARNERS]
    models = {cls.type: Model for cls in LEARNERS}
    return shape | {
        "if": {"type": "object", "required": ["type"]},
        "then": {"allOf": leads},
        "else": _unnamed(kind.name, "type", models),
    }


def _named(cls: type[Learner]) -> Json:
    type_ = {"const": cls.type, "type": "string"} | described(summary(cls))
    named: Json = {"type": type_}
    for of, one in OF_LEARNER.items():
        # Inside an allOf, so that completing the key does not insert every default.
        lead: Json = {"type": "object", "allOf": [_ref(f"{of}.{cls.type}")]} | described(
            one.schema(cls)["description"]
        )
        first, *below = one.place
        for key in reversed(below):
            lead = {"properties": {key: lead}}
        named[str(first)] = lead
    return named


def _unnamed(title: str, by: str, classes: Mapping[str, type]) -> Json:
    """Return the schema of an object without its discriminator, with a snippet for each class."""
    snippets = []
    for value, cls in classes.items():
        usual = cast(type[Described], cls).usual
        params = [one for key, one in params_of(cls).items() if key != by and (one.required or key in usual)]
        body = {param.key: _placeholder(param, place) for place, param in enumerate(params, 1)}
        snippets.append({"label": value, "description": summary(cls), "body": {by: value} | body})
    return {"title": title, "type": "object", "defaultSnippets": snippets}


def _placeholder(param: Param, place: int) -> Any:
    """Return what a snippet inserts for a key: the first option, an example, or a place to fill in."""
    if isinstance(param.kind, Choice):
        return param.kind.values[0]
    example = param.examples[0] if param.examples else None
    if isinstance(example, (int, float)):
        return f"^${{{place}:{example}}}"  # without quotes around the text
    if isinstance(example, str):
        return f"${{{place}:{example}}}"
    if isinstance(param.kind, MapOf):
        return {f"${place}": ""}
    return [f"${place}"] if isinstance(param.kind, (ListOf, ColumnSelection)) else f"${place}"


def _when(properties: Json, then: Json) -> Json:
    return {"if": {"properties": properties}, "then": then}


def _ref(name: str) -> Json:
    return {"$ref": f"#/definitions/{name}"}
