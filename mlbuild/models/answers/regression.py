"""The answer `regression`: a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.diagnostics import data_failure
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.models.answers.answer import Answer, Coding, ModelOutput

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


@frozen
class Regression(Answer):
    """Predict a number. The coded target is float64 [N], scores are [N, 1]."""

    kind = "regression"
    dtypes: ClassVar[tuple[str, ...]] = ("int", "float")
    otherwise = "derive a number from it, or use a learner for classification"
    cases: ClassVar[Mapping[str, int | None]] = {"regression": 0}
    loss = "root_mean_squared_error"
    orders = True

    @classmethod
    def default_metrics(cls, classes: int | None) -> tuple[str, ...]:
        return ("root_mean_squared_error", "mean_absolute_error", "r2")

    def coded(self, rows: pl.DataFrame, coding: Coding, where: str) -> Array:
        import polars as pl

        self.present(rows, where)
        return rows[self.column].cast(pl.Float64).to_numpy()

    @classmethod
    def check_train(cls, target: Array, classes: int) -> None:
        import numpy as np

        if not np.isfinite(target).all():
            bad = int((~np.isfinite(target)).sum())
            raise data_failure(f"the target is missing or infinite in {bad} of {len(target)} training rows")

    @classmethod
    def constants(cls, target: Array, classes: int) -> Array:
        """Return the best constant for each metric.

        These are the mean (squared errors), the median (absolute errors), the weighted median (relative errors), and the
        middle of the shortest interval that contains half of the values (median of absolute errors).
        """
        import numpy as np

        ordered = np.sort(target)
        share = np.cumsum(1 / np.maximum(abs(ordered), np.finfo(np.float64).eps))
        relative = ordered[np.searchsorted(share, share[-1] / 2)]
        half = len(ordered) // 2
        start = int(np.argmin(ordered[half:] - ordered[: len(ordered) - half]))
        middle = ordered[start] / 2 + ordered[start + half] / 2
        return np.array([[target.mean()], [np.median(target)], [relative], [middle]])

    @classmethod
    def outputs(cls, coding: Coding) -> tuple[ModelOutput, ...]:
        return (ModelOutput("prediction", "double", "float"),)

    @classmethod
    def apply(cls, scores: Array, coding: Coding) -> dict[str, Array]:
        return {"prediction": scores}

    @classmethod
    def lower(cls, graph: Graph, scores: Tensor, coding: Coding) -> dict[str, Tensor]:
        return {"prediction": scores}
