"""Flights with planted faults: cells that violate a contract in which every rule occurs, and what a build must find."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import polars as pl

from tests.projects import SPECS

SPEC = """\
mlbuild: 1
project: planted
sources:
  flights: {path: flights.csv, contract: flight}
  planes: {path: planes.csv, contract: plane}
contracts:
  flight:
    unique: [first, second]
    rows: {max: ROWS}
    columns:
      id: {dtype: int, unique: true, monotone: strictly_increasing}
      first: int
      second: int
      carrier: {dtype: string, categories: [9E, AA, AS, B6, DL, EV, F9, FL, HA, MQ, OO, UA, US, VX, WN, YV]}
      flight: {dtype: int, min: 1, max: 9999}
      dest: {dtype: string, pattern: "[A-Z]{3}"}
      tailnum: {dtype: string, min_length: 3, max_length: 8}
      distance: {dtype: float, min: 0, exclusive_min: true}
      gate: {dtype: int, nullable: true, max_null_share: 0}
      time_hour: {dtype: datetime, min: 2013-01-01, max: 2014-01-02}
      plane: {dtype: int, references: {source: planes, column: number}}
      minutes: float
      seen: {dtype: date, max_age: 30d}
      delayed: bool
    checks: {short: {where: minutes < 1000}}
  plane: {columns: {number: int}}
datasets:
  all: {from: flights, split: {type: random, test: 0.2}}
models:
  m: {type: sklearn.ridge, dataset: all, features: [distance, gate], preprocessing: [{op: impute, columns: gate, strategy: median}], target: minutes}
outputs: {m: {model: m}}
warnings: {split-overlap: ignore, no-skill: ignore}
"""
Found: TypeAlias = Mapping[tuple[tuple[str, ...], str], list[int]]
#: What is written into a cell of a column, and the rule that this violates.
CELLS: list[tuple[str, str, str]] = [
    ("carrier", "XX", "categories"),
    ("carrier", "aa", "categories"),
    ("carrier", "", "not null"),
    ("flight", "0", "min 1"),
    ("flight", "10000", "max 9999"),
    ("flight", "many", "parses as int"),
    ("flight", "12.5", "parses as int"),
    ("flight", "", "not null"),
    ("dest", "abc", "pattern [A-Z]{3}"),
    ("dest", "ABCD", "pattern [A-Z]{3}"),
    ("tailnum", "N1", "min_length 3"),
    ("tailnum", "N12345678", "max_length 8"),
    ("distance", "0", "min 0 (exclusive)"),
    ("distance", "-3.5", "min 0 (exclusive)"),
    ("distance", "inf", "finite"),
    ("distance", "1,5", "parses as float"),
    ("gate", "", "max_null_share 0.0"),
    ("gate", "A7", "parses as int"),
    ("time_hour", "2012-12-31T23:00:00", "min 2013-01-01"),
    ("time_hour", "2015-01-01", "max 2014-01-02"),
    ("time_hour", "yesterday", "parses as datetime"),
    ("plane", "999999", "references planes.number"),
    ("minutes", "1000", "check short"),
    ("delayed", "maybe", "parses as bool"),
    ("delayed", "", "not null"),
]
#: Faults that are about several rows.
REPEATED, REPEATED_TOGETHER = "an id again", "a pair again"


def clean(every: int) -> pl.DataFrame:
    """Return real flights as texts, all of which satisfy the contract."""
    rows = pl.read_parquet(SPECS / "flights/data/flights.parquet").gather_every(every)
    number = pl.int_range(pl.len())
    return rows.select(
        id=10 + 2 * number,
        first=number // 7,
        second=number % 7,
        carrier="carrier",
        flight="flight",
        dest="dest",
        tailnum=pl.col("tailnum").fill_null("N00000"),
        distance=pl.col("distance").cast(pl.Float64),
        gate=number % 50,
        time_hour=pl.col("time_hour").dt.strftime("%Y-%m-%dT%H:%M:%S"),
        plane=number % 100,
        seen=pl.when(number == 0).then(pl.lit("2999-12-31")).otherwise(pl.lit("2013-01-01")),
        minutes=(pl.col("distance") / 8).cast(pl.Float64).clip(0, 900),
        delayed=pl.when(number % 2 == 0).then(pl.lit("true")).otherwise(pl.lit("false")),
    ).cast(pl.String)


def plant(folder: Path, faults: int, chance: random.Random, every: int) -> Found:
    """Write a project with that many faults in its flights; return the rows of each violation, from 1."""
    table = clean(every)
    columns = {name: table[name].to_list() for name in table.columns}
    found: dict[tuple[tuple[str, ...], str], set[int]] = defaultdict(set)
    used: set[tuple[str, int]] = set()
    # The column, what is written into it, and the rule; only the column if the fault is about several rows.
    kinds = [*CELLS, ("id", "", REPEATED), ("first", "", REPEATED_TOGETHER)]
    # Each kind occurs.
    for name, value, rule in [*kinds, *chance.choices(kinds, k=max(faults - len(kinds) - 1, 0))]:
        row = _free(name, table.height, used, chance)
        if rule == REPEATED:
            columns["id"][row] = columns["id"][row - 1]
            found[("id",), "unique"] |= {row, row + 1}
            found[("id",), "monotone strictly_increasing"].add(row + 1)
        elif rule == REPEATED_TOGETHER:
            for one in ("first", "second"):
                columns[one][row] = columns[one][row - 1]
            found[("first", "second"), "unique [first, second]"] |= {row, row + 1}
        else:
            columns[name][row] = value
            found[(name,), rule].add(row + 1)
    for name, value in _one_more(columns).items():
        columns[name].append(value)
    columns["seen"] = ["2013-01-02"] * len(columns["seen"])  # also of the newest rows
    found[("seen",), "max_age 30d"] = set()
    found[(), f"rows max {table.height}"] = set()
    (folder / "mlbuild.yaml").write_text(SPEC.replace("ROWS", str(table.height)))
    pl.DataFrame(columns).write_csv(folder / "flights.csv")
    (folder / "planes.csv").write_text("number\n" + "".join(f"{number}\n" for number in range(100)))
    return {key: sorted(rows) for key, rows in found.items()}


def _free(column: str, height: int, used: set[tuple[str, int]], chance: random.Random) -> int:
    """Return a row after the first one whose cell, and those of its neighbors, have no fault."""
    while True:
        row = chance.randrange(2, height - 1)
        if not {(column, row - 1), (column, row), (column, row + 1)} & used:
            used.add((column, row))
            return row


def _one_more(columns: Mapping[str, list[str]]) -> dict[str, str]:
    """Return the values of another row without faults."""
    plain = clean(3000).row(0, named=True)
    new = {
        "id": str(10 + 2 * len(columns["id"])),
        "first": str(len(columns["id"]) // 7),
        "second": str(len(columns["id"]) % 7),
    }
    return {**plain, **new}
