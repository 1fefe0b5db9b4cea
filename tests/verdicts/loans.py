"""A small project with tests: loans that are repaid or not, with more debt for lower incomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

SPEC = """\
mlbuild: 1
project: loans
sources: {rows: {path: rows.csv, contract: row}}
contracts:
  row:
    columns:
      id: int
      income: {dtype: float, min: 0}
      debt: {dtype: float, nullable: true}
      city: {dtype: string, categories: [Rome, Oslo]}
      member: {dtype: bool, nullable: true}
      repaid: bool
datasets:
  all: {from: rows, split: {type: hash, key: [id], valid: 0.2, test: 0.3}}
models:
  trees:
    type: lightgbm.classifier
    dataset: all
    features: [income, debt, city, member]
    preprocessing: [{op: category, columns: city}]
    target: repaid
    metrics: [roc_auc, log_loss, accuracy]
    params: {num_iterations: 20, num_leaves: 7, min_data_in_leaf: 10}
  line:
    type: sklearn.logistic_regression
    dataset: all
    features: [income, debt]
    preprocessing:
      - {op: impute, columns: debt, strategy: median}
      - {op: standard, columns: [income, debt]}
    target: repaid
    metrics: [roc_auc, log_loss, accuracy]
outputs:
  trees: {model: trees}
  line: {model: line}
"""
TESTS = """\
tests:
  rich:
    output: trees
    given: {income: 9000, debt: 100, city: Rome, member: true}
    expect: {label: true, probability: {min: 0.8}}
  poor:
    output: trees
    rows:
      - given: {income: 100, debt: 900, city: Oslo, member: false}
        expect: {label: false}
      - given: {income: 200, city: Rome}
        expect: {probabilities: {'true': {max: 0.5}}}
  nobody_moves:
    output: trees
    test: invariant
    columns: [city]
    within: 0.2
  more_debt:
    output: line
    test: monotone
    column: debt
    direction: decreasing
  scaled:
    output: line
    test: features
    given: {income: 5000}
    expect: {debt: 0}
    within: 0.5
"""


def rows(count: int = 600) -> pl.DataFrame:
    chance = np.random.default_rng(7)
    income = chance.uniform(0, 10_000, count).round()
    debt = chance.uniform(0, 1000, count).round()
    return pl.DataFrame(
        {
            "id": np.arange(count),
            "income": income,
            "debt": pl.Series(debt).set(pl.Series(chance.random(count) < 0.1), None),
            "city": chance.choice(["Rome", "Oslo"], count),
            "member": chance.random(count) < 0.5,
            "repaid": income - 5 * debt + chance.normal(0, 1000, count) > 2500,
        }
    )


def loans(
    folder: Path, more: str = TESTS, data: pl.DataFrame | None = None, *changes: tuple[str, str]
) -> Path:
    """Write the project, with more sections and some fragments of the spec replaced; return the spec file."""
    (rows() if data is None else data).write_csv(folder / "rows.csv")
    text = SPEC + more
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / "mlbuild.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def edited(file: Path, *changes: tuple[str, Any]) -> None:
    """Replace fragments of a spec, each of which occurs once."""
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
