"""The keys of a model with which it is trained with several settings, and the best one is chosen."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.kinds import without_notes
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.searches.search import CHOSEN_ON, MOST
from mlbuild.params import INT32, Described, Integer, Json, Kind, ListOf, MapOf, field

#: Between the name of a model and the settings of one item of its matrix.
MARK = "@"


def family(model: str) -> str:
    """Return the name under which a model, or one item of a matrix, is defined in the spec."""
    return model.partition(MARK)[0]


def items_of(model: str, models: Iterable[str]) -> list[str]:
    """Return which of the models are items of the matrix of a model."""
    return [one for one in models if family(one) == model != one]


def without_trials(models: Collection[str]) -> list[str]:
    """Return the models without the items of a matrix that one of the models is chosen from."""
    return [one for one in models if family(one) == one or family(one) not in models]


@frozen
class AnyValue(Kind):
    """A value of a parameter. The learner determines which ones are valid."""

    def json_schema(self) -> Json:
        return {}

    def phrase(self) -> str:
        return "a value of the parameter"


@frozen
class Matrix(Described):
    """Values to train a model with: each combination of them is a model of its own, such as `trees@num_leaves=7,seed=1`."""

    params: Mapping[str, tuple[Any, ...]] | None = field(
        MapOf(ListOf(AnyValue(), min_items=1, unique=True), 1),
        "Parameters of the learner, each with a list of values.",
        default=None,
    )
    seed: tuple[int, ...] | None = field(
        ListOf(Integer(min=0, max=INT32), min_items=1, unique=True),
        "Random seeds. How much the metrics differ between them shows how much they depend on chance in training.",
        default=None,
        examples=([0, 1, 2],),
    )

    @property
    def lists(self) -> Mapping[str, tuple[Any, ...]]:
        """The values of each parameter. Keys that start with `x-` are notes."""
        return without_notes(self.params or {})

    @property
    def seeds(self) -> tuple[int, ...]:
        return self.seed or ()

    def check(self) -> Iterator[Problem]:
        if not self.params and not self.seed:
            yield Problem("empty", "'matrix' needs 'params' or 'seed'", on="key")
        count = math.prod([len(values) for values in self.lists.values()]) * max(len(self.seeds), 1)
        if count > MOST:
            message = f"'matrix' has {count:,} combinations, but at most {MOST:,} are allowed"
            yield Problem("out-of-range", message, on="key")


@frozen
class Choose(Described):
    """How to choose one item of the matrix: by a metric on rows that no model was trained on, and never on the test rows."""

    metric: Metric | None = field(
        METRIC_KIND,
        "Metric that is to be best. Default: the first of the model's `metrics`. With several seeds, it is the mean over them.",
        default=None,
    )
    on: str = field(CHOSEN_ON, "Rows to compute the metric on.", default="valid")
