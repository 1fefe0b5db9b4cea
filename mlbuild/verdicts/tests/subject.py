"""The model that a test runs, as the files of its artifact describe it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from mlbuild.columns import ColumnType
from mlbuild.data.casts import polars_type
from mlbuild.frozen import frozen
from mlbuild.kinds import Json
from mlbuild.moments import parse_moment

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]


@frozen
class Subject:
    """A model with its inputs and outputs.

    `values` is the output that holds a value of the target, and `scores` the one that holds the numbers behind it,
    float64 [N, width]; they can be the same. `classes` are what the columns of wide scores stand for.
    `thresholds` returns the numbers between which no answer changes with an input, if they are known. `rows` are real
    rows of the inputs, and `others` the rows of other tests, by name.
    """

    inputs: Mapping[str, ColumnType]
    values: str | None
    scores: str
    classes: tuple[Any, ...]
    run: Callable[[pl.DataFrame], Mapping[str, Array]]
    thresholds: Callable[[str], Array | None] = lambda name: None
    rows: pl.DataFrame | None = None
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @staticmethod
    def of(contract: Json, run: Callable[[pl.DataFrame], Mapping[str, Array]], **more: Any) -> Subject:
        """Return the model that a `contract.json` describes."""
        outputs = contract["outputs"]
        wide = next((one for one in outputs if one["type"] == "double"), outputs[-1])
        values = next((one["name"] for one in outputs if one.get("dtype") and one["type"] != "double"), None)
        inputs = {
            one["name"]: ColumnType(one["dtype"], one["nullable"], _categories(one))
            for one in contract["inputs"]
        }
        return Subject(inputs, values, wide["name"], tuple(wide.get("classes", ())), run, **more)

    def score_of(self, answers: Mapping[str, Array], of: Any = None) -> Array:
        """Return one number for each row: the score of the class `of`, or else the only or the positive one."""
        scores = answers[self.scores]
        one: Array = scores[:, -1 if of is None else self.classes.index(of)]
        return one


def frame(rows: Sequence[Mapping[str, Any]], inputs: Mapping[str, ColumnType]) -> pl.DataFrame:
    """Return rows of a test as a table of the inputs. What is not given is missing."""
    import polars as pl

    columns = [_column(name, type_, [row.get(name) for row in rows]) for name, type_ in inputs.items()]
    return pl.DataFrame(columns) if columns else pl.DataFrame(height=len(rows))


def _categories(told: Json) -> tuple[Any, ...] | None:
    return tuple(told["categories"]) if "categories" in told else None


def _column(name: str, type_: ColumnType, values: Sequence[Any]) -> pl.Series:
    import polars as pl

    if type_.temporal:
        moments = [None if value is None else parse_moment(value) for value in values]
        return pl.Series(name, moments, pl.Int64).cast(pl.Datetime("us")).cast(polars_type(type_.dtype))
    if type_.numeric:
        convert = int if type_.dtype == "int" else float
        values = [None if value is None else convert(value) for value in values]
    return pl.Series(name, values, polars_type(type_.dtype))
