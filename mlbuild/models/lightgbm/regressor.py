"""The learner `lightgbm.regressor`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlbuild.diagnostics import Problem, data_failure
from mlbuild.frozen import frozen
from mlbuild.models.answers.regression import Regression
from mlbuild.models.lightgbm.base import Lightgbm
from mlbuild.params import Boolean, Choice, Number, field

if TYPE_CHECKING:
    import numpy as np

#: Parameters that only some objectives use.
_READ_BY = {
    "alpha": ("huber", "quantile"),
    "fair_c": ("fair",),
    "poisson_max_delta_step": ("poisson",),
    "tweedie_variance_power": ("tweedie",),
    "reg_sqrt": ("regression",),
}
#: The LightGBM metric that improves exactly when ours does.
_WATCHED = {
    "mean_squared_error": "l2",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "l1",
    "r2": "l2",
}

#: LightGBM stores targets as float32.
_FLOAT32_MAX = 3.4028234e38


@frozen
class LightgbmRegressor(Lightgbm):
    """Gradient boosted decision trees for regression."""

    type = "lightgbm.regressor"
    answer = Regression

    objective: str = field(
        Choice(
            {
                "regression": "squared error",
                "regression_l1": "absolute error",
                "huber": "squared error for small errors, absolute error for large ones",
                "fair": "Fair loss: a smooth alternative to huber",
                "quantile": "pinball loss for the quantile `alpha`",
                "mape": "mean absolute percentage error",
                "poisson": "Poisson deviance, for counts (log link)",
                "gamma": "gamma deviance, for positive amounts (log link)",
                "tweedie": "Tweedie deviance, for amounts with many zeros (log link)",
            }
        ),
        "Loss to minimize.",
        default="regression",
    )
    alpha: float = field(
        Number(above=0),
        "With `huber`: the error at which the loss becomes linear. With `quantile`: the quantile to predict.",
        default=0.9,
    )
    fair_c: float = field(Number(above=0), "With `fair`: scale of the loss.", default=1.0)
    poisson_max_delta_step: float = field(
        Number(above=0), "With `poisson`: added to the hessians for numerical stability.", default=0.7
    )
    tweedie_variance_power: float = field(
        Number(min=1, below=2),
        "With `tweedie`: variance power; close to 1 is Poisson-like, close to 2 gamma-like.",
        default=1.5,
    )
    reg_sqrt: bool = field(
        Boolean(), "With `regression`: fit the square root of the target, keeping its sign.", default=False
    )

    @classmethod
    def watches(cls, classes: int | None) -> Mapping[str, str]:
        return _WATCHED

    def check(self) -> Iterator[Problem]:
        yield from super().check()
        for name, objectives in _READ_BY.items():
            if self.objective not in objectives:
                yield from self.without_effect(f"with 'objective: {self.objective}'", name)
        if self.objective == "quantile" and self.alpha >= 1:
            yield Problem("contradiction", "'alpha' is a quantile here and must be below 1", ("alpha",))

    def check_target(self, target: np.ndarray[Any, Any], classes: int) -> None:
        if self.objective in ("poisson", "tweedie") and (target < 0).any():
            raise data_failure(f"'objective: {self.objective}' needs a target without negative values")
        if self.objective == "gamma" and (target <= 0).any():
            raise data_failure("'objective: gamma' needs a target above 0")
        if self.objective in ("poisson", "tweedie") and not target.any():
            raise data_failure(f"'objective: {self.objective}' needs a target that is not 0 in all rows")
        if abs(target).max() > _FLOAT32_MAX:
            raise data_failure("the target has values beyond 3.4e38, which LightGBM cannot hold")
