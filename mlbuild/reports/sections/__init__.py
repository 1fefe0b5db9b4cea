"""The sections of a report, in their order: one class for each."""

from __future__ import annotations

from mlbuild.reports.sections.comparison import Comparison
from mlbuild.reports.sections.confusion import Confusion
from mlbuild.reports.sections.cross_validation import CrossValidation
from mlbuild.reports.sections.curves import Curves
from mlbuild.reports.sections.data.columns import Columns
from mlbuild.reports.sections.data.lineage import Lineage
from mlbuild.reports.sections.data.recipe import Recipe
from mlbuild.reports.sections.data.rows import Rows
from mlbuild.reports.sections.findings import Findings
from mlbuild.reports.sections.gates import Gates
from mlbuild.reports.sections.importance import Importance
from mlbuild.reports.sections.metrics import Metrics
from mlbuild.reports.sections.parity import Parity
from mlbuild.reports.sections.residuals import Residuals
from mlbuild.reports.sections.section import Section
from mlbuild.reports.sections.slices import Slices
from mlbuild.reports.sections.tests import Tests
from mlbuild.reports.sections.trials import Trials

SECTIONS: tuple[type[Section], ...] = (
    Findings,
    Gates,
    Tests,
    Metrics,
    Comparison,
    Curves,
    Confusion,
    Residuals,
    CrossValidation,
    Trials,
    Slices,
    Importance,
    Rows,
    Columns,
    Lineage,
    Parity,
    Recipe,
)

#: The files of an output that reports are made from.
FILES = {"metrics.json", "contract.json", *(part for section in SECTIONS for part in section.parts)}

__all__ = ["FILES", "SECTIONS"]
