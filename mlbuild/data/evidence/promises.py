"""Finds properties of a column that also future values should have, if they are evident from all current values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlbuild.data.contracts import Column
from mlbuild.data.evidence.spellings import unread_form
from mlbuild.data.evidence.words import says_key, says_row, words
from mlbuild.data.rules.bounds import Min
from mlbuild.data.rules.categories import Categories
from mlbuild.data.rules.finite import Finite
from mlbuild.data.rules.nullable import Nullable
from mlbuild.data.rules.unique import Unique

if TYPE_CHECKING:
    import polars as pl

#: Words in the names of quantities that are never negative.
_QUANTITIES = frozenset(
    "age area cost count depth distance duration height length mass price size volume weight width".split()
)
#: A closed set of categories is small, and each of its values is frequent.
_MOST_CATEGORIES, _FEWEST_ROWS = 12, 5
#: A minimum of zero must also be frequent.
_FLOOR_SHARE = 0.01
#: A key groups rows if it has at least this many values, and each of them occurs in fewer rows than this on
#: average.
_FEWEST_GROUPS, _LARGEST_GROUP = 20, 20
_CODE = r"^[\w.:/-]+$"


def promised(column: Column, values: pl.Series) -> Column:
    """Return the contract of a column with these `values`: nullability, and everything that is evident. The values of a private
    column are not listed.
    """
    nullable = bool(values.null_count())
    column = column.ruled(Nullable(nullable=nullable))
    present = values.drop_nulls()
    if column.dtype in ("int", "float"):
        infinite = column.dtype == "float" and bool(present.is_infinite().any())
        column = column.ruled(Finite(finite=not infinite), Min(min=0 if _never_negative(present) else None))
    listed = not column.private and (column.dtype == "string" or _is_flag(column, present))
    if listed and _closed(present):
        column = column.ruled(Categories.of(present.unique().sort()))
    return column.ruled(Unique(unique=not nullable and _names_rows(present, column.dtype)))


def groups_rows(name: str, present: pl.Series) -> bool:
    """Whether the values of a column, of which none is missing, identify things with a few rows each."""
    import polars as pl

    distinct = present.n_unique() if present.dtype in (pl.Int64, pl.String) and says_key(name) else 0
    return distinct >= _FEWEST_GROUPS and distinct < len(present) < _LARGEST_GROUP * distinct


def _never_negative(present: pl.Series) -> bool:
    if (present < 0).any() or present.n_unique() <= 2:
        return False
    zeros = int((present == 0).sum())
    return bool(_QUANTITIES & words(present.name)) or zeros >= max(_FEWEST_ROWS, _FLOOR_SHARE * len(present))


def _is_flag(column: Column, present: pl.Series) -> bool:
    """Whether numbers only say yes or no."""
    return column.dtype == "int" and set(present.unique()) == {0, 1}


def _closed(present: pl.Series) -> bool:
    if not 1 < present.n_unique() <= _MOST_CATEGORIES:
        return False
    return bool((present.value_counts(name="rows")["rows"] >= _FEWEST_ROWS).all())


def _names_rows(present: pl.Series, dtype: str) -> bool:
    """Whether the values, which are all different, identify rows."""
    if dtype not in ("int", "string") or len(present) < _FEWEST_ROWS or present.n_unique() < len(present):
        return False
    if says_row(present.name):
        return True
    if dtype == "int":
        return present[0] in (0, 1) and bool((present.diff().drop_nulls() == 1).all())
    codes = present.str.contains(_CODE).all() and present.str.contains("[0-9]").any()
    return bool(codes) and unread_form(present) is None
