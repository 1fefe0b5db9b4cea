"""What a locator is: where a table lies, and what of it can be known without reading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlbuild.diagnostics import Problem
from mlbuild.engine.decide.external import External
from mlbuild.params import Described


@dataclass(frozen=True)
class Located:
    """A table outside, found.

    `called` is what the spec calls it. `externals` are what a build reads, by slot. `place` tells it from other tables:
    what has the same place is the same table. `variables` are those of the environment that it depends on. `sample` is a
    local file with its header, if there is one. `problems` say why it cannot be read, each with the path inside the source.
    """

    called: str
    externals: Mapping[str, External]
    place: str
    variables: tuple[str, ...] = ()
    sample: Path | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Locator(Described):
    """Where a table lies; the fields are keys of a source."""

    def locate(self, root: Path, environment: Mapping[str, str]) -> Located:
        """Find the table from the folder of the spec. Nothing of it is read."""
        raise NotImplementedError
