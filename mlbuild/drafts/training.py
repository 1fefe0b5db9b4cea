"""Chooses how the model of a draft is trained: metrics, early stopping, and parameters for the number of rows."""

from __future__ import annotations

from typing import Any

from mlbuild.drafts.block import Noted
from mlbuild.drafts.division import Division
from mlbuild.drafts.goal import Goal

#: The maximum number of trees for all classes together.
_TREES = 600


def training(goal: Goal, division: Division) -> dict[Any, Any]:
    """Return the keys of the model after its target."""
    told: dict[Any, Any] = {"metrics": goal.answer.default_metrics(goal.classes)}
    if division.has_valid:
        stopping = {"rounds": 20, "metric": goal.answer.loss}
        told["early_stopping"] = Noted(stopping, "on the valid rows, which determine the number of trees")
    return told | {"params": _params(goal, division)}


def _params(goal: Goal, division: Division) -> dict[str, Any]:
    """Choose small trees with small leaves if there are few rows."""
    rows, forests = goal.rows.height, goal.classes if goal.classes > 2 else 1
    rounds = 200 if division.has_valid else 50
    return {
        "num_iterations": max(10, min(rounds, _TREES // forests)),
        "learning_rate": 0.1,
        "num_leaves": max(3, min(31, rows // 20)),
        "min_data_in_leaf": max(1, min(20, rows // 50)),
    }
