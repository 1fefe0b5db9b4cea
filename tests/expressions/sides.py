"""One expression on both sides: over polars rows, and in onnxruntime on the lowered graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
import polars as pl

from mlbuild.columns import ColumnType, Schema
from mlbuild.expressions.typed import Typed
from mlbuild.lowering.foreign import inspect
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import NAT, input_value

SCHEMA = Schema(
    {
        "x": ColumnType("float", True),
        "y": ColumnType("float"),
        "z": ColumnType("float", finite=False),
        "n": ColumnType("int", True),
        "k": ColumnType("int"),
        "b": ColumnType("bool", True),
        "c": ColumnType("bool"),
        "s": ColumnType("string", True),
        "t": ColumnType("string"),
        "d": ColumnType("date", True),
        "m": ColumnType("datetime", True),
    }
)
POLARS: dict[str, Any] = {
    "float": pl.Float64(),
    "int": pl.Int64(),
    "bool": pl.Boolean(),
    "string": pl.String(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
}
#: A missing string at the input of the graph; here, the empty string is a value.
NULL_TOKEN = "<null>"


def table(**columns: list[Any]) -> pl.DataFrame:
    """Return rows with the given columns of `SCHEMA`."""
    return pl.DataFrame(columns, schema={name: POLARS[SCHEMA[name].dtype] for name in columns}, strict=False)


def by_polars(typed: Typed, rows: pl.DataFrame) -> list[Any]:
    """Return the values as Python objects, None if missing."""
    made = rows.select(typed.to_polars().alias("made"))["made"]
    assert made.dtype == POLARS[typed.type.dtype]
    assert len(made) == len(rows)
    return made.to_list()


def model_of(typed: Typed) -> bytes:
    """Return an expression as an ONNX model with the output `made`, and `absent` if a string can be missing."""
    graph = Graph()
    values = {
        name: input_value(graph, name, dtype, NULL_TOKEN if SCHEMA[name].nullable else None)
        for name, dtype in typed.columns
    }
    value = typed.lower(graph, values)
    assert value.dtype == typed.type.dtype
    graph.output("made", value.tensor)
    if value.absent is not None:
        graph.output("absent", value.absent)
    return graph.serialize({})


def feed_of(typed: Typed, rows: pl.DataFrame) -> dict[str, Any]:
    """Return rows as the inputs of such a model."""
    return {name: _fed(rows[name], dtype) for name, dtype in typed.columns}


class Served:
    """The expression in onnxruntime."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        model = model_of(typed)
        inspect(model)
        self.session = ort.InferenceSession(model, options)

    def answers(self, rows: pl.DataFrame) -> dict[str, Any]:
        """Return the outputs by name."""
        names = [one.name for one in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, feed_of(self.typed, rows)), strict=True))

    def __call__(self, rows: pl.DataFrame) -> list[Any]:
        """Return the values in the form of `by_polars`."""
        made, *absent = self.answers(rows).values()
        assert made.shape == (len(rows), 1)
        return _values(self.typed.type.dtype, made.ravel(), absent[0].ravel() if absent else None)


def by_onnx(typed: Typed, rows: pl.DataFrame) -> list[Any]:
    return Served(typed)(rows)


def _fed(series: pl.Series, dtype: str) -> Any:
    if dtype == "string":
        return np.array(series.fill_null(NULL_TOKEN).to_list(), dtype=object).reshape(-1, 1)
    if dtype in ("date", "datetime"):
        moments = series.cast(pl.Datetime("us")).cast(pl.Int64).fill_null(NAT)
        return moments.to_numpy().reshape(-1, 1)
    return series.cast(pl.Float64).fill_null(float("nan")).to_numpy().reshape(-1, 1)


def _values(dtype: str, made: Any, absent: Any) -> list[Any]:
    if dtype == "string":
        gone = [False] * len(made) if absent is None else absent.tolist()
        return [None if missing else text for text, missing in zip(made.tolist(), gone, strict=True)]
    if dtype in ("date", "datetime"):
        moments = pl.Series(made).set(pl.Series(made) == NAT, None).cast(pl.Datetime("us"))
        return moments.cast(POLARS[dtype]).to_list()
    numbers = [None if value != value else value for value in made.tolist()]
    if dtype == "float":
        return numbers
    whole = bool if dtype == "bool" else int
    return [None if value is None else whole(value) for value in numbers]
