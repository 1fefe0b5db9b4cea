"""The JSON Schema of one project: that of the language, with the names of this project."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from mlbuild.columns import ColumnType
from mlbuild.hints import listed
from mlbuild.kinds import Json, described
from mlbuild.spec.names.known import Known, KnownColumns
from mlbuild.spec.sections import SECTIONS
from mlbuild.spec.shape.schema import build_schema

#: The kinds of names, and the sections in which each is defined.
BEARERS = {
    bearer: [section.key for section in SECTIONS if bearer in section.bears]
    for bearer in dict.fromkeys(bearer for section in SECTIONS for bearer in section.bears)
}
#: Keys of a model that name columns of its dataset.
_OF_DATASET = ("features", "target")


def build_project_schema(known: Known) -> Json:
    """Return the schema as JSON. It accepts everything that `check` accepts in the spec that the names come from.

    A name that was added since is refused until the schema is written again; the message says so.
    """
    schema = deepcopy(build_schema())
    definitions = schema["definitions"]
    for bearer, sections in BEARERS.items():
        names = [name for section in sections for name in known.sections[section]]
        definitions[f"name.{bearer}"] = _name(bearer, dict.fromkeys(names), not known.whole)
    definitions["name.column"] = _columns(known.columns, known.whole)
    definitions["name.feature"] = _columns(known.features, known.whole)
    _write_models(definitions, known)
    _write_contracts(schema, known)
    return schema


def _columns(columns: KnownColumns, whole: bool) -> Json:
    return _name("column", columns.names, columns.open or not whole)


def _name(bearer: str, names: Mapping[str, ColumnType | None], open_: bool) -> Json:
    """Return the schema of one of these names; any text if there are none, or if there can be others."""
    text = {"title": f"{bearer} name", "type": "string"}
    if not names:
        return text
    known: Json = {"enum": list(names)}
    if any(names.values()):
        known["markdownEnumDescriptions"] = [
            str(type_) if type_ and type_.known else "" for type_ in names.values()
        ]
    if open_:
        return {"title": text["title"], "anyOf": [known, {"type": "string"}]}
    told = f"unknown {bearer}; when this schema was written, there were: {listed(names)}"
    return text | known | {"errorMessage": told}


def _write_models(definitions: Json, known: Known) -> None:
    """Make the dataset of a model determine which columns it can name."""
    model = definitions["model"]
    leads = []
    for name, columns in known.datasets.items():
        own = f"#/definitions/name.column.{name}"
        definitions[f"name.column.{name}"] = _columns(columns, known.whole)
        definitions[f"target.{name}"] = _target(_with_names(definitions["target"], own), columns)
        features = _with_names(model["properties"]["features"], own)
        target = model["properties"]["target"] | {"$ref": f"#/definitions/target.{name}"}
        leads.append(
            {
                "if": {"properties": {"dataset": {"const": name}}, "required": ["dataset"]},
                "then": {"properties": {"features": features, "target": target}},
            }
        )
    if leads:
        definitions["name.any"] = {"title": "column name", "type": "string"}
        definitions["target"] = _with_names(definitions["target"], "#/definitions/name.any")
        model["properties"]["features"] = _with_names(
            model["properties"]["features"], "#/definitions/name.any"
        )
        model["allOf"] = leads


def _target(shape: Json, columns: KnownColumns) -> Json:
    """Return the schema of a target whose column's categories can be `positive`."""
    values = {name: _values(type_) for name, type_ in columns.names.items()}
    leads = [
        {
            "if": {"type": "object", "properties": {"column": {"const": name}}, "required": ["column"]},
            "then": {"properties": {"positive": {"enum": known}}},
        }
        for name, known in values.items()
        if known
    ]
    return shape | ({"allOf": leads} if leads else {})


def _values(type_: ColumnType | None) -> list[Any]:
    if type_ is None:
        return []
    return [False, True] if type_.dtype == "bool" else list(type_.categories or ())


def _write_contracts(schema: Json, known: Known) -> None:
    """Add the columns of its files as completions to each contract."""
    definitions, contracts = schema["definitions"], schema["properties"]["contracts"]
    for name, header in known.files.items():
        if name in known.sections["contracts"] and header:
            own = deepcopy(definitions["contract"])
            columns = own["properties"]["columns"]
            # Text first: then completing a name adds its dtype on the same line instead of a map below.
            column = {"type": ["string", "object"], "allOf": [columns["additionalProperties"]]}
            columns["properties"] = {
                key: column | described(f"A column of `{path}`.") for key, path in header.items()
            }
            definitions[f"contract.{name}"] = own
            contracts.setdefault("properties", {})[name] = {"$ref": f"#/definitions/contract.{name}"}


def _with_names(shape: Any, reference: str) -> Any:
    """Return a shape with another definition for names of columns."""
    if isinstance(shape, list):
        return [_with_names(part, reference) for part in shape]
    if not isinstance(shape, dict):
        return shape
    out = {word: _with_names(part, reference) for word, part in shape.items()}
    return out | {"$ref": reference} if out.get("$ref") == "#/definitions/name.column" else out
