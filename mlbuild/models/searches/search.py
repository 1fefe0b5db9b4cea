"""The base class of searches: which parameters of a learner to try next, given how good the earlier ones were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mlbuild.columns import text_of
from mlbuild.frozen import frozen
from mlbuild.kinds import without_notes
from mlbuild.models.metrics.listed import METRIC_KIND
from mlbuild.models.metrics.metric import Metric
from mlbuild.models.searches.dimensions import DIMENSIONS
from mlbuild.models.searches.dimensions.dimension import Dimension
from mlbuild.params import Choice, Described, Integer, MapOf, Object, TaggedUnion, field

DIMENSION = TaggedUnion("type", DIMENSIONS, "dimension")
#: The most trials of a model. Each is a task of the plan.
MOST = 1000

#: The rows on which trials are compared: never the test rows.
CHOSEN_ON = Choice(
    {"valid": "the validation rows", "folds": "the held-out rows of all folds: needs `cross_validation`"}
)

#: The parameters that a trial sets, by name.
Params = dict[str, Any]


def settings_text(params: Mapping[str, Any]) -> str:
    """Return the parameters of a trial as they are shown."""
    return ", ".join(f"{key}={text_of(value)}" for key, value in params.items())


@frozen
class Space(Described):
    """The values that a search tries."""

    params: Mapping[str, Dimension] = field(
        MapOf(DIMENSION, 1), "Parameters of the learner, each with the values to try."
    )


@frozen
class Tried:
    """An earlier trial: its parameters, and how far its metric is from the best possible value; None if it failed."""

    params: Params
    distance: float | None


@frozen
class Search(Described):
    """A search for the parameters with which a model is best on rows that it was not trained on.

    What is tried in a round depends on the results of all earlier rounds, and on nothing else: neither on the order in which
    trials end, nor on how many run at once.
    """

    by = "type"
    type: ClassVar[str]
    #: The library that it needs, and the extra of mlbuild that installs it.
    library: ClassVar[str | None] = None
    extra: ClassVar[str] = ""

    trials: int = field(Integer(min=1, max=MOST), "Number of settings to try.", examples=(40,))
    together: int = field(
        Integer(min=1, max=MOST),
        "Number of settings in a round. They are chosen at once, and can be trained at the same time.",
        default=4,
    )
    metric: Metric | None = field(
        METRIC_KIND,
        "Metric that is to be best. Default: the first of the model's `metrics`.",
        default=None,
    )
    on: str = field(CHOSEN_ON, "Rows to compute the metric on.", default="valid")
    space: Space = field(
        Object(Space),
        "What to try.",
        examples=({"params": {"num_leaves": {"type": "int", "min": 8, "max": 256, "log": True}}},),
    )

    @property
    def rounds(self) -> int:
        return -(-self.trials // self.together)

    @property
    def dimensions(self) -> Mapping[str, Dimension]:
        """The values to try of each parameter. Keys that start with `x-` are notes."""
        return without_notes(self.space.params)

    def suggest(self, seed: int, number: int, tried: Sequence[Tried]) -> list[Params]:
        """Return what to try in a round: `together` settings, the same ones for the same arguments.

        `number` is that of the round, and `tried` are the trials of all earlier rounds in order.
        """
        raise NotImplementedError
