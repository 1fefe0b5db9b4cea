"""Which columns can be infinite, and which results of arithmetic can therefore be missing, as users see it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlbuild import api

SPEC = """\
mlbuild: 1
project: limits
sources:
  rows: {path: rows.csv, contract: row}
contracts:
  row:
    columns:
      low: %s
      high: %s
      y: float
datasets:
  cases:
    from: rows
    steps:
      - {op: derive, columns: {range: %s}}
    split: {type: random, test: 0.2}
models:
  plain: {type: %s, dataset: cases, features: [range], target: y}
outputs:
  plain: {model: plain}
"""
ANY = "{dtype: float, finite: false}"
WARNED = "{dtype: float, severity: {finite: warn}}"
SOME = "{dtype: float, max_share: {finite: 0.01}}"
BETWEEN = "{dtype: float, finite: false, min: 0, max: 9}"
FROM = "{dtype: float, finite: false, min: 0}"
LINEAR, TREES = "sklearn.linear_regression", "lightgbm.regressor"


@pytest.mark.parametrize(
    ("low", "high", "expression", "learner", "missing"),
    [
        ("float", "float", "high - low", LINEAR, False),
        ("float", "float", "high * low - high / 2", LINEAR, False),
        ("float", ANY, "high - low", LINEAR, False),
        (ANY, ANY, "high - low", LINEAR, True),
        (ANY, ANY, "high - low", TREES, False),
        (ANY, "int", "high * low", LINEAR, True),
        (ANY, "int", "low * 2", LINEAR, False),
        (WARNED, WARNED, "high - low", LINEAR, True),
        (SOME, SOME, "high - low", LINEAR, True),
        (BETWEEN, BETWEEN, "high - low", LINEAR, False),
        (FROM, FROM, "high - low", LINEAR, True),
    ],
)
def test_a_difference_of_infinite_columns_can_be_missing(
    tmp_path: Path, low: str, high: str, expression: str, learner: str, missing: bool
) -> None:
    text = SPEC % (low, high, expression, learner)
    (tmp_path / "mlbuild.yaml").write_text(text)
    (tmp_path / "rows.csv").write_text("low,high,y\n1,2,1\n")
    _, found = api.check(tmp_path / "mlbuild.yaml")
    expected = (
        f"model 'plain': column 'range' can have missing values, but {LINEAR} does not support missing values"
    )
    assert [one.message for one in found] == [expected] * missing


def test_an_overflow_is_found_in_the_training_rows(tmp_path: Path) -> None:
    """Types do not predict it: a model that needs finite numbers names the column."""
    (tmp_path / "mlbuild.yaml").write_text(SPEC % ("float", "float", "high * 10 - low * 10", LINEAR))
    rows = [f"{number}e306,{number}e306,{number}" for number in range(40)]
    (tmp_path / "rows.csv").write_text("\n".join(["low,high,y", *rows, ""]))
    result = api.build(api.load(tmp_path / "mlbuild.yaml"), ["*"], threads=1)
    (failure,) = result.failures.values()
    assert failure.kind == "data"
    assert re.fullmatch(r"column 'range' is missing or infinite in \d+ of 32 training rows", failure.message)
