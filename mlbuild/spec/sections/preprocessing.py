"""The section `preprocessing`: lists of steps that several models can share."""

from __future__ import annotations

from mlbuild.ops.op import Op
from mlbuild.params import ListOf
from mlbuild.spec.language import STEP
from mlbuild.spec.sections.section import Section


class Preprocessing(Section[tuple[Op, ...], None]):
    key, one, kind = "preprocessing", "preprocessing", ListOf(STEP)
    doc = "Lists of preprocessing steps by name. Several models can share one."
    bears = ("preprocessing",)
    counted = False
