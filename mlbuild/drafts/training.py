"""Chooses how the models of a draft are trained: metrics, early stopping, and parameters for the number of rows.

The numbers are those that predicted held-out rows best, on average over more than a hundred tables of up to 1,000
rows (`tests/bench/draft_tables.csv`).
"""

from __future__ import annotations

from typing import Any

from mlbuild.data.splits.split import TRAIN
from mlbuild.drafts.block import Noted
from mlbuild.drafts.division import Division
from mlbuild.drafts.goal import Goal
from mlbuild.models.answers.regression import Regression

#: The maximum number of trees for all classes together.
_TREES = 600
#: With fewer rows, steps are small, and a linear model is drafted too: it is often better than trees.
_SMALL, _FEW = 2_000, 1_000
#: Fewer rows for each feature are too few for trees, as a rule of thumb; of the rarest class, if there are classes.
_FOR_EACH_FEATURE = 10
#: The regularization of the linear model for each of its columns, which have a standard deviation of 1 or less.
_OF_EACH_COLUMN = 0.5
#: The largest matrix for a linear model, which is not sparse.
_MOST_CELLS = 20_000_000


def training(goal: Goal, division: Division, categories: bool) -> dict[Any, Any]:
    """Return the keys of a model of trees after its target. `categories` is whether some features are categories."""
    told: dict[Any, Any] = {"metrics": goal.answer.default_metrics(goal.classes)}
    if division.has_valid:
        stopping = {"rounds": 20, "metric": goal.answer.loss}
        told["early_stopping"] = Noted(
            stopping, "on the validation rows, which determine the number of trees"
        )
    return told | {"params": _params(goal, division) | (_categories(goal) if categories else {})}


def _params(goal: Goal, division: Division) -> dict[str, Any]:
    """Choose small trees with large leaves and small steps if there are few rows."""
    rows, forests = goal.rows.height, goal.classes if goal.classes > 2 else 1
    small = rows < _SMALL
    rounds = (300 if small else 200) if division.has_valid else 60
    made: dict[str, Any] = {
        "num_iterations": max(10, min(rounds, _TREES // forests)),
        "learning_rate": 0.05 if small else 0.1,
        "num_leaves": max(3, min(31, rows // 20)),
        # Probabilities of classes with few rows would soon be too sure.
        "min_data_in_leaf": max(3, min(20, rows // (10 if goal.classes else 15))),
    }
    return made | ({"lambda_l2": 5.0} if small and goal.classes else {})


def _categories(goal: Goal) -> dict[str, Any]:
    """Let trees split on categories with few rows. LightGBM's defaults are for thousands of rows."""
    rows = goal.rows.height
    if rows >= _SMALL:
        return {}
    smooth = round(max(1.0, min(10.0, rows / 100)), 1)
    return {"min_data_per_group": max(3, min(100, rows // 20)), "cat_smooth": smooth, "cat_l2": smooth}


def is_worth_a_linear_model(goal: Goal, division: Division, width: int) -> bool:
    """Whether a linear model may be better than trees: with few rows, or for numbers of the future.

    Trees never predict more or less than they have seen. `width` is the number of columns for the linear model.
    """
    if goal.rows.height * width > _MOST_CELLS:
        return False
    return goal.rows.height < _FEW or (division.by_time and goal.answer is Regression)


def against_trees(goal: Goal, division: Division, features: int) -> str:
    """Return why a linear model probably predicts better than trees; empty if it probably does not."""
    rows = division.parts[TRAIN]
    if not goal.classes:
        count, what = rows.height, "rows"
    else:
        count, what = min(rows[goal.name].drop_nulls().unique_counts()), "rows of the rarest class"
    if count >= _FOR_EACH_FEATURE * features:
        return ""
    return f"{count} {what} for {features} features are too few for trees"


def linear(goal: Goal, width: int) -> dict[Any, Any]:
    """Return the keys of a linear model of `width` columns, without those that all models have.

    The more columns there are, the less each of them explains, as together they explain no more than there is: so the
    regularization grows with their number.
    """
    strength = max(1.0, round(_OF_EACH_COLUMN * width, 1))
    if goal.answer is Regression:
        return {"type": "sklearn.ridge", "params": {"alpha": strength}}
    return {
        "type": "sklearn.logistic_regression",
        "params": {"C": float(f"{1 / strength:.2g}"), "max_iter": 1000},
    }
