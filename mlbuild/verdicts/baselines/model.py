"""The baseline `model`: another model of the spec."""

from __future__ import annotations

from mlbuild.frozen import frozen
from mlbuild.params import Name, field
from mlbuild.verdicts.baselines.baseline import Baseline


@frozen
class ModelBaseline(Baseline):
    """Another model of the spec with the same dataset and target."""

    type = "model"

    model: str = field(Name("model"), "Model to compare with.")

    @property
    def compared(self) -> str | None:
        return self.model
