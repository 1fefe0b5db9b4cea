"""The rule that a column has only listed values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from mlbuild.columns import ENDS_TEXT, text_of
from mlbuild.data.rules.rule import ColumnKeys, Example, Rule, given, no_effect
from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.hints import listed
from mlbuild.params import Boolean, Described, Json, ListOf, Number, Object, Scalar, field, write

if TYPE_CHECKING:
    import polars as pl

#: The range of an int.
INT_MIN, INT_MAX = -(2**63), 2**63 - 1


_VALUES = ListOf(Scalar(), min_items=1, unique=True)


@frozen
class Listed(Described):
    """The values of a column, and whether there can be others."""

    values: tuple[Any, ...] = field(_VALUES, "All known values, in the order of their codes.")
    open: bool = field(
        Boolean(),
        "Whether there can be other values. They count as unknown, in training and at serving time.",
        default=False,
    )
    max_new_share: float | None = field(
        Number(min=0, below=1),
        "Maximum share of rows with other values, if `open` is true. Default: any share.",
        default=None,
        examples=(0.01,),
    )
    #: Whether the list was written alone, so that messages can point to its items.
    alone: bool = dataclasses.field(default=False, compare=False)

    @property
    def at(self) -> Path:
        """The path of the list in the column."""
        return ("categories",) if self.alone else ("categories", "values")


@frozen
class ListedKind(Object):
    """A list of values, or a map with more about it."""

    def read(self, value: Any) -> Any:
        return replace(super().read(value), alone=not isinstance(value, Mapping))

    def canonical(self, value: Any) -> Any:
        told = write(value)
        return told["values"] if told == {"values": told["values"], "open": False} else told


_LISTED = ListedKind(Listed, _VALUES, "values")


@frozen
class Categories(Rule):
    """Every value is one of `categories`; if they are open, only some are others."""

    rule = "categories"
    dtypes = ("bool", "int", "string")
    examples = (
        Example({"dtype": "string", "categories": ["AA", "UA"]}, keeps=["AA", "UA", "AA"], breaks=["aa"]),
        Example({"dtype": "int", "categories": [1.0, 2]}, keeps=[1, 2], breaks=[3, 0]),
        Example({"dtype": "bool", "categories": [True]}, keeps=[True], breaks=[False]),
        Example(
            {"dtype": "string", "categories": {"values": ["a"], "open": True, "max_new_share": 0.25}},
            keeps=["a", "a"],
            breaks=["b", "c", "b"],
        ),
    )

    categories: Listed | None = field(
        _LISTED,
        "All possible values, in the order of their codes. Any other value in the data is a "
        "violation, unless `open` is true; at serving time it counts as unknown.",
        default=None,
        examples=(["small", "large"],),
    )

    @classmethod
    def of(cls, values: Iterable[Any] | None) -> Categories:
        """Return closed categories."""
        return cls(categories=None if values is None else Listed(values=tuple(values), alone=True))

    @property
    def closed(self) -> bool:
        """Whether all values are listed."""
        return self.categories is not None and not self.categories.open

    @property
    def applied(self) -> bool:
        return self.closed or (self.categories is not None and self.categories.max_new_share is not None)

    @property
    def allowed_share(self) -> float:
        return (self.categories and self.categories.max_new_share) or 0.0

    @property
    def text(self) -> str:
        return "categories"

    @property
    def described(self) -> str:
        values = listed(map(_yaml, self.categories.values if self.categories else ()))
        return f"{'categories' if self.closed else 'open categories'} [{values}]"

    def implied_by(self, other: Self) -> bool:
        """How many other values there may be is compared as the shares of all rules are."""
        mine, theirs = (one.categories.values if one.categories else () for one in (self, other))
        return {*theirs} <= {*mine}

    def values(self, dtype: str) -> tuple[Any, ...] | None:
        """Return the categories as values of a dtype: an integral number such as 2.0 is an int."""
        if self.categories is None:
            return None
        return tuple(map(_as_int, self.categories.values)) if dtype == "int" else self.categories.values

    def replaces(self, key: str) -> Iterator[Problem]:
        """Report another key of the column that has no effect, because all values are listed."""
        if self.closed:
            yield no_effect(key, f"'{key}' has no effect together with 'categories'", "remove it")

    def canonical(self, dtype: str) -> Json:
        assert self.categories is not None
        return {"categories": _LISTED.canonical(replace(self.categories, values=self.values(dtype) or ()))}

    def contradictions(self, column: ColumnKeys) -> Iterator[Problem]:
        found = self.categories
        if found is None:
            return
        if found.max_new_share is not None and not found.open:
            message = "'max_new_share' has no effect unless 'open' is true"
            problem = no_effect("max_new_share", message, "remove it, or set 'open: true'")
            yield problem.under("categories")
        if found.open and column.max_share is not None and "categories" in given(column.max_share):
            message = "'max_share' of 'categories' has no effect if they are open"
            problem = no_effect("categories", message, "use 'max_new_share' of 'categories'")
            yield problem.under("max_share")
        seen = set()
        for index, value in enumerate(found.values):
            at = (*found.at, index)
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

    def keywords(self, dtype: str) -> Json:
        return {"enum": [*(self.values(dtype) or ())]} if self.closed else {}


def _fits(value: Any, dtype: str) -> bool:
    if isinstance(value, bool) or dtype == "bool":
        return isinstance(value, bool) and dtype == "bool"
    if isinstance(value, str) or dtype == "string":
        return isinstance(value, str) and dtype == "string"
    return bool(math.isfinite(value) and value == int(value) and INT_MIN <= value <= INT_MAX)


def _as_int(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _yaml(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else text_of(value)
