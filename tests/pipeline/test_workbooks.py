"""Flights from workbooks give the same artifact as from other files."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from tests.data.workbooks import write_xlsx
from tests.projects import built, delays


def artifact(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "dist/late").iterdir()}


def test_flights_from_workbooks_give_the_same_artifact(tmp_path: Path) -> None:
    spec = delays(tmp_path, every=300)
    built(spec)
    before = artifact(tmp_path)
    assert "model.onnx" in before
    for name, rows in (
        ("flights.parquet", pl.read_parquet(tmp_path / "flights.parquet")),
        ("planes.csv", pl.read_csv(tmp_path / "planes.csv", null_values="NA")),
    ):
        file = tmp_path / name
        with file.with_suffix(".xlsx").open("wb") as stream:
            write_xlsx(rows, stream)
        file.unlink()
    changed = spec.read_text().replace("flights.parquet", "flights.xlsx")
    spec.write_text(changed.replace("planes.csv, null_values: [NA]", "planes.xlsx"))
    result = built(spec)
    assert {*result.ran} == {"source:flights", "source:planes"}
    assert artifact(tmp_path) == before
