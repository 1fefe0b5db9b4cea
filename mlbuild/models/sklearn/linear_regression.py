"""The learner `sklearn.linear_regression`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mlbuild.models.learner import Learner, Task
from mlbuild.params import Boolean, field


@dataclass(frozen=True)
class LinearRegression(Learner):
    """Ordinary least squares."""

    type: ClassVar[str] = "sklearn.linear_regression"
    discriminator = ("type", type)
    task: ClassVar[Task] = "regression"
    accepts: ClassVar[frozenset[str]] = frozenset({"vector"})
    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn", "scipy", "numpy")

    fit_intercept: bool = field(Boolean(), "Add a constant.", default=True)
    positive: bool = field(Boolean(), "Keep all coefficients at or above zero.", default=False)
