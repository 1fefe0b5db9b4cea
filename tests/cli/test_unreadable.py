"""Columns that cannot be read: `build`, `init` and `predict` say which and why, but only if they are needed."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: small
sources: {rows: {path: rows.parquet, contract: row}}
contracts: {row: {columns: {x: float, y: float, note: string}}}
datasets: {all: {from: rows, split: {type: random}}}
models: {one: {type: sklearn.linear_regression, dataset: all, features: [x], target: y}}
outputs: {one: {model: one}}
"""
NOTES = {
    "bytes that are no text": "column 'note' violates 'parses as string' in 1 row: 'b'\\xff'' (row 2)",
    "a text that is damaged": "cannot read the file as parquet: column 'note': String data contained invalid UTF-8",
}


def write(folder: Path, kind: str) -> None:
    """Write rows, one of which has a note that is not UTF-8, as bytes or in place of a text."""
    size = 12
    notes = (
        [b"ok", b"\xff", *[b"ok"] * (size - 2)]
        if kind == "bytes that are no text"
        else ["ok", "~", *["ok"] * 10]
    )
    rows = pl.DataFrame(
        {
            "x": [float(row) for row in range(size)],
            "y": [row * 3 % 7 + 0.5 for row in range(size)],
            "note": notes,
        }
    )
    file = folder / "rows.parquet"
    rows.write_parquet(file, compression="uncompressed", statistics=False)
    if kind == "a text that is damaged":
        content = file.read_bytes()
        assert content.count(b"~") == 1
        file.write_bytes(content.replace(b"~", b"\xff"))


@pytest.mark.parametrize("kind", NOTES)
def test_a_column_that_is_not_utf_8_is_a_fault_of_the_data_where_it_is_needed(
    mlbuild: Command, kind: str
) -> None:
    write(mlbuild.folder, kind)
    spec = mlbuild.folder / "mlbuild.yaml"
    spec.write_text(SPEC)
    ran = mlbuild("build")
    assert ran.code == 3 and NOTES[kind] in ran.err, ran.err
    spec.write_text(SPEC.replace(", note: string", ""))
    assert mlbuild("build").code == 0
    # The model only needs `x`.
    assert mlbuild("predict", "dist/one/model.onnx", "rows.parquet").code == 0


@pytest.mark.parametrize("kind", NOTES)
def test_a_model_that_takes_the_column_says_so_too(mlbuild: Command, kind: str) -> None:
    spec = SPEC.replace("[x]", "[x, note], preprocessing: [{op: one_hot, columns: note}]")
    (mlbuild.folder / "mlbuild.yaml").write_text(spec)
    write(mlbuild.folder, kind)
    rows = pl.read_parquet(mlbuild.folder / "rows.parquet", columns=["x", "y"])
    rows.with_columns(note=pl.lit("ok")).write_parquet(mlbuild.folder / "rows.parquet")
    assert mlbuild("build").code == 0
    write(mlbuild.folder, kind)
    ran = mlbuild("predict", "dist/one/model.onnx", "rows.parquet")
    assert ran.code == 3 and NOTES[kind] in ran.err, ran.err


@pytest.mark.parametrize("kind", NOTES)
def test_a_draft_leaves_the_column_out_and_says_why(mlbuild: Command, kind: str) -> None:
    write(mlbuild.folder, kind)
    ran = mlbuild("init", "rows.parquet", "--target", "y", "--json")
    assert ran.code == 0
    why = json.loads(ran.out)["left_out"]["note"]
    assert why.startswith(
        "is of type Binary" if kind == "bytes that are no text" else "cannot be read: String data"
    )
    assert mlbuild("build").code == 0
