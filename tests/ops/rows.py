"""Rows for tests of ops, and the results of steps and of their graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime as ort
import polars as pl

from mlbuild.lowering.foreign import inspect
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import NAT, input_value
from mlbuild.ops.op import State, Target
from mlbuild.ops.stages import Stage
from mlbuild.ops.steps import Fitting, apply_stages, lower_stages

POLARS = {
    "bool": pl.Boolean(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "string": pl.String(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
    "category": pl.Float64(),
}
#: The value that a client sends for a missing string. No random text contains it.
TOKEN = "\u2400"
DAY = 86_400_000_000


def column(name: str, dtype: str, items: Sequence[Any]) -> pl.Series:
    """Return a column; dates can be days, datetimes can be microseconds since 1970."""
    if dtype in ("date", "datetime") and all(item is None or isinstance(item, int) for item in items):
        return pl.Series(name, items, dtype=pl.Int32() if dtype == "date" else pl.Int64()).cast(POLARS[dtype])
    return pl.Series(name, items, dtype=POLARS[dtype])


def fitted(
    stages: Sequence[Stage], rows: pl.DataFrame, target: Target | None = None
) -> tuple[tuple[State, ...], pl.DataFrame]:
    """Return the states of steps and the transformed training rows."""
    fitting = Fitting(stages, rows.to_dict(), target)
    made = _frame(stages, fitting.columns())
    return fitting.states, made


def applied(stages: Sequence[Stage], states: Sequence[State], rows: pl.DataFrame) -> pl.DataFrame:
    return _frame(stages, apply_stages(stages, states, rows.to_dict()))


def _frame(stages: Sequence[Stage], columns: Iterable[pl.Series]) -> pl.DataFrame:
    """Return a frame with exactly the columns of the last step, in its order."""
    made = pl.DataFrame([*columns])
    assert {*made.columns} == {*stages[-1].after}
    return made.select([*stages[-1].after])


def through_graph(
    stages: Sequence[Stage], states: Sequence[State], rows: pl.DataFrame
) -> dict[str, np.ndarray[Any, Any]]:
    """Return the results of onnxruntime for `rows`, each column in the form of `as_array`."""
    before, after = stages[0].before, stages[-1].after
    graph = Graph()
    values = {
        name: input_value(graph, name, type_.dtype, TOKEN if type_.nullable else None)
        for name, type_ in before.items()
    }
    outputs = {}
    for name, value in lower_stages(stages, states, graph, values).items():
        assert value.dtype == after[name].dtype
        outputs[f"text {name}" if value.dtype == "string" else name + "'"] = value.tensor
        if value.dtype == "string":
            outputs[f"absent {name}"] = value.missing(graph)
    for name, tensor in outputs.items():
        graph.output(name, tensor, "W")
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(graph.serialize({}), options, providers=["CPUExecutionProvider"])
    wanted = [output.name for output in session.get_outputs()]
    feeds = {item.name: feed(rows[item.name]) for item in session.get_inputs()}
    found = dict(zip(wanted, session.run(wanted, feeds), strict=True))
    for name, tensor in outputs.items():
        graph.output(name, tensor, found[name].shape[1])
    inspect(graph.serialize({}))
    return {name: _answer(found, name) for name in after}


def _answer(found: Mapping[str, Any], name: str) -> np.ndarray[Any, Any]:
    if name + "'" in found:
        return np.asarray(found[name + "'"])
    pairs = zip(found[f"absent {name}"].ravel(), found[f"text {name}"].ravel(), strict=True)
    return np.array([None if absent else text for absent, text in pairs], dtype=object).reshape(-1, 1)


def feed(series: pl.Series) -> np.ndarray[Any, Any]:
    """Convert a column to an input of the artifact, [N, 1]."""
    return as_array(series.fill_null(TOKEN) if series.dtype == pl.String else series)


def as_array(series: pl.Series) -> np.ndarray[Any, Any]:
    """Convert a column to the form in the graph: doubles with NaN, int64 with NAT, or texts with None; [N, width]."""
    if series.dtype == pl.String:
        return np.array(series.to_list(), dtype=object).reshape(-1, 1)
    if series.dtype == pl.Date:
        return (series.to_physical().cast(pl.Int64) * DAY).fill_null(NAT).to_numpy().reshape(-1, 1)
    if series.dtype.is_temporal():
        return series.to_physical().fill_null(NAT).to_numpy().reshape(-1, 1)
    if isinstance(series.dtype, pl.Array):
        return series.to_numpy()
    return series.cast(pl.Float64).fill_null(float("nan")).to_numpy().reshape(-1, 1)


def assert_computed(
    expected: np.ndarray[Any, Any], found: np.ndarray[Any, Any], tolerance: float = 0.0
) -> None:
    """Check that the graph computes the same as polars, as ops have to: except for the sign of zero.

    onnxruntime's Where loses the sign of a negative zero that its condition selects; no step or learner sees it.
    """
    assert_same(_unsigned_zeros(expected), _unsigned_zeros(found), tolerance)


def _unsigned_zeros(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return array + 0.0 if array.dtype == np.float64 else array


def assert_same(expected: np.ndarray[Any, Any], found: np.ndarray[Any, Any], tolerance: float = 0.0) -> None:
    """Check that arrays are bit-identical (all NaNs are equal), or equal within a relative tolerance."""
    assert expected.shape == found.shape
    assert expected.dtype == found.dtype
    if tolerance and expected.dtype == np.float64:
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=0)
    elif expected.dtype == np.float64:
        signs = np.where(np.isnan(expected), False, np.signbit(expected))
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.where(np.isnan(found), False, np.signbit(found)), signs)
    else:
        assert found.tolist() == expected.tolist()
