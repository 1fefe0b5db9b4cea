"""The sections of a spec in the order of data flow, in which they are checked."""

from __future__ import annotations

from typing import Any

from mlbuild.spec.sections.contracts import Contracts
from mlbuild.spec.sections.datasets import Datasets
from mlbuild.spec.sections.models import Models
from mlbuild.spec.sections.outputs import Outputs
from mlbuild.spec.sections.preprocessing import Preprocessing
from mlbuild.spec.sections.section import Section
from mlbuild.spec.sections.sources import Sources
from mlbuild.spec.sections.tests import Tests

SECTIONS: tuple[Section[Any, Any], ...] = (
    Sources(),
    Contracts(),
    Datasets(),
    Preprocessing(),
    Models(),
    Outputs(),
    Tests(),
)

__all__ = ["SECTIONS", "Section"]
