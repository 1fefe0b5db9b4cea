"""The base class of answers: how a target is learned, and how the outputs of the artifact are computed and
measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from mlbuild.columns import ColumnType, text_of
from mlbuild.diagnostics import Problem, data_failure
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.params import Described, Name, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


@frozen
class Coding:
    """How the values of a target are coded: its dtype, and its classes in the order of their codes.

    Without classes, the values are used directly. With a `threshold`, the second of two classes is predicted where its
    score is at least that.
    """

    dtype: str
    classes: tuple[Any, ...] = ()
    threshold: float | None = None

    def to_json(self) -> Json:
        found: Json = {"dtype": self.dtype, "classes": list(self.classes)}
        return found if self.threshold is None else found | {"threshold": self.threshold}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Coding:
        return Coding(value["dtype"], tuple(value["classes"]), value.get("threshold"))


@frozen
class ModelOutput:
    """An output of the artifact: its name, the ONNX type of its elements, and its width.

    `dtype` is that of the target, if the output contains values of the target. `columns` names the columns of a
    wide output, for use in tables, and `classes` are the classes that these columns stand for. `threshold` is that of the
    coding, if the output depends on it.
    """

    name: str
    element: str
    dtype: str | None = None
    columns: tuple[str, ...] = ()
    classes: tuple[Any, ...] = ()
    threshold: float | None = None

    @property
    def width(self) -> int:
        return len(self.columns) or 1

    def to_json(self) -> Json:
        """Return the description that `contract.json` and the metadata of the artifact contain."""
        told: Json = {"name": self.name, "type": self.element, "shape": ["N", self.width]}
        told |= {"dtype": self.dtype} if self.dtype else {}
        told |= {"threshold": self.threshold} if self.threshold is not None else {}
        if self.columns:
            told |= {"classes": list(self.classes), "columns": list(self.columns)}
        return told


@frozen
class Answer(Described):
    """One configured kind of answer. Its fields are the keys of a model's `target`.

    A learner computes *scores*, a double array [N, width]. `apply` and `lower` compute the outputs of the artifact
    from them, natively and in the graph; one of the outputs is the scores themselves. Learners are trained on the
    *coded* target, and metrics compare with it: an array with one entry (or one row of entries) per row. Without
    classes, the first entries of a row are its perfect scores; others can be groups of rows.

    Class methods do not use fields, so they also work for a model that was read back from a file.
    """

    by = "kind"
    kind: ClassVar[str]
    #: The dtypes that a target can have, and the help text for other dtypes.
    dtypes: ClassVar[tuple[str, ...]]
    otherwise: ClassVar[str]
    #: The numbers of classes that metrics distinguish, by a description of such a target (None: not known).
    cases: ClassVar[Mapping[str, int | None]]
    #: The metric that is closest to what training minimizes, for drafts.
    loss: ClassVar[str]
    #: Whether a threshold can decide between two classes.
    decides: ClassVar[bool] = False
    #: Whether the last score of a row orders rows, as the first entry of the coded target does.
    orders: ClassVar[bool] = False

    column: str = field(Name("column"), "Column to predict.")

    # Known without data

    @classmethod
    def refusals(cls, target: ColumnType, learner: str) -> Iterator[Problem]:
        """Return the reasons why a learner with this answer cannot learn a target. Paths start with `target`."""
        if target.known and target.dtype not in cls.dtypes:
            message = f"the target is a {target.dtype}, but {learner} predicts {_either(cls.dtypes)}"
            yield Problem("unsupported-target", message, ("target",), help=cls.otherwise)

    @classmethod
    def class_count(cls, target: ColumnType) -> int | None:
        """Return the number of classes of a target. 0 for an answer without classes; None if it depends on the
        data.
        """
        return 0

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the dataset that the coded target is computed from."""
        return (self.column,)

    def typed(self, target: ColumnType) -> Self:
        """Return this answer with the defaults filled in that depend on the type of the target.

        Raises:
            Rejected: A field does not match the target. Paths start with its key.
        """
        return self

    @classmethod
    def default_metrics(cls, classes: int | None) -> tuple[str, ...]:
        """Return the metrics of a model that does not name any; `classes` is None while their number is not known."""
        raise NotImplementedError

    # The target

    def coding(self, target: ColumnType, train: pl.DataFrame) -> Coding:
        """Find the coding of the target; `train` contains the `columns` of the training rows.

        Raises:
            Failed: Of kind `data`: nothing can be learned from these rows.
        """
        return Coding(target.dtype)

    def coded(self, rows: pl.DataFrame, coding: Coding, where: str) -> Array:
        """Return the coded target of rows that contain the `columns`; `where` names the rows in messages.

        Raises:
            Failed: Of kind `data`: a value is missing or has no code.
        """
        raise NotImplementedError

    def present(self, rows: pl.DataFrame, where: str) -> None:
        """Refuse rows with a missing value in one of the `columns`.

        Raises:
            Failed: Of kind `data`.
        """
        for name in self.columns():
            if missing := rows[name].null_count():
                raise data_failure(f"the target '{name}' is missing in {missing} of the {where} rows")

    @classmethod
    def check_train(cls, target: Array, classes: int) -> None:
        """Refuse a coded target of training rows if nothing can be learned from it.

        Raises:
            Failed: Of kind `data`.
        """

    @classmethod
    def scorable(cls, target: Array, scores: Array) -> bool:
        """Whether metrics are meaningful on these rows: there are rows, and each has a score."""
        import numpy as np

        return len(target) > 0 and not np.isnan(scores).any()

    @classmethod
    def constants(cls, target: Array, classes: int) -> Array:
        """Return constant scores [C, width] to compare a model with.

        For each metric, the best scores that are the same for all rows of `target` are among them.
        """
        raise NotImplementedError

    # The outputs

    @classmethod
    def outputs(cls, coding: Coding) -> tuple[ModelOutput, ...]:
        """Return the outputs of the artifact, in order. Their names do not depend on the coding."""
        raise NotImplementedError

    @classmethod
    def score_names(cls, coding: Coding) -> tuple[str, ...]:
        """Return what each column of the scores is for: a class or, without classes, an output or one of its columns."""
        outputs = (output.columns or (output.name,) for output in cls.outputs(coding))
        return tuple(map(text_of, coding.classes)) or tuple(name for names in outputs for name in names)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the outputs, which no input can have."""
        return tuple(output.name for output in cls.outputs(Coding(cls.dtypes[0])))

    @classmethod
    def apply(cls, scores: Array, coding: Coding) -> dict[str, Array]:
        """Return the outputs by name, each [N, width], for the scores of a learner."""
        raise NotImplementedError

    @classmethod
    def lower(cls, graph: Graph, scores: Tensor, coding: Coding) -> dict[str, Tensor]:
        """Return the same outputs in the graph."""
        raise NotImplementedError


def _either(words: tuple[str, ...]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
