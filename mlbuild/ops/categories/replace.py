"""The op `replace`: replaces single values by others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.operators import ML
from mlbuild.lowering.value import Value
from mlbuild.ops.columnwise import Columnwise
from mlbuild.ops.constants import WORDS, read_constant
from mlbuild.ops.op import Target
from mlbuild.ops.vocabulary import CATEGORICAL
from mlbuild.params import ListOf, MapOf, Scalar, field

if TYPE_CHECKING:
    import polars as pl


@frozen
class Replace(Columnwise):
    """Replace values by others of the same dtype, or make them missing. All other values stay as they are.

    Values are replaced once and at the same time, so two can be swapped. The op learns nothing.
    """

    op = "replace"
    takes = CATEGORICAL

    mapping: Mapping[str, Any] | None = field(
        MapOf(Scalar(), min_items=1),
        "The new value for each old one. Write an old integer or bool in quotes.",
        default=None,
        examples=({"Ger": "Germany", "Deutschland": "Germany"},),
    )
    missing: tuple[Any, ...] = field(
        ListOf(Scalar(), or_one=True),
        "Values that become missing.",
        default=(),
        examples=("N/A", ["unknown", "?"]),
    )

    def check(self) -> Iterator[Problem]:
        if not self.mapping and not self.missing:
            hint = "add one of them, or both"
            yield Problem("missing-key", "'replace' needs 'mapping' or 'missing'", help=hint)

    def infer_column(self, name: str, type_: ColumnType) -> ColumnType:
        found = self._pairs(name, type_)
        categories = type_.categories
        if categories is not None:
            kept = (found.get(word, word) for word in categories)
            categories = tuple(dict.fromkeys(word for word in kept if word is not None)) or None
        return replace(type_, nullable=type_.nullable or None in found.values(), categories=categories)

    def _pairs(self, name: str, type_: ColumnType) -> dict[Any, Any]:
        """Return the new value for each old one; None for missing.

        Raises:
            Rejected: Values do not have the dtype of the column, or are given twice.
        """
        found: dict[Any, Any] = {}
        problems: list[Problem] = []
        wanted = f"must be {WORDS[type_.dtype]}, because column '{name}' is {type_.dtype}"
        for key, value in (self.mapping or {}).items():
            old, new = _written(key, type_.dtype), read_constant(value, type_.dtype)
            if old is None:
                problems.append(Problem("wrong-value", f"'{key}' {wanted}", ("mapping", key), on="key"))
            elif new is None:
                problems.append(Problem("wrong-value", f"the new value {wanted}", ("mapping", key)))
            else:
                found[old] = new
        for index, value in enumerate(self.missing):
            at = ("missing", index) if len(self.missing) > 1 else ("missing",)
            old = read_constant(value, type_.dtype)
            if old is None:
                problems.append(Problem("wrong-value", f"the value {wanted}", at))
            elif old in found:
                problems.append(Problem("contradiction", f"{value} is replaced twice", at))
            else:
                found[old] = None
        if problems:
            raise Rejected(*problems)
        return found

    def fit_column(self, column: pl.Series, type_: ColumnType, target: Target | None) -> None:
        return None

    def apply_column(self, state: None, column: pl.Series, type_: ColumnType) -> pl.Series:
        import polars as pl

        pairs = self._pairs(column.name, type_)
        old = pl.Series([*pairs], dtype=column.dtype)
        return column.replace(old, pl.Series([*pairs.values()], dtype=column.dtype))

    def lower_column(self, state: None, graph: Graph, value: Value, type_: ColumnType) -> Value:
        """Look up the index of the value; those that become missing come last."""
        import numpy as np

        pairs = sorted(self._pairs("", type_).items(), key=lambda pair: pair[1] is None)
        is_text = value.dtype == "string"
        index = graph.call(
            "LabelEncoder",
            value.tensor,
            element="int64",
            domain=ML,
            keys_tensor=np.array([old for old, _ in pairs], dtype=object if is_text else "float64"),
            values_tensor=np.arange(len(pairs)),
            default_tensor=np.array([-1]),
        )
        nothing = "" if is_text else float("nan")
        new = graph.constant([nothing if one is None else one for _, one in pairs], value.tensor.element)
        found = graph.call("Gather", new, index, element=new.element, axis=0)
        is_known = graph.call("GreaterOrEqual", index, graph.constant(0, "int64"))
        made = graph.call("Where", is_known, found, value.tensor)
        first_missing = sum(one is not None for _, one in pairs)
        if not is_text or first_missing == len(pairs):
            return Value(value.dtype, made, value.absent)
        absent = graph.call("GreaterOrEqual", index, graph.constant(first_missing, "int64"))
        both = absent if value.absent is None else graph.call("Or", value.absent, absent)
        return Value(value.dtype, made, both)


def _written(key: str, dtype: str) -> Any:
    """Return the value that a key of a map stands for; None if it has another dtype."""
    if dtype == "string":
        return key
    if dtype == "bool":
        return {"true": True, "false": False}.get(key)
    return read_constant(int(key), dtype) if re.fullmatch("-?[0-9]{1,16}", key) else None
