"""Small projects on real rows, which are written into a test folder and built there."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from mlbuild import api
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.queries.targets import with_descendants

SPECS = Path(__file__).resolve().parents[1] / "specs"

#: Every op in the catalogue between raw columns and trees. Training takes a tenth of a second.
DELAYS = """\
mlbuild: 1
project: delays
seed: 3
sources:
  flights: {path: flights.parquet, contract: flight}
  planes: {path: planes.csv, null_values: [NA], contract: plane}
contracts:
  flight:
    columns:
      time_hour: datetime
      sched_dep: datetime
      carrier: {dtype: string, categories: [9E, AA, AS, B6, DL, EV, F9, FL, HA, MQ, OO, UA, US, VX, WN, YV]}
      tailnum: {dtype: string, nullable: true}
      origin: {dtype: string, categories: [EWR, JFK, LGA]}
      dest: string
      distance: {dtype: int, min: 0}
      arr_delay: {dtype: int, nullable: true, serving: false}
  plane:
    unique: [tailnum]
    columns: {tailnum: string, year: {dtype: int, nullable: true}, seats: {dtype: int, min: 1}}
datasets:
  departures:
    from: flights
    steps:
      - {op: join, with: planes, using: [tailnum], how: left, cardinality: many_to_one, prefix: plane_}
      - {op: filter, where: arr_delay IS NOT NULL}
      - op: derive
        columns:
          late: arr_delay > 15
          age: CASE WHEN plane_year > 1990.5 THEN 2013 - plane_year ELSE 23.7 END
    split: {type: hash, key: [tailnum, time_hour], valid: 0.2, test: 0.2}
preprocessing:
  all:
    - {op: date_parts, columns: sched_dep, parts: [hour, minute, weekday]}
    - {op: impute, columns: [plane_seats], strategy: median}
    - {op: standard, columns: [plane_seats, distance]}
    - {op: derive, columns: {far: distance * 0.3 + plane_seats / 7}}
    - {op: ordinal, columns: origin}
    - {op: category, columns: dest}
    - {op: one_hot, columns: carrier}
models:
  late:
    type: lightgbm.classifier
    dataset: departures
    features: [carrier, origin, dest, sched_dep, distance, age, plane_seats]
    preprocessing: all
    target: late
    params: {num_iterations: 25, num_leaves: 15, min_data_in_leaf: 5}
outputs:
  late: {model: late}
"""


def delays(folder: Path, spec: str = DELAYS, every: int = 60) -> Path:
    """Write the project `delays` with every n-th (`every`) of the real flights; return the spec file."""
    columns = "time_hour sched_dep carrier tailnum origin dest distance arr_delay".split()
    flights = pl.read_parquet(SPECS / "flights/data/flights.parquet", columns=columns)
    flights.gather_every(every).write_parquet(folder / "flights.parquet")
    (folder / "planes.csv").write_bytes((SPECS / "flights/data/planes.csv").read_bytes())
    file = folder / "mlbuild.yaml"
    file.write_text(spec)
    return file


ONE_MODEL = """\
mlbuild: 1
project: small
sources: {{rows: {{path: rows.csv, contract: row}}}}
contracts: {{row: {{columns: {{{columns}}}}}}}
datasets: {{all: {{from: rows, split: {{type: random}}}}}}
models: {{one: {{dataset: all, {model}}}}}
outputs: {{one: {{model: one}}}}
"""


def one_model(folder: Path, columns: str, rows: str, model: str) -> Path:
    """Write a project with one model on the rows of a CSV file; return the spec file."""
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    file = folder / "mlbuild.yaml"
    file.write_text(ONE_MODEL.format(columns=columns, model=model), encoding="utf-8")
    return file


def built(file: Path, *targets: str) -> BuildResult:
    """Build a project; the build must succeed."""
    result = api.build(api.load(file), targets, threads=1)
    assert result.ok, {name: failure.message for name, failure in result.failures.items()}
    return result


def after(file: Path, *tasks: str) -> frozenset[str]:
    """Return tasks of a project and everything that depends on them, directly or indirectly: what runs if what they
    make changes.
    """
    return with_descendants(api.plan(api.load(file)), tasks)


def copied(project: Path, place: Path) -> None:
    """Copy a built project so that its store can be used: keep the identity of the file by which a store recognizes
    its folder.
    """
    shutil.copytree(project, place, dirs_exist_ok=True)
    here = place / ".mlbuild" / "here"
    here.unlink()
    here.hardlink_to(project / ".mlbuild" / "here")
