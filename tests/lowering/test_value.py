"""How a raw column enters the graph, and how missing values are represented there."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from mlbuild.columns import DTYPES
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import ELEMENTS, NAT, Value, input_value


def missing(dtype: str, values: list[Any], null_token: str | None = "") -> list[bool]:
    graph = Graph()
    value = input_value(graph, "x", dtype, null_token)
    assert value.dtype == dtype
    graph.output("missing", value.missing(graph))
    session = ort.InferenceSession(graph.serialize({}))
    kind = {"double": "float64", "int64": "int64", "string": "object"}[ELEMENTS[dtype]]
    (made,) = session.run(None, {"x": np.array(values, dtype=kind).reshape(-1, 1)})
    assert made.shape == (len(values), 1)
    return list(made.ravel().tolist())


@pytest.mark.parametrize("dtype", ["bool", "int", "float"])
def test_a_missing_number_is_nan(dtype: str) -> None:
    assert missing(dtype, [0.0, 1.0, np.nan]) == [False, False, True]


def test_an_infinity_is_not_missing() -> None:
    assert missing("float", [np.inf, -np.inf, -0.0]) == [False, False, False]


@pytest.mark.parametrize("dtype", ["date", "datetime"])
def test_a_missing_moment_is_the_lowest_integer(dtype: str) -> None:
    assert missing(dtype, [0, -1, NAT, NAT + 1]) == [False, False, True, False]
    assert np.array([NAT]).view("datetime64[us]")[0] != np.array([NAT]).view("datetime64[us]")[0]


def test_a_missing_text_is_the_null_token() -> None:
    assert missing("string", ["a", "", " "]) == [False, True, False]
    assert missing("string", ["a", "", "NA"], null_token="NA") == [False, False, True]
    assert missing("string", ["a", "", "NA"], null_token=None) == [False, False, False]


@pytest.mark.parametrize("dtype", list(DTYPES))
def test_no_rows(dtype: str) -> None:
    assert missing(dtype, []) == []


def test_each_dtype_that_a_contract_declares_has_an_element_type() -> None:
    assert set(DTYPES) <= set(ELEMENTS)


def test_a_text_without_a_mask_is_never_missing() -> None:
    graph = Graph()
    value = Value("string", graph.input("s", "string"))
    graph.output("missing", value.missing(graph))
    (made,) = ort.InferenceSession(graph.serialize({})).run(
        None, {"s": np.array([["", "a"]], dtype=object).T}
    )
    assert made.ravel().tolist() == [False, False]
