"""The rule that a column has only listed values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ENDS_TEXT
from mlbuild.data.rules.rule import Example, Rule, no_effect
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Json, ListOf, Scalar, field

if TYPE_CHECKING:
    import polars as pl

    from mlbuild.data.contracts import Column

#: The range of an int.
INT_MIN, INT_MAX = -(2**63), 2**63 - 1


@frozen
class Categories(Rule):
    """Every value is one of `categories`."""

    rule = "categories"
    dtypes = ("bool", "int", "string")
    examples = (
        Example({"dtype": "string", "categories": ["AA", "UA"]}, keeps=["AA", "UA", "AA"], breaks=["aa"]),
        Example({"dtype": "int", "categories": [1.0, 2]}, keeps=[1, 2], breaks=[3, 0]),
        Example({"dtype": "bool", "categories": [True]}, keeps=[True], breaks=[False]),
    )

    categories: tuple[Any, ...] | None = field(
        ListOf(Scalar(), min_items=1, unique=True),
        "All possible values, in the order of their codes. Any other value in the data is a "
        "violation; at serving time it counts as unknown.",
        default=None,
    )

    @property
    def text(self) -> str:
        return "categories"

    def values(self, dtype: str) -> tuple[Any, ...] | None:
        """Return the categories as values of a dtype: an integral number such as 2.0 is an int."""
        if dtype != "int" or self.categories is None:
            return self.categories
        return tuple(map(_as_int, self.categories))

    def replaces(self, key: str) -> Iterator[Problem]:
        """Report another key of the column that has no effect, because all values are listed."""
        if self.categories is not None:
            yield no_effect(key, f"'{key}' has no effect together with 'categories'", "remove it")

    def canonical(self, dtype: str) -> Json:
        return {"categories": [*(self.values(dtype) or ())]}

    def contradictions(self, column: Column) -> Iterator[Problem]:
        seen = set()
        for index, value in enumerate(self.categories or ()):
            at = ("categories", index)
            if not _fits(value, column.dtype):
                help_ = "put it in quotes" if column.dtype == "string" else None
                message = f"category {_yaml(value)} is not of dtype {column.dtype}"
                yield Problem("wrong-value", message, at, help_)
            elif value in seen:
                yield Problem("duplicate-item", f"category {_yaml(value)} is listed twice", at)
            elif "\0" in str(value):
                yield Problem("wrong-value", f"category {_yaml(value)} contains {ENDS_TEXT}", at)
            elif column.dtype == "string" and value == (None if not column.empty_is_null else ""):
                message = "an empty string is a missing value here, so it cannot be a category"
                yield Problem("no-effect", message, at)
            elif column.dtype == "string" and value == column.null_token:
                message = f"category '{value}' is the 'null_token', which is a missing value"
                yield Problem("no-effect", message, at)
            seen.add(value)

    def kept(self, name: str, dtype: str) -> pl.Expr:
        import polars as pl

        return pl.col(name).is_in([*(self.values(dtype) or ())])


def _fits(value: Any, dtype: str) -> bool:
    if isinstance(value, bool) or dtype == "bool":
        return isinstance(value, bool) and dtype == "bool"
    if isinstance(value, str) or dtype == "string":
        return isinstance(value, str) and dtype == "string"
    return bool(math.isfinite(value) and value == int(value) and INT_MIN <= value <= INT_MAX)


def _as_int(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _yaml(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
