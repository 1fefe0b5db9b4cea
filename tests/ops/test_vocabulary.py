from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import polars as pl
import pytest

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Failed
from mlbuild.lowering.graph import Graph
from mlbuild.lowering.value import Value, input_value
from mlbuild.ops.vocabulary import Codes, fit_vocabulary

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
    assert failed.value.failure.message == "column 'x' has no values in the training rows"


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


@pytest.mark.parametrize(
    ("token", "words", "unknown", "missing", "operators"),
    [
        ("", ["a", "b"], None, None, ["LabelEncoder"]),
        ("", ["a", "b"], 0, -1, ["LabelEncoder"]),
        (None, ["", "a"], 0, None, ["LabelEncoder"]),
        ("-", ["", "a"], None, None, ["LabelEncoder"]),
        # A word that looks like a missing value is none: here, the token.
        ("a", ["a", "b"], None, None, ["Equal", "LabelEncoder", "Where"]),
        ("a", ["a", "b"], 0, -1, ["Equal", "LabelEncoder", "Where"]),
    ],
)
def test_a_lookup_alone_finds_the_missing_texts_of_an_input(
    token: str | None, words: list[str], unknown: int | None, missing: int | None, operators: list[str]
) -> None:
    codes, graph = Codes(words, 1, unknown, missing), Graph()
    graph.output("code", codes.lower(graph, input_value(graph, "x", "string", token)))
    written = graph.serialize({})
    assert [node.op_type for node in onnx.load_from_string(written).graph.node] == operators
    texts = ["a", "b", "", "-", "c"]
    (made,) = ort.InferenceSession(written).run(None, {"x": np.array(texts, dtype=object).reshape(-1, 1)})
    column = pl.Series([None if text == token else text for text in texts])
    wanted = codes.apply(column).cast(pl.Float64).fill_null(float("nan"))
    assert made.ravel().tolist() == pytest.approx(wanted.to_list(), nan_ok=True)


def test_a_computed_text_is_told_apart_by_its_mask() -> None:
    """Where a computed text is missing, it can be any word."""
    graph = Graph()
    x = input_value(graph, "x", "string", "")
    computed = Value("string", graph.constant("a", "string"), x.absent)
    graph.output("code", Codes(["a"], 1, None, None).lower(graph, computed))
    (made,) = ort.InferenceSession(graph.serialize({})).run(
        None, {"x": np.array([["a"], [""]], dtype=object)}
    )
    assert made.ravel().tolist() == pytest.approx([1.0, float("nan")], nan_ok=True)
