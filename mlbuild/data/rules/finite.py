"""The rule that a column has no infinite values."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, ClassVar

from mlbuild.data.rules.rule import Example, Rule
from mlbuild.frozen import frozen
from mlbuild.params import Boolean, Json, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Finite(Rule):
    """Unless `finite` is false, an infinite value is a violation."""

    rule = "finite"
    dtypes: ClassVar[tuple[str, ...]] = ("float",)
    examples = (Example({"dtype": "float"}, keeps=[0.0, -1e308], breaks=[math.inf, -math.inf]),)

    finite: bool = field(Boolean(), "Whether an infinite value is a violation (float only).", default=True)

    @property
    def text(self) -> str:
        return "finite"

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        return pl.col(name).is_finite()

    def keywords(self, dtype: str) -> Json:
        return {"minimum": -sys.float_info.max, "maximum": sys.float_info.max}
