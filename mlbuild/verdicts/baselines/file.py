"""The baseline `file`: a model file."""

from __future__ import annotations

from mlbuild.frozen import frozen
from mlbuild.params import Text, field
from mlbuild.verdicts.baselines.baseline import Baseline


@frozen
class FileBaseline(Baseline):
    """A `model.onnx` that mlbuild wrote, such as the one in production. It predicts today's rows.

    A change of the file compares again. It must not be in a folder that the build publishes.
    """

    type = "file"

    path: str = field(
        Text(), "Path of the file, relative to the folder of the spec.", examples=("models/production.onnx",)
    )

    @property
    def file(self) -> str | None:
        return self.path
