"""A fitted learner as an ONNX model, and the results of onnxruntime for rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import polars as pl

from mlbuild.columns import Schema
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value, input_value
from mlbuild.models.answers.answer import Answer, Coding
from mlbuild.models.learner import Learner
from mlbuild.models.training import Rows


def exported(learner: Learner, fitted: bytes, rows: Rows) -> bytes:
    """Return the model. A vector column `v` has the inputs `v.0`, `v.1`, ..."""
    graph = Graph()
    values = {}
    for name, type_ in rows.schema.items():
        if type_.dtype == "vector":
            parts = [graph.input(f"{name}.{index}", "double") for index in range(_width(rows, name))]
            values[name] = Value("vector", graph.call("Concat", *parts, axis=1))
        else:
            values[name] = input_value(graph, name, type_.dtype)
    scores = learner.lower(fitted, graph, values, rows.schema)
    graph.output("scores", scores, "K")
    return graph.serialize({})


def outputs_in_file(
    answer: type[Answer], scores: np.ndarray[Any, Any], coding: Coding
) -> dict[str, np.ndarray[Any, Any]]:
    """Return what the ONNX form of an answer makes of scores."""
    graph = Graph()
    columns = [graph.input(f"s{index}", "double") for index in range(scores.shape[1])]
    whole = graph.call("Concat", *columns, axis=1)
    for output, tensor in zip(
        answer.outputs(coding), answer.lower(graph, whole, coding).values(), strict=True
    ):
        graph.output(output.name, tensor, output.width)
    session = onnxruntime.InferenceSession(graph.serialize({}), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    given = {f"s{index}": np.ascontiguousarray(scores[:, [index]]) for index in range(scores.shape[1])}
    return dict(zip(names, map(np.asarray, session.run(names, given)), strict=True))


def answers(model: bytes, rows: Rows) -> np.ndarray[Any, Any]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["scores"], feed(rows))[0])


def feed(rows: Rows) -> dict[str, np.ndarray[Any, Any]]:
    """Return the inputs of an exported model."""
    columns = {}
    for name, type_ in rows.schema.items():
        if type_.dtype == "vector":
            for index in range(_width(rows, name)):
                columns[f"{name}.{index}"] = _column(rows.features[name].arr.get(index))
        else:
            columns[name] = _column(rows.features[name])
    return columns


def _column(column: pl.Series) -> np.ndarray[Any, Any]:
    numbers = column.cast(pl.Float64).to_numpy()
    return np.ascontiguousarray(numbers, dtype=np.float64).reshape(-1, 1)


def _width(rows: Rows, name: str) -> int:
    dtype = rows.features.schema[name]
    assert isinstance(dtype, pl.Array)
    return dtype.size


def schema(**dtypes: str) -> Schema:
    """`schema(a="float?")`: a question mark makes a column nullable."""
    from mlbuild.columns import ColumnType

    return Schema({name: ColumnType(text.rstrip("?"), text.endswith("?")) for name, text in dtypes.items()})
