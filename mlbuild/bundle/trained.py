"""A trained pipeline from raw columns to scores: it computes natively and writes the same computation to ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlbuild.bundle.inputs import RawInput
from mlbuild.columns import Schema
from mlbuild.expressions.binding import bind
from mlbuild.expressions.typed import Typed
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.value import Value, input_value
from mlbuild.models import LEARNERS
from mlbuild.models.answers.answer import Coding
from mlbuild.models.learner import AnswerClass, Learner
from mlbuild.models.training import Rows
from mlbuild.ops import OPS
from mlbuild.ops.op import State
from mlbuild.ops.stages import Stage, place
from mlbuild.ops.steps import apply_stages, lower_stages
from mlbuild.params import Json, read

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


def stages_of(steps: Sequence[Json], features: Schema) -> tuple[Stage, ...]:
    """Apply the canonical steps of a preprocessing to the features."""
    return place([read(OPS.named(step["op"]), step) for step in steps], features)


def learner_of(learner: Json) -> Learner:
    """Create the learner that canonical JSON describes: `{type, params}`."""
    return read(LEARNERS.named(learner["type"]), learner["params"])


@frozen
class Recipe:
    """The way from raw columns to the matrix, as far as it is known before training.

    Can be converted to and from canonical JSON.

    `derived` are expressions over inputs and earlier derived columns. `features` are the columns that the
    preprocessing starts from. `values` maps each feature to an input or a derived column.
    """

    inputs: tuple[RawInput, ...]
    derived: tuple[tuple[str, Typed], ...]
    features: Schema
    values: Mapping[str, str]
    stages: tuple[Stage, ...]

    @staticmethod
    def from_json(params: Mapping[str, Any]) -> Recipe:
        known = Schema.from_json(params["inputs"])
        tokens = params["null_tokens"]
        inputs = tuple(RawInput(name, type_, tokens.get(name)) for name, type_ in known.items())
        derived = []
        for name, tree in params["derived"]:
            typed = bind(tree, known)
            derived.append((name, typed))
            known = known.plus({name: typed.type})
        features = Schema.from_json(params["features"])
        stages = stages_of(params["steps"], features)
        return Recipe(inputs, tuple(derived), features, params["values"], stages)

    @property
    def matrix(self) -> Schema:
        """The columns that the learner gets."""
        return self.stages[-1].after if self.stages else self.features

    def transform(self, states: Sequence[State], raw: pl.DataFrame) -> pl.DataFrame:
        """Compute the matrix from raw rows, natively."""
        import polars as pl

        made = apply_stages(self.stages, states, self.start(raw).to_dict())
        return pl.DataFrame([*made]).select([*self.matrix])

    def start(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Compute the features that the preprocessing starts from, natively."""
        import polars as pl

        rows = raw
        for name, typed in self.derived:
            rows = rows.with_columns(typed.to_polars().alias(name))
        return rows.select(pl.col(self.values[name]).alias(name) for name in self.features)

    def tolerances(self) -> dict[str, float]:
        """Return the relative tolerance of each feature: the largest of the expressions that it depends on."""
        held = {item.name: 0.0 for item in self.inputs}
        for name, typed in self.derived:
            held[name] = max([typed.tolerance, *(held[used] for used in typed.names)])
        return {name: held[value] for name, value in self.values.items()}


def lower_inputs(recipe: Recipe, graph: Graph) -> dict[str, Value]:
    """Add the inputs of a recipe to the graph."""
    return {
        item.name: input_value(graph, item.name, item.type.dtype, item.null_token) for item in recipe.inputs
    }


def lower_start(recipe: Recipe, graph: Graph, inputs: Mapping[str, Value]) -> dict[str, Value]:
    """Build the features that the preprocessing starts from in the graph.

    It is no method of `Recipe`: tasks that read one would depend on how everything is lowered.
    """
    values = dict(inputs)
    for name, typed in recipe.derived:
        values[name] = typed.lower(graph, values)
    return {name: values[recipe.values[name]] for name in recipe.features}


@frozen
class Trained:
    """A recipe and everything that was learned, with the learner. `coding` is that of the target."""

    recipe: Recipe
    states: tuple[State, ...]
    learner: Learner
    fitted: bytes
    coding: Coding

    @property
    def answer(self) -> AnswerClass:
        return self.learner.answer

    def transform(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Compute the matrix from raw rows, natively."""
        return self.recipe.transform(self.states, raw)

    def score(self, matrix: pl.DataFrame, threads: int) -> np.ndarray[Any, Any]:
        """Compute float64 scores [N, width] from the matrix, natively."""
        return self.learner.predict(self.fitted, Rows(matrix, self.recipe.matrix), threads)

    def answers(self, scores: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        """Compute the outputs of the artifact, by name, from scores, natively."""
        return self.answer.apply(scores, self.coding)

    def lower(self, graph: Graph) -> tuple[dict[str, Value], Tensor]:
        """Build the same computation in the graph. Return the matrix and the scores."""
        features = lower_start(self.recipe, graph, lower_inputs(self.recipe, graph))
        matrix = lower_stages(self.recipe.stages, self.states, graph, features)
        return matrix, self.learner.lower(self.fitted, graph, matrix, self.recipe.matrix)
