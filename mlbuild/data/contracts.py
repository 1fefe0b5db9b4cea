"""Contracts: what the columns of a source must look like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from mlbuild.columns import DTYPES, ENDS_TEXT, NUMERIC, TEMPORAL, ColumnType
from mlbuild.data.lineage import Raw
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Path, Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed, meant_as_list
from mlbuild.moments import parse_moment
from mlbuild.params import (
    Boolean,
    Choice,
    Described,
    Json,
    Kind,
    ListOf,
    MapOf,
    Name,
    Object,
    Scalar,
    Text,
    field,
)

#: The range of an int.
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
#: The dtypes that can have `categories`.
CATEGORICAL = ("bool", "int", "string")


@frozen
class Bound(Kind):
    """A number or, for dates and datetimes, an ISO text. `1.0` is read as 1, as far as floats are exact."""

    def json_schema(self) -> Json:
        return {"type": ["number", "string"]}

    def read(self, value: Any) -> int | float | str:
        whole = isinstance(value, float) and value.is_integer() and abs(value) <= 2**53
        return int(value) if whole else value

    def phrase(self) -> str:
        return "a number, or an ISO date"


@frozen
class Column(Described):
    """A column of a contract."""

    dtype: str = field(
        Choice(DTYPES),
        "Type of the values. A value that cannot be parsed as this type is a violation.",
    )
    nullable: bool = field(
        Boolean(), "Whether values can be missing. If false, a missing value is a violation.", default=False
    )
    min: int | float | str | None = field(
        Bound(),
        "Smallest allowed value: a number, or an ISO date for a date or datetime column.",
        default=None,
        examples=(0, "2013-01-01"),
    )
    max: int | float | str | None = field(
        Bound(),
        "Largest allowed value: a number, or an ISO date for a date or datetime column.",
        default=None,
        examples=(100, "2013-12-31"),
    )
    categories: tuple[Any, ...] | None = field(
        ListOf(Scalar(), min_items=1, unique=True),
        "All possible values, in the order of their codes. Any other value in the data is a "
        "violation; at serving time it counts as unknown.",
        default=None,
    )
    unique: bool = field(
        Boolean(), "Whether all values must be different. Missing values are not compared.", default=False
    )
    serving: bool = field(
        Boolean(),
        "Whether the value is known at prediction time. If false, no feature can depend on it.",
        default=True,
    )
    finite: bool = field(Boolean(), "Whether an infinite value is a violation (float only).", default=True)
    empty_is_null: bool = field(
        Boolean(), "Whether an empty string counts as missing (string only).", default=True
    )
    null_token: str | None = field(
        Text(),
        "String that represents a missing value in the data and at serving time, if an empty string "
        "is an ordinary value.",
        default=None,
    )
    description: str | None = field(
        Text(),
        "Description of the column, such as its meaning and unit, for readers of the spec.",
        default=None,
    )

    @property
    def type(self) -> ColumnType:
        """The type of the column, with the categories in the order of the contract and converted to the dtype."""
        whole = self.dtype == "int" and self.categories is not None
        categories = tuple(_as_int(value) for value in self.categories or ()) if whole else self.categories
        return ColumnType(self.dtype, self.nullable, categories)

    def check(self) -> Iterator[Problem]:
        yield from self._without_effect()
        if self.dtype in (*NUMERIC, *TEMPORAL):
            yield from self._bounds()
        if self.dtype in CATEGORICAL:
            yield from self._categories()
        if self.dtype == "string" and self.nullable and not self.empty_is_null and self.null_token is None:
            yield Problem(
                "missing-null-token",
                "a nullable string column with 'empty_is_null: false' needs a 'null_token'",
                ("empty_is_null",),
                help='choose a string that is never a value, such as null_token: "<missing>"',
                on="key",
            )

    def _without_effect(self) -> Iterator[Problem]:
        bounded = (*NUMERIC, *TEMPORAL)
        given = {
            "min": (self.min is not None, bounded),
            "max": (self.max is not None, bounded),
            "categories": (self.categories is not None, CATEGORICAL),
            "finite": (not self.finite, ("float",)),
            "empty_is_null": (not self.empty_is_null, ("string",)),
            "null_token": (self.null_token is not None, ("string",)),
        }
        for name, (is_given, dtypes) in given.items():
            if is_given and self.dtype not in dtypes:
                help_ = f"it is only for {', '.join(dtypes)}"
                yield _no_effect(name, f"'{name}' has no effect on a column of dtype {self.dtype}", help_)
        for name, bound in (("min", self.min), ("max", self.max)):
            if bound is not None and self.categories is not None and self.dtype == "int":
                yield _no_effect(name, f"'{name}' has no effect together with 'categories'", "remove it")
        if self.dtype == "string" and self.null_token is not None and self.empty_is_null:
            yield _no_effect(
                "null_token",
                "'null_token' has no effect unless 'empty_is_null' is false",
                "remove it, or set 'empty_is_null: false'",
            )

    def _bounds(self) -> Iterator[Problem]:
        faulty = False
        for name, bound in (("min", self.min), ("max", self.max)):
            if bound is not None and not _fits_bound(bound, self.dtype):
                faulty = True
                wanted = "an ISO date, such as 2013-10-01" if self.dtype in TEMPORAL else "a finite number"
                yield Problem(
                    "wrong-value", f"'{name}' of a column of dtype {self.dtype} must be {wanted}", (name,)
                )
        if not faulty and self.min is not None and self.max is not None:
            low, high = self.bound(self.min), self.bound(self.max)
            if low > high:
                yield Problem("contradiction", f"'min' {self.min} is greater than 'max' {self.max}", ("min",))
            elif self.dtype == "int" and math.ceil(low) > high:
                message = f"there is no integer between 'min' {self.min} and 'max' {self.max}"
                yield Problem("contradiction", message, ("min",))

    def _categories(self) -> Iterator[Problem]:
        seen = set()
        for index, value in enumerate(self.categories or ()):
            at = ("categories", index)
            if not _fits_category(value, self.dtype):
                help_ = "put it in quotes" if self.dtype == "string" else None
                yield Problem(
                    "wrong-value", f"category {_yaml(value)} is not of dtype {self.dtype}", at, help_
                )
            elif value in seen:
                yield Problem("duplicate-item", f"category {_yaml(value)} is listed twice", at)
            elif "\0" in str(value):
                yield Problem("wrong-value", f"category {_yaml(value)} contains {ENDS_TEXT}", at)
            elif self.dtype == "string" and value == (None if not self.empty_is_null else ""):
                yield Problem(
                    "no-effect", "an empty string is a missing value here, so it cannot be a category", at
                )
            elif self.dtype == "string" and value == self.null_token:
                yield Problem(
                    "no-effect", f"category '{value}' is the 'null_token', which is a missing value", at
                )
            seen.add(value)

    def bound(self, value: int | float | str) -> Any:
        """Convert a bound so that it can be compared with values: a number, or microseconds since 1970."""
        return parse_moment(value) if isinstance(value, str) else value


@frozen
class Contract(Described):
    """What the columns of a table must look like. Columns that are not named here are not available downstream."""

    columns: Mapping[str, Column] = field(
        MapOf(Object(Column, Choice(DTYPES), "dtype"), min_items=1),
        "Columns by name. Each is a dtype or a map. Columns of the data that are not listed here are not read.",
    )
    unique: tuple[str, ...] | None = field(
        ListOf(Name("column"), min_items=1, unique=True),
        "Columns whose combination of values must be different in every row. Rows with a missing value in one of them are not compared.",
        default=None,
    )
    description: str | None = field(
        Text(), "Description of the table, such as what one row is, for readers of the spec.", default=None
    )

    def check(self) -> Iterator[Problem]:
        for name in self.columns:
            if unusable(name):
                yield bad_name(name, ("columns", name))
        for index, name in enumerate(self.unique or ()):
            if name not in self.columns:
                near = meant_as_list(name, self.columns) or did_you_mean(name, self.columns)
                near = near or f"available columns: {listed(self.columns)}"
                yield Problem("unknown-column", f"unknown column '{name}'", ("unique", index), near)
            elif name in (self.unique or ())[:index]:
                yield Problem("duplicate-item", f"column '{name}' is listed twice", ("unique", index))

    def rules(self) -> Contract:
        """Return only what rows can violate: without descriptions and without `serving`."""
        columns = {
            name: replace(column, description=None, serving=True, categories=column.type.categories)
            for name, column in self.columns.items()
        }
        return replace(self, columns=columns, description=None)

    def table(self, file: str, at: Path) -> Table:
        """Return the table of a file with this contract, which is defined at the path `at` of the spec."""
        columns = {
            name: TableColumn(
                node=Raw(name, (*at, "columns", name), file=file),
                served=column.type,
                trained=column.type,
                null_token="" if column.empty_is_null else column.null_token,
            )
            for name, column in self.columns.items()
        }
        alone = [(name,) for name, column in self.columns.items() if column.unique]
        promises = [*([self.unique] if self.unique else []), *alone]
        return Table(
            columns,
            unique=tuple(tuple(columns[name].node for name in names) for names in promises),
            afterwards=tuple(
                columns[name].node for name, column in self.columns.items() if not column.serving
            ),
        )


def unusable(name: str) -> bool:
    """Whether a name cannot be a column name: some libraries would read it as a pattern, or cut it."""
    return name in ("", "*") or (name.startswith("^") and name.endswith("$")) or "\0" in name


def bad_name(name: str, at: Path, on: Literal["key", "value"] = "key") -> Problem:
    help_ = "a column name cannot be empty, '*' or of the form '^...$', or contain the character U+0000"
    return Problem("bad-name", f"'{name}' is not a valid column name", at, help_, on)


def _no_effect(name: str, message: str, help_: str) -> Problem:
    return Problem("no-effect", message, (name,), help_, on="key")


def _fits_bound(bound: int | float | str, dtype: str) -> bool:
    if isinstance(bound, str):
        return dtype in TEMPORAL and parse_moment(bound) is not None
    return dtype in NUMERIC and math.isfinite(bound)


def _fits_category(value: Any, dtype: str) -> bool:
    if isinstance(value, bool) or dtype == "bool":
        return isinstance(value, bool) and dtype == "bool"
    if isinstance(value, str) or dtype == "string":
        return isinstance(value, str) and dtype == "string"
    return bool(math.isfinite(value) and value == int(value) and INT_MIN <= value <= INT_MAX)


def _as_int(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _yaml(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
