"""The base class of learners: a frozen class whose fields are its parameters, with `fit`, `predict` and `lower`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.trees import Trees
from mlbuild.lowering.value import Value
from mlbuild.models.answers.answer import Answer, Coding
from mlbuild.models.contributions import Contributions
from mlbuild.models.training import Rows, Training
from mlbuild.params import Described, Json

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: If there are more coefficients, only those at regular intervals have rows of their own. Every row tests all of
#: them.
_MOST_COEFFICIENTS = 512

#: `type` means something else inside `Learner`.
AnswerClass = type[Answer]


@frozen
class Probe:
    """Rows that test a fitted learner where it could be wrong: float64 [N, width], with NaN for missing values.

    They test `asked` of its `places`: splits that a row can reach, or coefficients.
    """

    rows: Array
    asked: int
    places: int


@frozen
class Learner(Described):
    """One configured learner.

    The fitted learner is bytes, which are the same for the same inputs and any number of threads.
    """

    by = "type"
    type: ClassVar[str]
    #: What the learner predicts. This determines the allowed targets and the outputs of the artifact.
    answer: ClassVar[AnswerClass]
    #: What features may contain besides bool, int and float without missing values: `null`, `category`, `vector`.
    accepts: ClassVar[frozenset[str]] = frozenset()
    #: Whether its scores are functions of sums, to which each feature contributes.
    explains: ClassVar[bool] = False
    #: The distributions whose versions can change what is learned.
    libraries: ClassVar[tuple[str, ...]] = ()
    #: Names that other libraries use for the parameters, for hints; and refused parameters of the library, with
    #: reasons.
    aliases: ClassVar[Mapping[str, str]] = {}
    refused: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def load(cls) -> None:
        """Import what training and prediction need, without computing anything: the process must still be able to
        fork.
        """

    @property
    def iterative(self) -> bool:
        """Whether the learner trains in rounds that early stopping can end."""
        return False

    @classmethod
    def watches(cls, classes: int | None) -> Mapping[str, str]:
        """Return the metrics that early stopping can watch, as a map from mlbuild's names to those of the library.

        `classes` is the number of classes (None: not known).
        """
        return {}

    def infer(self, features: Schema, target: ColumnType) -> None:
        """Check, without data, that the learner can learn from these features and this target and be exported
        exactly.

        Raises:
            Rejected: Paths start with `features` (followed by a name), `target` or `params` (followed by a
            parameter).
        """
        raise NotImplementedError

    def binning(self) -> Json | None:
        """Return the parameters that determine the binned dataset, or None if the learner trains on the matrix
        itself.
        """
        return None

    def bin(self, rows: Rows, seed: int, threads: int, target: Path) -> None:
        """Write the binned features of the training rows to the file `target`.

        The target and the weights are not used.
        """
        raise NotImplementedError

    def fit(self, training: Training) -> bytes:
        """Fit the learner.

        Raises:
            Failed: Of kind `data`: nothing can be learned from these rows.
        """
        raise NotImplementedError

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        """Return the scores of rows, float64 [N, width], as the learner's answer expects them."""
        raise NotImplementedError

    def lower(self, fitted: bytes, graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
        """Return the same scores as a double tensor [N, width] of the graph."""
        raise NotImplementedError

    def gain(self, fitted: bytes) -> Array | None:
        """Return how much each number of the expanded matrix reduced the loss in training, [width]; None for a learner
        without splits.

        It is biased towards columns with many different values, which give more splits to choose from.
        """
        return None

    def contributions(self, fitted: bytes, rows: Rows) -> Contributions:
        """Return how much each number of the expanded matrix contributes to the sums behind the scores of rows, for a
        learner that `explains` them.
        """
        raise NotImplementedError

    def link(self, fitted: bytes, sums: Array) -> Array:
        """Convert sums, [N, sums], to scores, [N, width], for a learner that `explains` them."""
        raise NotImplementedError

    def trees(self, fitted: bytes) -> Trees | None:
        """Return the trees that a written model must contain; None for a learner without trees."""
        return None

    def probe(self, fitted: bytes, schema: Schema, width: int) -> Probe:
        """Return rows of the expanded matrix, with `width` columns, that reveal a wrong constant of the fitted
        learner.

        A vector takes several columns. The same bytes give the same rows.
        """
        import numpy as np

        one = np.eye(width)[:: -(-width // _MOST_COEFFICIENTS)]
        chance = np.random.default_rng(0).standard_normal((64, width))
        rows = np.concatenate([np.zeros((1, width)), one, -one, 1e3 * one, chance])
        return Probe(rows, len(one), width)

    def describe(self, fitted: bytes, columns: Sequence[str], coding: Coding) -> Json:
        """Describe the fitted learner in a few readable values, as JSON: number of trees, best iteration,
        coefficients.

        `columns` are the names of the numbers of a row, in the order of the expanded matrix.
        """
        return {}
