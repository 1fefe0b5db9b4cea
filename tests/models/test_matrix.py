"""Rows become one float64 column for each number, in the order of the schema."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from mlbuild.models.matrix import categorical, expanded, matrix
from mlbuild.models.training import Rows
from tests.models.artifacts import schema

FRAME = pl.DataFrame(
    {
        "unused": [date(2020, 1, 1)] * 3,
        "price": [1.5, None, float("inf")],
        "kind": [2.0, None, 1.0],
        "block": pl.Series([[1.0, 2.0], None, [3.0, None]], dtype=pl.Array(pl.Float64, 2)),
        "count": [2**53, None, -3],
        "flag": [True, None, False],
    }
)
SCHEMA = schema(flag="bool?", block="vector?", kind="category?", count="int?", price="float?")


def test_every_dtype() -> None:
    nan = np.nan
    expected = [
        [1.0, 1.0, 2.0, 2.0, 2.0**53, 1.5],
        [nan, nan, nan, nan, nan, nan],
        [0.0, 3.0, nan, 1.0, -3.0, np.inf],
    ]
    found = matrix(Rows(FRAME, SCHEMA))
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


def test_names_are_plain_and_missing_is_null() -> None:
    frame = expanded(Rows(FRAME, SCHEMA))
    assert frame.schema == {f"f{index}": pl.Float64 for index in range(6)}
    assert frame.row(1) == (None,) * 6


def test_places_of_categories_count_the_elements_of_vectors() -> None:
    assert categorical(Rows(FRAME, SCHEMA)) == [3]
    assert categorical(Rows(FRAME, schema(kind="category", price="float"))) == [0]


def test_no_rows() -> None:
    assert matrix(Rows(FRAME[:0], SCHEMA)).shape == (0, 6)
