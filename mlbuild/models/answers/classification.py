"""The answer `classification`: a class, and the probability of each class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mlbuild.columns import ColumnType, text_of
from mlbuild.data.faults import first
from mlbuild.diagnostics import Problem, Rejected, data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.answers.answer import Answer, Coding, ModelOutput
from mlbuild.params import Scalar, field

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

#: For each dtype that classes can have: the word for a value, and how it is written.
_VALUES = {
    "bool": ("a bool", "write true or false"),
    "int": ("an int", "write an integer"),
    "string": ("a string", "put it in quotes"),
}
#: The type of the label in the graph.
_ELEMENTS = {"bool": "bool", "int": "int64", "string": "string"}


@frozen
class Classification(Answer):
    """Predict one of several classes. The coded target is int64 [N]: the index of the class of each row.

    Scores are probabilities [N, classes]. With two classes, the positive one comes second.
    """

    kind = "classification"
    dtypes: ClassVar[tuple[str, ...]] = ("bool", "int", "string")
    otherwise = "derive a bool, int or string from it, or use a learner for regression"
    cases: ClassVar[Mapping[str, int | None]] = {
        "two classes": 2,
        "several classes": 3,
        "an unknown number of classes": None,
    }
    loss = "log_loss"
    decides = True
    orders = True

    positive: Any = field(
        Scalar(),
        "For two classes: value of the positive class, whose probability comes second.",
        default=None,
    )

    @classmethod
    def refusals(cls, target: ColumnType, learner: str) -> Iterator[Problem]:
        found = [*super().refusals(target, learner)]
        yield from found
        if not found and cls.class_count(target) == 1:
            message = "the target has only one category, but a classifier needs two"
            yield Problem("unsupported-target", message, ("target",))

    @classmethod
    def class_count(cls, target: ColumnType) -> int | None:
        if target.dtype == "bool":
            return 2
        return len(target.categories) if target.categories is not None else None

    def typed(self, target: ColumnType) -> Classification:
        if self.positive is None:
            return replace(self, positive=True) if target.dtype == "bool" else self
        count = self.class_count(target)
        if count is not None and count > 2:
            raise _rejected("no-effect", f"'positive' has no effect on {count} classes", on="key")
        if not is_a(self.positive, target.dtype):
            what, help_ = _VALUES[target.dtype]
            raise _rejected("wrong-value", f"'positive' must be {what}, like the target", help_)
        if target.categories is not None and self.positive not in target.categories:
            help_ = f"categories: {', '.join(map(str, target.categories))}"
            raise _rejected(
                "wrong-value", f"'positive' is not one of the categories of '{self.column}'", help_
            )
        return replace(self, positive=int(self.positive)) if target.dtype == "int" else self

    @classmethod
    def default_metrics(cls, classes: int | None) -> tuple[str, ...]:
        if classes is None:
            return ("log_loss", "accuracy")
        return ("roc_auc", "log_loss", "accuracy") if classes == 2 else ("log_loss", "accuracy", "f1_macro")

    def coding(self, target: ColumnType, train: pl.DataFrame) -> Coding:
        """Return the classes of the contract, or else the sorted values of the training rows.

        Of two, the positive one is last.
        """
        column = train[self.column]
        seen = set(column.drop_nulls().unique().to_list())
        classes = list(target.categories) if target.categories is not None else sorted(seen)
        lacking = [value for value in classes if value not in seen]
        if lacking:
            which = "1 class" if len(lacking) == 1 else f"{len(lacking)} classes"
            raise self._failure(f"there are no training rows for {which} of '{self.column}'", lacking)
        if len(classes) < 2:
            held = f"{len(classes)} class{'' if len(classes) == 1 else 'es'}"
            raise self._failure(
                f"the training rows have only {held} of '{self.column}', but a classifier needs at least 2"
            )
        if self.positive is not None:
            if len(classes) != 2:
                message = f"'positive' is only for two classes, but '{self.column}' has {len(classes)}"
                raise self._failure(message)
            if self.positive not in classes:
                raise self._failure(f"the positive class {self.positive!r} is not a value of '{self.column}'")
            classes = [value for value in classes if value != self.positive] + [self.positive]
        return Coding(target.dtype, tuple(classes))

    def coded(self, rows: pl.DataFrame, coding: Coding, where: str) -> Array:
        import numpy as np
        import polars as pl

        self.present(rows, where)
        column = rows[self.column]
        order = {value: index for index, value in enumerate(coding.classes)}
        strange = sorted(value for value in column.unique().to_list() if value not in order)
        if strange:
            which = "1 class" if len(strange) == 1 else f"{len(strange)} classes"
            message = (
                f"the {where} rows have {which} of '{self.column}' that do not occur in the training rows"
            )
            raise self._failure(message, strange)
        codes = column.replace_strict(list(order), list(order.values()), return_dtype=pl.Int64)
        return codes.to_numpy().astype(np.int64)

    def _failure(self, message: str, values: Sequence[Any] = ()) -> Exception:
        return data_failure(message, column=self.column, values=first(values))

    @classmethod
    def check_train(cls, target: Array, classes: int) -> None:
        import numpy as np

        counts = np.bincount(target, minlength=classes)
        if classes < 2 or (counts > 0).sum() < 2:
            raise data_failure(
                f"all {len(target)} training rows have the same class, but a classifier needs two"
            )
        absent = np.flatnonzero(counts == 0).tolist()
        if absent:
            held = classes - len(absent)
            message = f"the training rows have {held} of the {classes} classes of the target"
            raise data_failure(message, absent=absent)

    @classmethod
    def constants(cls, target: Array, classes: int) -> Array:
        """Return the frequencies of the classes and, for two classes, probability 1 for each, which can be best for
        F1.
        """
        import numpy as np

        shares = np.bincount(target, minlength=classes)[None, :] / len(target)
        return np.concatenate([shares, np.eye(2)]) if classes == 2 else shares

    @classmethod
    def outputs(cls, coding: Coding) -> tuple[ModelOutput, ...]:
        columns = tuple(f"probability_{text_of(value)}" for value in coding.classes)
        return (
            ModelOutput("label", _ELEMENTS[coding.dtype], coding.dtype, threshold=coding.threshold),
            ModelOutput("probabilities", "double", None, columns, coding.classes),
        )

    @classmethod
    def apply(cls, scores: Array, coding: Coding) -> dict[str, Array]:
        import numpy as np

        known = np.where(np.isnan(scores), -np.inf, scores)  # NaN never wins
        best = decide(known, coding.threshold)
        label = np.array(coding.classes, dtype=object)[best].reshape(-1, 1)
        return {"label": label, "probabilities": scores}

    @classmethod
    def lower(cls, graph: Graph, scores: Tensor, coding: Coding) -> dict[str, Tensor]:
        if coding.threshold is None:
            lowest = graph.constant(float("-inf"))
            known = graph.call("Where", graph.call("IsNaN", scores), lowest, scores)
            best = graph.call("ArgMax", known, element="int64", axis=1, keepdims=1)
        else:
            positive = graph.call("Gather", scores, graph.constant([1], "int64"), element="double", axis=1)
            reached = graph.call("GreaterOrEqual", positive, graph.constant(coding.threshold))
            best = graph.call("Cast", reached, element="int64", to=7)
        element = _ELEMENTS[coding.dtype]
        classes = graph.constant(list(coding.classes), element)
        label = graph.call("Gather", classes, best, element=element, axis=0)
        return {"label": label, "probabilities": scores}


def decide(scores: Array, threshold: float | None = None) -> Array:
    """Return the index of the predicted class of each row, int64 [N]: the best one, and the first of equal ones.

    With a threshold, it is the second of two classes where its score is at least that. No score is NaN.
    """
    if threshold is None and scores.shape[1] != 2:
        best: Array = scores.argmax(axis=1)
        return best
    # Comparing two columns takes a fifth of the time of `argmax`.
    second = scores[:, 1] > scores[:, 0] if threshold is None else scores[:, 1] >= threshold
    return second.astype("int64")


def _rejected(
    code: str, message: str, help_: str | None = None, on: Literal["key", "value"] = "value"
) -> Rejected:
    return Rejected(Problem(code, message, ("positive",), help_, on))


def is_a(value: Any, dtype: str) -> bool:
    """Whether a value of the spec can be a class of a target with this dtype."""
    if isinstance(value, (bool, str)):
        return dtype == ("bool" if isinstance(value, bool) else "string")
    return dtype == "int" and value == value // 1
