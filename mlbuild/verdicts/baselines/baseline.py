"""The base class of baselines: models that an output is compared with, on the same rows."""

from __future__ import annotations

from typing import ClassVar

from mlbuild.frozen import frozen
from mlbuild.params import Described


@frozen
class Baseline(Described):
    """A model to compare an output with."""

    by = "type"
    type: ClassVar[str]

    @property
    def compared(self) -> str | None:
        """The model of the spec that it names, if it does."""
        return None

    @property
    def file(self) -> str | None:
        """The file that it names, if it does."""
        return None

    @property
    def channel(self) -> str | None:
        """The channel that it names, if it does."""
        return None
