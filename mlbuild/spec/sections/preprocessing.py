"""The section `preprocessing`: lists of steps that several models can share."""

from __future__ import annotations

from typing import Any

from mlbuild.diagnostics import Path
from mlbuild.ops.op import Op
from mlbuild.params import ListOf
from mlbuild.spec.kinds import STEP
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.meaning.unclear import unclear_op
from mlbuild.spec.sections.section import Section
from mlbuild.spec.sections.steps import read_steps


class Preprocessing(Section[tuple[Op, ...], None]):
    key, one, kind = "preprocessing", "preprocessing", ListOf(STEP)
    doc = "Lists of preprocessing steps by name. Several models can share one."
    bears = ("preprocessing",)
    counted = False

    def unreadable(self, at: Path) -> Path:
        """If a step is invalid, the others are still read."""
        return at[:3]

    def read(
        self, given: Any, at: Path, faults: frozenset[Path], findings: Findings
    ) -> tuple[Op, ...] | None:
        return None if at in faults else read_steps(given, at, faults, STEP, unclear_op, findings)
