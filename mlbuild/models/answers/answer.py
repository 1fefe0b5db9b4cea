"""What an answer is: what it is learned from, what the artifact returns, and how it is compared and measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.kinds import Json
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.params import Described, Name, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Coding:
    """How the values of a target are coded: its dtype, and its classes in the order of their codes.

    Without classes, values stand for themselves.
    """

    dtype: str
    classes: tuple[Any, ...] = ()

    def to_json(self) -> Json:
        return {"dtype": self.dtype, "classes": list(self.classes)}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Coding:
        return Coding(value["dtype"], tuple(value["classes"]))


@dataclass(frozen=True)
class Output:
    """An output of the artifact: its name, the ONNX type of its elements, and its width.

    `dtype` is that of the target, where the output has its values. An output with several `columns` names them, for
    tables; `classes` are what these columns stand for.
    """

    name: str
    element: str
    dtype: str | None = None
    columns: tuple[str, ...] = ()
    classes: tuple[Any, ...] = ()

    @property
    def width(self) -> int:
        return len(self.columns) or 1

    def to_json(self) -> Json:
        """As `contract.json` and the metadata of the artifact describe it."""
        told: Json = {"name": self.name, "type": self.element, "shape": ["N", self.width]}
        told |= {"dtype": self.dtype} if self.dtype else {}
        if self.columns:
            told |= {"classes": list(self.classes), "columns": list(self.columns)}
        return told


@dataclass(frozen=True)
class Answer(Described):
    """One kind of answer, configured: its fields are the keys of a model's `target`.

    A learner computes *scores*, a double [N, width]. `apply` and `lower` make the outputs of the artifact from them,
    natively and in the graph; one of the outputs is the scores themselves. What a learner is trained on, and what
    metrics compare with, is the *coded* target: one array with an entry (or a row of entries) for each row.

    Class methods need no field, so that they also work for a model that is only read back.
    """

    by = "kind"
    kind: ClassVar[str]
    #: The dtypes that a target can have, and what to do with a target of another one.
    dtypes: ClassVar[tuple[str, ...]]
    otherwise: ClassVar[str]
    #: The numbers of classes that metrics tell apart, by what documentation calls such a target (None: not known).
    cases: ClassVar[Mapping[str, int | None]]
    #: The metric that describes best what training minimizes, for drafts.
    loss: ClassVar[str]

    column: str = field(Name("column"), "The column to predict.")

    # Known without data

    @classmethod
    def refusals(cls, target: ColumnType, learner: str) -> Iterator[Problem]:
        """Why a learner that gives this answer cannot learn from a target; paths start with `target`."""
        if target.known and target.dtype not in cls.dtypes:
            message = f"the target is a {target.dtype}, and {learner} predicts {_either(cls.dtypes)}"
            yield Problem("unsupported-target", message, ("target",), help=cls.otherwise)

    @classmethod
    def class_count(cls, target: ColumnType) -> int | None:
        """The number of classes of a target, 0 for an answer without classes; None where only data can tell."""
        return 0

    def columns(self) -> tuple[str, ...]:
        """The columns of the dataset that the coded target is made of."""
        return (self.column,)

    def typed(self, target: ColumnType) -> Self:
        """This answer with the defaults filled in that depend on the type of the target.

        Raises:
            Rejected: a field does not suit the target; paths start with its key.
        """
        return self

    @classmethod
    def default_metrics(cls, classes: int | None) -> tuple[str, ...]:
        """What is measured where a model names no metrics; `classes` is None while it is not known."""
        raise NotImplementedError

    # The target

    def coding(self, target: ColumnType, train: pl.DataFrame) -> Coding:
        """How to code the target; `train` holds the `columns` of the train rows.

        Raises:
            Failed: of kind `data`, where these rows cannot be learned from.
        """
        return Coding(target.dtype)

    def coded(self, rows: pl.DataFrame, coding: Coding, where: str) -> Array:
        """The coded target of rows that hold the `columns`; `where` names the rows in messages.

        Raises:
            Failed: of kind `data`: a value is missing or has no code.
        """
        raise NotImplementedError

    def present(self, rows: pl.DataFrame, where: str) -> None:
        """Refuse rows in which one of the `columns` is missing.

        Raises:
            Failed: of kind `data`.
        """
        for name in self.columns():
            if missing := rows[name].null_count():
                raise data_failure(f"the target '{name}' is missing in {missing} of the {where} rows")

    @classmethod
    def check_train(cls, target: Array, classes: int) -> None:
        """Refuse a coded target of train rows that nothing can be learned from.

        Raises:
            Failed: of kind `data`.
        """

    @classmethod
    def scorable(cls, target: Array, scores: Array) -> bool:
        """Whether metrics mean anything on these rows: there are some, and each has a score."""
        import numpy as np

        return len(target) > 0 and not np.isnan(scores).any()

    @classmethod
    def constants(cls, target: Array, classes: int) -> Array:
        """The scores [C, width] that are worth comparing with: for each metric, the best score that is the same for
        all rows of `target` is among them."""
        raise NotImplementedError

    # The outputs

    @classmethod
    def outputs(cls, coding: Coding) -> tuple[Output, ...]:
        """The outputs of the artifact, in order; their names do not depend on the coding."""
        raise NotImplementedError

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the outputs, which no input can have."""
        return tuple(output.name for output in cls.outputs(Coding(cls.dtypes[0])))

    @classmethod
    def apply(cls, scores: Array, coding: Coding) -> dict[str, Array]:
        """The outputs by name, each [N, width], for the scores of a learner."""
        raise NotImplementedError

    @classmethod
    def lower(cls, graph: Graph, scores: Tensor, coding: Coding) -> dict[str, Tensor]:
        """The same in the graph."""
        raise NotImplementedError


def _either(words: tuple[str, ...]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
