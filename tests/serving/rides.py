"""A project with columns of every dtype, and two models of them: of a number and of a class."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

from tests.projects import built

SPEC = """\
mlbuild: 1
project: rides
sources: {rides: {path: rides.csv, contract: ride}}
contracts:
  ride:
    columns:
      zone: {dtype: string, categories: [north, south, öst]}
      note: {dtype: string, nullable: true, max_length: 20}
      km: {dtype: float, nullable: true, min: 0, max: 100}
      stops: {dtype: int, min: 0}
      shared: bool
      day: date
      start: {dtype: datetime, nullable: true, min: 2020-01-01}
      fare: float
datasets: {all: {from: rides, split: {type: random}}}
preprocessing:
  parts:
    - {op: date_parts, columns: day, parts: [weekday]}
    - {op: date_parts, columns: start, parts: [hour]}
    - {op: category, columns: [zone, note]}
models:
  fare:
    type: lightgbm.regressor
    dataset: all
    features: [zone, note, km, stops, shared, day, start]
    preprocessing: parts
    target: fare
    params: {num_iterations: 8, num_leaves: 6, min_data_in_leaf: 5}
  zone:
    type: lightgbm.classifier
    dataset: all
    features: [km, fare, start]
    preprocessing: [{op: date_parts, columns: start, parts: [hour]}]
    target: zone
    params: {num_iterations: 4, num_leaves: 5, min_data_in_leaf: 5}
outputs:
  fare: {model: fare}
  zone: {model: zone}
"""
#: A row for the model `fare`.
RIDE: dict[str, Any] = {
    "zone": "north",
    "note": None,
    "km": 12.5,
    "stops": 2,
    "shared": True,
    "day": "2024-02-29",
    "start": "2024-02-29T08:30:00",
}
#: One for the model `zone`.
TRIP = {"km": 12.5, "fare": 30.25, "start": None}


def ride(chance: random.Random) -> dict[str, Any]:
    """Return a random row, with the target."""
    row: dict[str, Any] = {
        "zone": chance.choice(["north", "south", "öst"]),
        "note": chance.choice([None, "late", "two, bags", 'a "quoted" one']),
        "km": chance.choice([None, round(chance.uniform(0, 60), 3)]),
        "stops": chance.randrange(5),
        "shared": chance.random() < 0.4,
        "day": f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
        "start": chance.choice([None, f"2024-03-05T{chance.randrange(24):02}:15:00.25"]),
    }
    return row | {"fare": round(3 + 2 * (row["km"] or 9) + row["stops"] - 4 * row["shared"], 2)}


def rides(folder: Path, count: int = 300) -> Path:
    """Write the project with random rows and build it; return its folder."""
    chance = random.Random(5)
    rows = [ride(chance) for _ in range(count)]
    with (folder / "rides.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [*rows[0]], lineterminator="\n")
        table.writeheader()
        table.writerows(row | {"shared": str(row["shared"]).lower()} for row in rows)
    (folder / "mlbuild.yaml").write_text(SPEC, encoding="utf-8")
    built(folder / "mlbuild.yaml")
    return folder
