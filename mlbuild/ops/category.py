"""The op `category`: codes that a learner splits on as categories."""

from __future__ import annotations

from dataclasses import dataclass

from mlbuild.ops.columnwise import Columnwise


@dataclass(frozen=True)
class Category(Columnwise):
    """Mark a column as categories, for learners that split on them natively, as LightGBM does."""

    op = "category"
    discriminator = ("op", "category")
