"""Projects whose reports have every section, on few rows, and with every kind of column."""

from __future__ import annotations

import math
import random
from pathlib import Path

#: Names and values that would be markup if they were not escaped.
ODD = "<img src=x onerror=alert(1)>"

BINARY = """\
mlbuild: 1
project: loans
description: Is a loan paid back?
sources: {{loans: {{path: loans.csv, contract: loan}}}}
contracts:
  loan:
    columns:
      customer: string
      place: {{dtype: string, nullable: true}}
      income: {{dtype: float, nullable: true}}
      opened: date
      married: bool
      paid: bool
datasets:
  all:
    from: loans
    steps: [{{op: derive, columns: {{'income per <b>': income / 12}}}}]
    split: {{type: hash, key: customer, valid: 0.2, test: 0.3}}
    folds: {{type: hash, key: [customer], count: 2}}
models:
  trees:
    type: lightgbm.classifier
    dataset: all
    features: [place, income, opened, married, 'income per <b>']
    preprocessing: [{{op: category, columns: place}}, {{op: date_parts, columns: opened, parts: [month]}}]
    target: paid
    metrics: [roc_auc, log_loss, accuracy, recall]
    threshold: 0.4
    slices: [place, married, {{column: income, bins: [0, 1000, 2000]}}]
    cross_validation: true
    matrix: {{params: {{num_leaves: [3, 7]}}}}
    choose: log_loss
    params: {{num_iterations: 8, min_data_in_leaf: 5}}
  plain:
    type: sklearn.logistic_regression
    dataset: all
    features: [married]
    target: paid
    metrics: [roc_auc, log_loss, accuracy]
outputs:
  trees:
    model: trees
    baseline: {{type: model, model: plain}}
    gates:
      - {{gate: metric, metric: roc_auc, min: 0.5}}
      - {{gate: no_worse, metric: log_loss, margin: 0.2, severity: warn}}
tests:
  same: {{output: trees, test: invariant, columns: [married], of: label, allow: 0.9}}
  rich:
    output: trees
    given: {{place: A, income: 5000, opened: 2024-05-01, married: true}}
    expect: {{probability: {{min: 0}}}}
"""

NUMBERS = """\
mlbuild: 1
project: houses
sources: {houses: {path: houses.csv, contract: house}}
contracts: {house: {columns: {size: float, rooms: int, price: float}}}
datasets: {all: {from: houses, split: {type: random, valid: 0.2, test: 0.3}}}
models:
  price:
    type: sklearn.linear_regression
    dataset: all
    features: [size, rooms]
    target: price
outputs: {price: {model: price}, hidden: {model: price, report: false}}
"""


def loans(folder: Path, rows: int = 900) -> Path:
    """Write a project with two classes and everything that a report can tell; return the spec file."""
    rng = random.Random(0)
    lines = ["customer,place,income,opened,married,paid"]
    for _ in range(rows):
        income = rng.choice(["", f"{rng.uniform(0, 3000):.2f}"])
        place = rng.choice(["A", "B", ODD, ""])
        married = rng.random() < 0.4
        chance = 1 / (1 + math.exp(-(float(income or 1000) / 800 - 1.5 + married)))
        opened = f"2024-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        paid = str(rng.random() < chance).lower()
        lines.append(f"c{rng.randint(0, rows // 3)},{place},{income},{opened},{str(married).lower()},{paid}")
    (folder / "loans.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    file = folder / "mlbuild.yaml"
    file.write_text(BINARY.format(), encoding="utf-8")
    return file


def houses(folder: Path, rows: int = 300) -> Path:
    """Write a project that predicts a number; return the spec file."""
    rng = random.Random(0)
    lines = ["size,rooms,price"]
    for _ in range(rows):
        size, rooms = rng.uniform(30, 200), rng.randint(1, 8)
        lines.append(f"{size:.1f},{rooms},{size * 3 + rooms * 20 + rng.gauss(0, 30):.2f}")
    (folder / "houses.csv").write_text("\n".join(lines) + "\n")
    file = folder / "mlbuild.yaml"
    file.write_text(NUMBERS)
    return file


def wide(folder: Path, columns: int = 50, slices: int = 20, rows: int = 1500) -> Path:
    """Write a project with many columns and slices; return the spec file."""
    rng = random.Random(0)
    names = [f"measured_value_{number}" for number in range(columns - 1)]
    lines = [",".join([*names, "group", "y"])]
    for _ in range(rows):
        values = [rng.gauss(0, 1) for _ in names]
        lines.append(
            ",".join(
                [*(f"{one:.4f}" for one in values), f"g{rng.randrange(slices)}", str(values[0] > 0).lower()]
            )
        )
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    typed = ", ".join(f"{name}: float" for name in names)
    metrics = "metrics: [roc_auc, log_loss, accuracy, brier_score, average_precision]"
    file = folder / "mlbuild.yaml"
    file.write_text(
        "mlbuild: 1\nproject: wide\nsources: {rows: {path: rows.csv, contract: row}}\n"
        f"contracts: {{row: {{columns: {{{typed}, group: string, y: bool}}}}}}\n"
        "datasets: {all: {from: rows, split: {type: random, valid: 0.3, test: 0.4}}}\n"
        f"models: {{one: {{type: sklearn.logistic_regression, dataset: all, features: [{', '.join(names)}], "
        f"target: y, {metrics}, slices: [{{column: group, min_rows: 1}}]}}}}\n"
        "outputs: {one: {model: one}}\n"
    )
    return file
