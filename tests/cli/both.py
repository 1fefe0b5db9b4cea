"""A project with one file of each type and one learner of each library, for tests of the surroundings of a build."""

from __future__ import annotations

from pathlib import Path

import polars as pl

SPEC = """\
mlbuild: 1
project: odd
sources: {csv: {path: rows.csv, contract: row}, parquet: {path: rows.parquet, contract: row}}
contracts: {row: {columns: {x: float, y: bool}}}
datasets:
  csv_rows: {from: csv, split: {type: random, test: 0.2}}
  parquet_rows: {from: parquet, split: {type: random, test: 0.2}}
models:
  trees: {type: lightgbm.classifier, dataset: csv_rows, features: [x], target: y, params: {num_iterations: 3}}
  linear: {type: sklearn.logistic_regression, dataset: parquet_rows, features: [x], target: y}
outputs: {trees: {model: trees}, linear: {model: linear}}
"""


def both(folder: Path) -> Path:
    """Write the project, whose outputs are `trees` and `linear`; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mlbuild.yaml").write_text(SPEC)
    rows = pl.DataFrame({"x": [float(i % 7) for i in range(60)], "y": [i % 7 > 3 for i in range(60)]})
    # polars interprets paths as patterns, and only accepts UTF-8.
    with (folder / "rows.csv").open("wb") as file:
        rows.write_csv(file)
    with (folder / "rows.parquet").open("wb") as file:
        rows.write_parquet(file)
    return folder


def shipped(folder: Path) -> dict[str, bytes]:
    """Return the files of all outputs."""
    files = (file for file in (folder / "dist").rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}
