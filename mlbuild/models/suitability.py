"""Which features and targets a learner can take, known without data; which train rows, known with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected, data_failure
from mlbuild.models.learner import Learner

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

#: By task: the dtypes that a target can have, in words, and what to do with another.
_TARGETS = {
    "classification": (
        ("bool", "int", "string"),
        "bool, int or string",
        "derive a bool, int or string from it, or take a learner for regression",
    ),
    "regression": (
        ("int", "float"),
        "int or float",
        "derive a number from it, or take a learner for classification",
    ),
}


def check_columns(learner: Learner, features: Schema, target: ColumnType) -> None:
    """Refuse columns that `learner` cannot take as features, and a target that is not of its task.

    Raises:
        Rejected: with every problem found; paths start with `features` or `target`.
    """
    problems = list(_feature_problems(learner, features)) + list(_target_problems(learner, target))
    if problems:
        raise Rejected(*problems)


def _feature_problems(learner: Learner, features: Schema) -> Iterator[Problem]:
    if not features:
        yield Problem("unsupported-feature", "no column is left for the learner", ("features",))
    for name, type_ in features.items():
        found = _refusal(learner, type_) if type_.known else None
        if found:
            message, help_ = found
            yield Problem("unsupported-feature", f"column '{name}' {message}", ("features", name), help=help_)


def _refusal(learner: Learner, type_: ColumnType) -> tuple[str, str] | None:
    """Why a learner cannot take a column of this type, and what to do."""
    dtype = type_.dtype
    if dtype == "string":
        ops = (
            "'category', 'ordinal' or 'one_hot'"
            if "category" in learner.accepts
            else "'one_hot' or 'ordinal'"
        )
        return f"is a string, and {learner.type} takes numbers", f"encode it with {ops}"
    if type_.temporal:
        return f"is a {dtype}, and {learner.type} takes numbers", "take it apart with 'date_parts'"
    if dtype in ("category", "vector") and dtype not in learner.accepts:
        return f"is a {dtype}, and {learner.type} takes numbers", "use 'one_hot' or 'ordinal' instead"
    if type_.nullable and "null" not in learner.accepts:
        return f"can be missing, and {learner.type} takes no missing values", "fill it with 'impute'"
    return None


def _target_problems(learner: Learner, target: ColumnType) -> Iterator[Problem]:
    dtypes, words, help_ = _TARGETS[learner.task]
    if target.known and target.dtype not in dtypes:
        message = f"the target is a {target.dtype}, and {learner.type} predicts {words}"
        yield Problem("unsupported-target", message, ("target",), help=help_)
    elif learner.task == "classification" and classes_of(target) == 1:
        message = "the target has one category, and a classifier needs two"
        yield Problem("unsupported-target", message, ("target",))


def classes_of(target: ColumnType) -> int | None:
    """How many classes a target has, where its type says so."""
    if target.dtype == "bool":
        return 2
    return len(target.categories) if target.categories is not None else None


def check_rows(target: Array | None, weight: Array | None, classes: int) -> int:
    """Refuse train rows that nothing can be learned from; returns how many there are.

    Raises:
        Failed: of kind `data`.
    """
    import numpy as np

    if target is None or len(target) == 0:
        raise data_failure("there are no train rows")
    if classes:
        _check_classes(target, classes)
    elif not np.isfinite(target).all():
        bad = int((~np.isfinite(target)).sum())
        raise data_failure(f"the target is missing or infinite in {bad} of {len(target)} train rows")
    if weight is not None and not (np.isfinite(weight).all() and weight.min() >= 0 and weight.max() > 0):
        raise data_failure("a weight of a train row is missing, negative or infinite, or all weights are 0")
    return len(target)


def _check_classes(target: Array, classes: int) -> None:
    import numpy as np

    counts = np.bincount(target, minlength=classes)
    if classes < 2 or (counts > 0).sum() < 2:
        raise data_failure(f"all {len(target)} train rows are of one class, and a classifier needs two")
    absent = np.flatnonzero(counts == 0).tolist()
    if absent:
        held = classes - len(absent)
        raise data_failure(
            f"the train rows hold {held} of the {classes} classes of the target", absent=absent
        )
