"""A project whose table grows: customers with the number of their orders, half of whom stay. In summer, they order more."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

SPEC = """\
mlbuild: 1
project: stays
sources: {customers: {path: customers.csv, contract: customer}}
contracts:
  customer:
    columns: {day: date, country: {dtype: string, categories: [AT, CH, DE]}, orders: {dtype: int, min: 0}, spent: float, stays: bool}
datasets: {all: {from: customers, split: {type: time, column: day, test_from: 2025-04-01}}}
models:
  stays:
    type: sklearn.logistic_regression
    dataset: all
    features: [country, orders, spent]
    preprocessing: [{op: one_hot, columns: country}, {op: standard, columns: [orders, spent]}]
    target: stays
    metrics: [log_loss]
outputs:
  stays:
    model: stays
    baseline: {type: channel, name: prod}
    gates: [{gate: no_worse, metric: log_loss, margin: 0.02}, {gate: metric, metric: log_loss, max: 0.6}]
"""
#: How many customers there are a day.
DAILY = 20


def customers(day: date, count: int, *, summer: bool) -> Iterator[dict[str, Any]]:
    """Yield the rows of a day. Those who order more than is usual stay."""
    rng = np.random.default_rng(day.toordinal())
    usual = 14 if summer else 6
    for orders, spent, country, chance in zip(
        rng.poisson(usual, count).tolist(),
        rng.lognormal(3, 1, count).round(2).tolist(),
        rng.choice(["AT", "CH", "DE"], count, p=[0.2, 0.1, 0.7]).tolist(),
        rng.uniform(size=count).tolist(),
        strict=True,
    ):
        stays = chance < 1 / (1 + np.exp(usual - orders))
        yield {"day": day, "country": country, "orders": orders, "spent": spent, "stays": str(stays).lower()}


def stays(folder: Path) -> Path:
    """Write the spec into a folder; return its file."""
    file = folder / "mlbuild.yaml"
    file.write_text(SPEC, encoding="utf-8")
    return file


def until(folder: Path, first: date, last: date, summer: date) -> None:
    """Write the table as it is on the `last` day; the summer begins at a day."""
    days = [first + timedelta(days=number) for number in range((last - first).days)]
    rows = [row for day in days for row in customers(day, DAILY, summer=day >= summer)]
    with (folder / "customers.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [*rows[0]], lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
