"""A small spec to check, and what is reported about it."""

from __future__ import annotations

from pathlib import Path

from mlbuild.diagnostics import Diagnostic
from mlbuild.spec.check import check
from mlbuild.spec.spec import Spec
from tests.spec.written import told

FLIGHTS = """\
mlbuild: 1
project: delays
seed: 7
sources:
  flights: {path: flights.csv, contract: flight}
  planes: {path: planes.csv, contract: plane}
contracts:
  flight:
    columns:
      day: date
      carrier: {dtype: string, categories: [AA, UA]}
      tailnum: {dtype: string, nullable: true}
      distance: float
      arr_delay: {dtype: float, nullable: true, serving: false}
  plane:
    unique: [tailnum]
    columns: {tailnum: string, seats: int}
datasets:
  departures:
    from: flights
    steps:
      - op: join
        with: planes
        using: [tailnum]
      - op: filter
        where: arr_delay IS NOT NULL
      - op: derive
        columns:
          late: arr_delay > 15
          far: distance > 1000
    split: {type: time, column: day, valid_from: 2013-10-01}
preprocessing:
  tabular:
    - op: category
      columns: {dtype: string}
models:
  late:
    type: lightgbm.classifier
    dataset: departures
    features: [carrier, distance, seats]
    preprocessing: tabular
    target: late
    metrics: [roc_auc]
    early_stopping: {rounds: 5}
outputs:
  late: {model: late}
"""


def diagnosed(folder: Path, text: str) -> tuple[Spec | None, list[Diagnostic]]:
    """Check a spec in a folder with the data files of `FLIGHTS`, which are never read."""
    for name in ("flights.csv", "planes.csv"):
        (folder / name).touch()
    file = folder / "mlbuild.yaml"
    file.write_text(text)
    return check(file)


def checked(folder: Path, text: str) -> list[str]:
    """Return what is reported about a spec, one line each: `line:column code message | help`, with warnings marked."""
    spec, diagnostics = diagnosed(folder, text)
    assert (spec is None) == any(one.severity == "error" for one in diagnostics)
    lines = zip(diagnostics, told(diagnostics), strict=True)
    return [f"warning {line}" if one.severity == "warning" else line for one, line in lines]


def spec_of(folder: Path, text: str) -> Spec:
    """Return the spec of a valid text."""
    spec, diagnostics = diagnosed(folder, text)
    assert spec is not None, told(diagnostics)
    return spec


def changed(*changes: tuple[str, str]) -> str:
    """Return `FLIGHTS` with fragments replaced, each of which occurs once."""
    text = FLIGHTS
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
