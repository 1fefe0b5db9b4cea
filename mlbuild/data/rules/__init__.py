"""The rules of contracts: one class for each, and the catalogues of them."""

from __future__ import annotations

from mlbuild.data.rules.bounds import Max, Min
from mlbuild.data.rules.categories import Categories
from mlbuild.data.rules.checks import Checks
from mlbuild.data.rules.finite import Finite
from mlbuild.data.rules.lengths import MaxLength, MinLength
from mlbuild.data.rules.max_age import MaxAge
from mlbuild.data.rules.monotone import Monotone
from mlbuild.data.rules.nullable import MaxNullShare, Nullable
from mlbuild.data.rules.pattern import Pattern
from mlbuild.data.rules.references import References
from mlbuild.data.rules.row_count import Rows
from mlbuild.data.rules.rule import Rule, TableRule
from mlbuild.data.rules.unique import Unique, UniqueTogether

#: The rules whose keys are those of a column, in the order in which violations are reported.
RULES: tuple[type[Rule], ...] = (
    Nullable,
    MaxNullShare,
    Min,
    Max,
    Categories,
    Pattern,
    MinLength,
    MaxLength,
    Finite,
    Unique,
    Monotone,
    References,
    MaxAge,
)
#: The rules whose keys are those of a contract.
TABLE_RULES: tuple[type[TableRule], ...] = (UniqueTogether, Rows, Checks)

__all__ = ["RULES", "TABLE_RULES"]
