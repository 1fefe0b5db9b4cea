from __future__ import annotations

import polars as pl
import pytest

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Failed
from mlbuild.ops.vocabulary import fit_vocabulary

OPEN = ColumnType("string")


def test_words_are_sorted_by_code_point() -> None:
    column = pl.Series("x", ["b", "é", "a", None, "B", "", "b"])
    assert fit_vocabulary("ordinal", column, OPEN, 10) == ["", "B", "a", "b", "é"]


def test_the_contract_decides_whatever_the_rows_hold() -> None:
    closed = ColumnType("string", categories=("z", "a"))
    assert fit_vocabulary("ordinal", pl.Series("x", ["a", None]), closed, 10) == ["z", "a"]
    assert fit_vocabulary("ordinal", pl.Series("x", [None], dtype=pl.String), closed, 10) == ["z", "a"]


def test_a_column_that_is_missing_everywhere_has_no_words() -> None:
    with pytest.raises(Failed) as failed:
        fit_vocabulary("ordinal", pl.Series("x", [None], dtype=pl.String), OPEN, 10)
    assert failed.value.failure.kind == "data"
    assert failed.value.failure.message == "column 'x' has no values in the train rows"


def test_too_many_words_are_refused() -> None:
    column = pl.Series("id", [str(number) for number in range(1_001)])
    with pytest.raises(Failed) as failed:
        fit_vocabulary("one_hot", column, OPEN, 1_000)
    assert (
        failed.value.failure.message
        == "column 'id' has 1,001 distinct values, but 'one_hot' supports at most 1,000"
    )
    assert failed.value.failure.details == {"column": "id", "values": 1_001, "limit": 1_000}


def test_a_word_that_a_double_cannot_hold_is_refused() -> None:
    closed = ColumnType("int", categories=(2**53, 2**53 + 1))
    with pytest.raises(Failed) as failed:
        fit_vocabulary("ordinal", pl.Series("x", [1]), closed, 10)
    assert failed.value.failure.message == (
        "column 'x' has a category beyond 2^53; declare the column as a string"
    )
