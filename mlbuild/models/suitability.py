"""Checks which features and targets a learner accepts, without data, and which training rows, with data."""

from __future__ import annotations

from collections.abc import Iterator

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected, data_failure
from mlbuild.models.learner import AnswerClass, Learner
from mlbuild.models.training import Training


def check_columns(learner: Learner, features: Schema, target: ColumnType) -> None:
    """Refuse columns that `learner` does not accept as features, and a target that does not match its answer.

    Raises:
        Rejected: With every problem found. Paths start with `features` or `target`.
    """
    problems = [*_feature_problems(learner, features), *learner.answer.refusals(target, learner.type)]
    if problems:
        raise Rejected(*problems)


def _feature_problems(learner: Learner, features: Schema) -> Iterator[Problem]:
    if not features:
        yield Problem("unsupported-feature", "there are no features for the learner", ("features",))
    for name, type_ in features.items():
        found = _refusal(learner, type_) if type_.known else None
        if found:
            message, help_ = found
            yield Problem("unsupported-feature", f"column '{name}' {message}", ("features", name), help=help_)


def _refusal(learner: Learner, type_: ColumnType) -> tuple[str, str] | None:
    """Return why a learner does not accept a column of this type, and what to do. None if it does."""
    dtype = type_.dtype
    if dtype == "string":
        ops = (
            "'category', 'ordinal' or 'one_hot'"
            if "category" in learner.accepts
            else "'one_hot' or 'ordinal'"
        )
        return f"is a string, but {learner.type} needs numbers", f"encode it with {ops}"
    if type_.temporal:
        return f"is a {dtype}, but {learner.type} needs numbers", "extract numbers from it with 'date_parts'"
    if dtype in ("category", "vector") and dtype not in learner.accepts:
        return f"is a {dtype}, but {learner.type} needs numbers", "use 'one_hot' or 'ordinal' instead"
    if type_.nullable and "null" not in learner.accepts:
        return (
            f"can have missing values, but {learner.type} does not support missing values",
            "fill missing values with 'impute'",
        )
    return None


def check_rows(answer: AnswerClass, training: Training) -> int:
    """Refuse training rows if nothing can be learned from them. Return their number.

    Raises:
        Failed: Of kind `data`.
    """
    import numpy as np

    target, weight = training.target, training.weight
    if len(target) == 0:
        raise data_failure("there are no training rows")
    answer.check_train(target, training.classes)
    if weight is not None and not (np.isfinite(weight).all() and weight.min() >= 0 and weight.max() > 0):
        raise data_failure(
            "the weights of training rows must be finite and not negative, and some must be above 0"
        )
    return len(target)
