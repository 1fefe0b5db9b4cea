"""The canonical form of a spec: every default written out, profiles merged and includes joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlbuild.kinds import Json, Kind, ListOf, MapOf
from mlbuild.models import LEARNERS
from mlbuild.params import Object, TaggedUnion, params_of
from mlbuild.selection import ColumnSelection
from mlbuild.spec.kinds import STEP, Steps
from mlbuild.spec.language import Model
from mlbuild.spec.root import COMPOSING, Root
from mlbuild.spec.trials import Matrix


def canonical_spec(value: Mapping[str, Any]) -> Json:
    """Return the canonical JSON of the value of a valid spec. Read as a spec, it means the same.

    Keys are in the order of the language, names in the order written, and `x-*` keys come last, unchanged. What has
    no value by default is left out.
    """
    return _fields(Root, {key: part for key, part in value.items() if key not in COMPOSING})


def _canonical(kind: Kind, given: Any) -> Any:
    match kind:
        case Object():
            fields = _fields(kind.cls, given if isinstance(given, Mapping) else {kind.short_key: given})
            return fields | _params(given) if kind.cls is Model else fields
        case TaggedUnion():
            if kind.short and not isinstance(given, Mapping):
                return kind.canonical(kind.read(given))
            return _fields(kind.classes.named(kind.which(given)), given)
        case ListOf():
            return [_canonical(kind.item, item) for item in (given if isinstance(given, list) else [given])]
        case MapOf():
            return {name: _canonical(kind.item, item) for name, item in given.items()}
        case ColumnSelection() if isinstance(given, Mapping):
            own = {key: part for key, part in given.items() if key.startswith("x-")}
            return kind.canonical(kind.read(given)) | own
        case Steps():
            return given if isinstance(given, str) else [_canonical(STEP, item) for item in given]
        case _:
            return kind.canonical(kind.read(given))


def _fields(cls: type, given: Mapping[str, Any]) -> Json:
    mark = getattr(cls, "discriminator", None)
    out: Json = {mark[0]: mark[1]} if mark else {}
    for key, param in params_of(cls).items():
        if key in given:
            out[key] = _canonical(param.kind, given[key])
        elif param.default is not None and key not in COMPOSING:
            out[key] = param.kind.canonical(param.default)
    return out | {key: part for key, part in given.items() if key.startswith("x-")}


def _params(model: Mapping[str, Any]) -> Json:
    """Return the parameters of a model's learner, whose type is next to them."""
    cls = LEARNERS.named(model["type"])
    matrix, search = model.get("matrix", {}), model.get("search", {})
    lists, space = matrix.get("params", {}), search.get("space", {}).get("params", {})
    varied = {"type", *lists, *space}
    params = _fields(cls, model.get("params", {}))
    out: Json = {"params": {key: part for key, part in params.items() if key not in varied}}
    if lists:
        kinds = {key: ListOf(param.kind) for key, param in params_of(cls).items()}
        own = {
            key: _canonical(kinds[key], values) if key in kinds else values for key, values in lists.items()
        }
        out["matrix"] = _fields(Matrix, matrix) | {"params": own}
    return out
