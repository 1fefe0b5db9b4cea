from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import KBinsDiscretizer

from mlbuild.diagnostics import Failed
from tests.ops.written import after, problems, transformed

INF = float("inf")


def test_an_edge_belongs_to_the_bin_above_it() -> None:
    text = "{op: bin, columns: age, strategy: edges, edges: [18, 65]}"
    rows = {"age": [-INF, 17.9, 18.0, 64.9, 65.0, INF, None]}
    assert transformed(text, rows, age="float?") == {"age": [0, 0, 1, 1, 2, 2, None]}
    assert after(text, age="float?") == {"age": "int?"}
    assert after(text, age="int") == {"age": "int"}


@pytest.mark.parametrize("strategy", ["quantile", "uniform"])
@pytest.mark.parametrize("n_bins", [2, 5, 100])
@pytest.mark.parametrize("dtype", ["int", "float"])
def test_the_bins_are_those_of_scikit_learn(strategy: str, n_bins: int, dtype: str) -> None:
    chance = np.random.default_rng(0)
    train, later = (chance.gamma(2, 300, 400).round(0 if dtype == "int" else 9) for _ in range(2))
    bins = KBinsDiscretizer(n_bins, encode="ordinal", strategy=strategy).fit(train.reshape(-1, 1))
    text = f"{{op: bin, columns: x, strategy: {strategy}, n_bins: {n_bins}}}"
    cells = [{"x": values.astype(dtype).tolist()} for values in (train, later)]
    expected = bins.transform(later.reshape(-1, 1)).ravel()
    np.testing.assert_array_equal(transformed(text, *cells, x=dtype)["x"], expected)


def test_equal_quantiles_make_fewer_bins() -> None:
    text = "{op: bin, columns: x, n_bins: 4}"
    assert transformed(text, {"x": [0, 0, 0, 0, 0, 7, 8]}, {"x": [-1, 0, 7, 9]}, x="int") == {
        "x": [0, 0, 1, 1]
    }
    assert transformed(text, {"x": [3, 3]}, {"x": [-1, 3, 9]}, x="int") == {"x": [0, 0, 0]}


@pytest.mark.parametrize("strategy", ["quantile", "uniform"])
def test_bins_without_end_cannot_be_learned(strategy: str) -> None:
    text = f"{{op: bin, columns: x, strategy: {strategy}}}"
    with pytest.raises(
        Failed, match="column 'x' has values in the training rows that are infinite or too large"
    ):
        transformed(text, {"x": [1.0, INF]}, x="float")
    with pytest.raises(Failed, match="column 'x' has no values in the training rows"):
        transformed(text, {"x": [None]}, x="float?")


@pytest.mark.parametrize(
    ("written", "at", "message"),
    [
        ("strategy: edges", "0", "strategy 'edges' needs 'edges'"),
        ("edges: [1]", "0.edges", "'edges' has no effect with strategy 'quantile'"),
        (
            "strategy: edges, edges: [1], n_bins: 3",
            "0.n_bins",
            "'n_bins' has no effect with strategy 'edges'",
        ),
        ("strategy: edges, edges: [1, 3, 2]", "0.edges.2", "2 is not above the edge before it"),
        ("strategy: edges, edges: [1, 1]", "0.edges.1", "1 is not above the edge before it"),
        (
            f"strategy: edges, edges: {[*range(1000)]}",
            "0.edges",
            "there must be fewer than 1,000 edges",
        ),
    ],
    ids=range(6),
)
def test_parameters_that_make_no_sense_together_are_refused(written: str, at: str, message: str) -> None:
    assert problems(f"{{op: bin, columns: x, {written}}}", x="float") == [(at, message)]
