"""The schemas of the parameters of a learner, for each place of a model that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlbuild.diagnostics import Path
from mlbuild.frozen import frozen
from mlbuild.kinds import Json, described
from mlbuild.models.learner import Learner
from mlbuild.models.searches.search import DIMENSION, Space
from mlbuild.params import object_schema, params_of
from mlbuild.spec.trials import Matrix


@frozen
class OfLearner:
    """A place of a model that names parameters of its learner, and the schema of what is there."""

    place: Path
    schema: Callable[[type[Learner]], Json]


def _params(cls: type[Learner]) -> Json:
    """Return the schema of the parameters without the discriminator, which is next to them."""
    doc = f"Parameters of {cls.type}, with the names that its library uses. All have defaults."
    shape = object_schema(cls) | described(doc)
    del shape["properties"]["type"]
    shape["required"].remove("type")
    return shape if shape["required"] else {key: part for key, part in shape.items() if key != "required"}


def _matrix(cls: type[Learner]) -> Json:
    """Return the schema of lists of values of the parameters."""
    doc = params_of(Matrix)["params"].doc
    return _each(
        cls, doc, lambda shape: {"type": "array", "items": shape, "minItems": 1, "uniqueItems": True}
    )


def _space(cls: type[Learner]) -> Json:
    """Return the schema of a search space, with a dimension for each parameter."""
    doc = params_of(Space)["params"].doc
    return _each(cls, doc, lambda shape: {"type": "object", "allOf": [DIMENSION.json_schema()]})


def _each(cls: type[Learner], doc: str, make: Callable[[Json], Json]) -> Json:
    """Return the schema of the parameters, none of them required, with another schema for each."""
    whole, told = _params(cls), ("default", "examples", "description", "markdownDescription")
    properties = {}
    for key, shape in whole["properties"].items():
        plain = {word: part for word, part in shape.items() if word not in told}
        properties[key] = make(plain) | described(shape["description"])
    closed = {word: part for word, part in whole.items() if word != "required"}
    return closed | described(doc) | {"properties": properties}


#: The places, by what the names of their definitions start with.
OF_LEARNER: Mapping[str, OfLearner] = {
    "params": OfLearner(("params",), _params),
    "matrix": OfLearner(("matrix", "params"), _matrix),
    "space": OfLearner(("search", "space", "params"), _space),
}
