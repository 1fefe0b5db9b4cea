"""What every learner is: a frozen class whose fields are its parameters, that fits, predicts and lowers itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.trees import Trees
from mlbuild.lowering.value import Value
from mlbuild.models.answers.answer import Answer, Coding
from mlbuild.models.training import Rows, Training
from mlbuild.params import Described, Json

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: Of more coefficients, those at regular distances have rows of their own; every row has them all.
_MOST_COEFFICIENTS = 512

#: `type` names the learner within its class.
AnswerClass = type[Answer]


@dataclass(frozen=True)
class Probe:
    """Rows that ask a fitted learner what it can be wrong in: float64 [N, width], missing NaN.

    They ask `asked` of its `places`: splits that a row can reach, or coefficients.
    """

    rows: Array
    asked: int
    places: int


@dataclass(frozen=True)
class Learner(Described):
    """One configured learner. A fitted one is bytes, equal for equal inputs whatever the number of threads."""

    by = "type"
    type: ClassVar[str]
    #: What it predicts, and so which targets it takes and what the artifact returns.
    answer: ClassVar[AnswerClass]
    #: What the features may hold beyond bool, int and float without missing values: `null`, `category`, `vector`.
    accepts: ClassVar[frozenset[str]] = frozenset()
    #: Distributions whose version decides what is learned.
    libraries: ClassVar[tuple[str, ...]] = ()
    #: Other libraries' words for its parameters, for a hint; parameters of its library that it refuses, and why.
    aliases: ClassVar[Mapping[str, str]] = {}
    refused: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def load(cls) -> None:
        """Import what training and prediction import, and compute nothing: processes that do so can still be forked."""

    @property
    def iterative(self) -> bool:
        """Whether training goes in rounds that early stopping can end."""
        return False

    @classmethod
    def watches(cls, classes: int | None) -> Mapping[str, str]:
        """The metrics that early stopping can watch with this many classes (None: not known), by mlbuild's name;
        each with the library's."""
        return {}

    def infer(self, features: Schema, target: ColumnType) -> None:
        """Check, without data, that these features and this target can be learned and exported exactly.

        Raises:
            Rejected: paths start with `features` (a name follows), `target` or `params` (a parameter follows).
        """
        raise NotImplementedError

    def binning(self) -> Json | None:
        """The parameters that decide the binned dataset, or None where the learner trains on the matrix itself."""
        return None

    def bin(self, rows: Rows, seed: int, threads: int, target: Path) -> None:
        """Write the binned features of the train rows to the file `target`; neither target nor weight is read."""
        raise NotImplementedError

    def fit(self, training: Training) -> bytes:
        """Learn.

        Raises:
            Failed: of kind `data`, where these rows cannot be learned from.
        """
        raise NotImplementedError

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        """The scores of rows, float64 [N, width], as the learner's answer takes them."""
        raise NotImplementedError

    def lower(self, fitted: bytes, graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
        """The same scores as a double tensor of the graph, [N, width]."""
        raise NotImplementedError

    def trees(self, fitted: bytes) -> Trees | None:
        """The trees that a written model has to hold; None for a learner without trees."""
        return None

    def probe(self, fitted: bytes, schema: Schema, width: int) -> Probe:
        """Rows of the expanded matrix, `width` columns, that show a wrong constant of the fitted learner.

        Vectors take several columns. The same rows for the same bytes.
        """
        import numpy as np

        one = np.eye(width)[:: -(-width // _MOST_COEFFICIENTS)]
        chance = np.random.default_rng(0).standard_normal((64, width))
        rows = np.concatenate([np.zeros((1, width)), one, -one, 1e3 * one, chance])
        return Probe(rows, len(one), width)

    def describe(self, fitted: bytes, columns: Sequence[str], coding: Coding) -> Json:
        """What a person asks of a fitted learner: number of trees, best iteration, coefficients. Small JSON.

        `columns` are the names of the numbers of a row, in the order of the expanded matrix.
        """
        return {}
