"""`GET /openapi.json`: what the server answers, made from the contracts of its models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mlbuild import __version__
from mlbuild.kinds import Json
from mlbuild.serving.columns.column import Column
from mlbuild.serving.messages import Request, Response, json_response
from mlbuild.serving.model import Model
from mlbuild.serving.service import Service

_JSON = "application/json"
#: A rule without a meaning in JSON, which has no infinities.
_LEFT_OUT = "finite"
_TEXT: Json = {"type": "string"}
_REFUSED: Json = {"$ref": "#/components/schemas/Refused"}
_REFUSALS = {
    "400": "The request is not one for this model. `row`, `column` and `rule` say which value is wrong.",
    "401": "The token is missing or wrong.",
    "413": "The request is too large.",
    "415": "The request has an unknown content encoding.",
    "503": "The server is busy. Try again after `Retry-After` seconds.",
}


class OpenApi:
    """The description of the services of a server. `token` says whether requests need one."""

    def __init__(self, services: Sequence[Service], *, token: bool) -> None:
        self._services, self._token = services, token

    async def answer(self, request: Request) -> Response:
        """Return the document."""
        return json_response(self.document())

    def document(self) -> Json:
        """Return the document as JSON."""
        paths: Json = dict(_fixed())
        for service in self._services:
            paths |= _paths(service.model)
        told: Json = {
            "openapi": "3.1.0",
            "info": {"title": "mlbuild", "version": __version__},
            "paths": paths,
            "components": {"schemas": {"Refused": _refused()}},
        }
        if self._token:
            told["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            told["security"] = [{"token": []}]
        return told


def _fixed() -> Iterator[tuple[str, Json]]:
    """Yield the paths that every server has."""
    metadata = {
        "type": "object",
        "required": ["name", "version", "extensions"],
        "properties": {"name": _TEXT, "version": _TEXT, "extensions": {"type": "array", "items": _TEXT}},
    }
    yield "/v2", {"get": _operation("What the server is", metadata)}
    state = {"type": "object", "properties": {"live": {"type": "boolean"}, "ready": {"type": "boolean"}}}
    open_ = {"security": list[Json]()}
    yield "/v2/health/live", {"get": _operation("Whether the server runs", state) | open_}
    ready = _operation("Whether the server accepts requests", state) | open_
    ready["responses"]["503"] = {"description": "The server is stopping."} | _content(state)
    yield "/v2/health/ready", {"get": ready}


def _paths(model: Model) -> Json:
    described = f"/v2/models/{model.name}"
    refused = {status: {"description": text} | _content(_REFUSED) for status, text in _REFUSALS.items()}
    predict = _operation(f"Predictions of {model.name} for records", _answer(model))
    predict["requestBody"] = {"required": True, "content": {_JSON: {"schema": _records(model)}}}
    predict["responses"] |= refused
    infer = _operation(f"Outputs of {model.name} for tensors (Open Inference Protocol)", {"type": "object"})
    infer["requestBody"] = {"required": True, "content": {_JSON: {"schema": _tensors(model)}}}
    infer["responses"] |= refused
    named = {"type": "object", "required": ["name"], "properties": {"name": {"const": model.name}}}
    return {
        f"/predict/{model.name}": {"post": predict},
        described: {"get": _operation(f"The inputs and outputs of {model.name}", named)},
        f"{described}/ready": {"get": _operation(f"Whether {model.name} is ready, and its digest", named)},
        f"{described}/infer": {"post": infer},
    }


def _refused() -> Json:
    properties = {"error": _TEXT, "row": {"type": "integer"}, "column": _TEXT, "rule": _TEXT}
    return {"type": "object", "required": ["error"], "properties": properties}


def _operation(summary: str, schema: Json) -> Json:
    return {"summary": summary, "responses": {"200": {"description": "The answer."} | _content(schema)}}


def _content(schema: Json) -> Json:
    return {"content": {_JSON: {"schema": schema}}}


def _records(model: Model) -> Json:
    """Return the schema of the body: a record, a list of records, or an object with this list."""
    one = record_schema(model)
    many = {"type": "array", "items": one}
    wrapped = {
        "type": "object",
        "required": ["rows"],
        "properties": {"rows": many},
        "additionalProperties": False,
    }
    return {"anyOf": [one, many, wrapped]}


def record_schema(model: Model) -> Json:
    """Return the schema of a record for a model, with the rules of its contract."""
    properties = {column.name: _value(column, model.rules[column.name]) for column in model.columns}
    return {
        "type": "object",
        "required": [*properties],
        "properties": properties,
        "additionalProperties": False,
    }


def _value(column: Column, rules: Json) -> Json:
    schema = column.json_schema()
    for rule, keywords in rules.items():
        schema |= {} if rule == _LEFT_OUT else keywords
    if not column.nullable:
        return schema
    schema["type"] = [schema["type"], "null"]
    return schema | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def _answer(model: Model) -> Json:
    outputs = {output.name: output.json_schema() for output in model.outputs}
    row = {"type": "object", "required": [*outputs], "properties": outputs}
    violation = {
        "type": "object",
        "required": ["row", "column", "rule"],
        "properties": {"row": {"type": "integer"}, "column": _TEXT, "rule": _TEXT},
    }
    properties: dict[str, Any] = {
        "model": {"const": model.name},
        "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "rows": {"type": "array", "items": row},
        "violations": {"type": "array", "items": violation},
    }
    return {"type": "object", "required": [*properties], "properties": properties}


def _tensors(model: Model) -> Json:
    """Return the schema of a request of the Open Inference Protocol, as far as a schema can say it."""
    kinds = {"FP64": ["number", "null"], "INT64": ["integer", "null"], "BYTES": ["string", "null"]}
    inputs = [
        {
            "type": "object",
            "required": ["name", "shape", "datatype", "data"],
            "properties": {
                "name": {"const": column.name},
                "shape": {
                    "type": "array",
                    "prefixItems": [{"type": "integer", "minimum": 0}, {"const": 1}],
                    "minItems": 2,
                    "maxItems": 2,
                },
                "datatype": {"const": column.datatype},
                "data": {"type": "array", "items": {"type": kinds[column.datatype]}},
            },
        }
        for column in model.columns
    ]
    return {
        "type": "object",
        "required": ["inputs"],
        "properties": {"id": _TEXT, "inputs": {"type": "array", "items": {"anyOf": inputs}}},
    }
