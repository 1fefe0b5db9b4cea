"""Edits of files and of the spec that change no value: nothing runs except the source that they affect."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import polars as pl
import pytest
import yaml

from mlbuild.data.formats.by_suffix import NAMED
from tests.cli.running import Command
from tests.data.workbooks import store

SPEC = """\
mlbuild: 1
project: parcels
# What is sent.
sources:
  parcels: {path: parcels.csv, contract: parcel}
contracts:
  parcel:
    unique: [id]
    columns:
      id: int
      pieces: {dtype: int, nullable: true}
      weight: {dtype: float, nullable: true}
      fragile: bool
      carrier: {dtype: string, nullable: true}
      ordered: {dtype: date, nullable: true}
      sent: {dtype: datetime, nullable: true}
      late: bool
datasets:
  sent:
    from: parcels
    steps:
      - {op: filter, where: sent IS NOT NULL}
    split: {type: hash, key: [id], valid: 0.2, test: 0.2}
preprocessing:
  plain:
    - {op: impute, columns: [pieces, weight], strategy: median}
    - {op: date_parts, columns: [ordered, sent], parts: [month, weekday]}
    - {op: category, columns: carrier}
models:
  late:
    type: lightgbm.classifier
    dataset: sent
    features: [pieces, weight, fragile, carrier, ordered, sent]
    preprocessing: plain
    target: late
    params: {num_iterations: 3, num_leaves: 4, min_data_in_leaf: 2}
outputs:
  late: {model: late}
"""
SOURCE = "source:parcels"
ZONE = timezone(timedelta(hours=2))


def parcels() -> pl.DataFrame:
    """Return rows with every type and with missing values. Times have an offset of two hours."""
    return pl.DataFrame(
        [
            {
                "id": number,
                "pieces": None if number % 7 == 3 else number % 5 + 2**40 * (number % 11 == 5),
                "weight": None if number % 9 == 4 else (number * 37 % 101) / 7,
                "fragile": number % 3 == 0,
                "carrier": None if number % 8 == 2 else ["north", "süd", "a, b", 'the "best"'][number % 4],
                "ordered": None if number % 10 == 7 else date(2024, 2, 28) + timedelta(days=number),
                "sent": None
                if number % 12 == 6
                else datetime(2024, 3, 1, 1, 30, 0, 250_000 * (number % 3), ZONE)
                + timedelta(hours=7 * number),
                "late": number % 4 == 1,
            }
            for number in range(60)
        ],
        schema_overrides={"sent": pl.Datetime("us", "+02:00")},
    )


def write_csv(frame: pl.DataFrame, file: Path) -> None:
    """Write the rows as people write them: times with their offset."""
    frame.with_columns(pl.col("sent").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z")).write_csv(file)


@pytest.fixture
def project(mlbuild: Command) -> Command:
    write_csv(parcels(), mlbuild.folder / "parcels.csv")
    (mlbuild.folder / "mlbuild.yaml").write_text(SPEC)
    assert built(mlbuild)
    assert built(mlbuild) == set()
    return mlbuild


def built(mlbuild: Command) -> set[str]:
    """Return what a build runs, and check that the plan predicted it."""
    plan = json.loads(mlbuild("plan", "--json").out)["tasks"]
    done = mlbuild("build", "--json")
    assert done.code == 0, done
    ran = {task["task"] for task in json.loads(done.out)["tasks"] if task["outcome"] == "ran"}
    assert {task["task"] for task in plan if task["decision"] == "run"} <= ran
    assert ran <= {task["task"] for task in plan if task["decision"] in ("run", "maybe")}
    return ran


def shipped(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "dist/late").iterdir()}


def test_it_is_tried_with_missing_values_of_every_type() -> None:
    frame = parcels()
    assert {name for name in frame.columns if frame[name].null_count()} == {
        *("pieces", "weight", "carrier", "ordered", "sent")
    }
    assert {str(dtype) for dtype in frame.dtypes} >= {"Int64", "Float64", "Boolean", "String", "Date"}


def test_a_new_column_that_nobody_uses(project: Command) -> None:
    before = shipped(project.folder)
    write_csv(parcels().with_columns(note=pl.lit("x")), project.folder / "parcels.csv")
    assert built(project) == {SOURCE}
    assert built(project) == set()
    write_csv(parcels().select("late", "sent", pl.exclude("late", "sent")), project.folder / "parcels.csv")
    assert built(project) == {SOURCE}
    assert shipped(project.folder) == before


def test_another_spelling_of_the_values(project: Command) -> None:
    before = shipped(project.folder)
    utc = parcels().with_columns(
        pl.col("sent").dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%d %H:%M:%S%.fZ")
    )
    utc.write_csv(project.folder / "parcels.csv", quote_style="always", line_terminator="\r\n")
    assert built(project) == {SOURCE}
    assert shipped(project.folder) == before


PARQUETS = {
    "as it is": parcels(),
    "in UTC": parcels().with_columns(pl.col("sent").dt.convert_time_zone("UTC")),
    "by the milliseconds": parcels().with_columns(pl.col("sent").dt.cast_time_unit("ms")),
    "by the nanoseconds": parcels().with_columns(pl.col("sent").dt.cast_time_unit("ns")),
    "UTC without saying so": parcels().with_columns(
        pl.col("sent").dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    ),
    "NaN for null": parcels().with_columns(pl.col("weight").fill_null(float("nan"))),
    "categories": parcels().with_columns(pl.col("carrier").cast(pl.Categorical)),
    "narrow integers": parcels().with_columns(pl.col("id").cast(pl.UInt8)),
    "integers as floats": parcels().with_columns(pl.col("pieces").cast(pl.Float64)),
    "columns in another order": parcels()[:, ::-1],
}


@pytest.mark.parametrize("kind", PARQUETS)
def test_a_csv_that_becomes_parquet(project: Command, kind: str) -> None:
    """Without `type:`, the new path determines the format."""
    before = shipped(project.folder)
    PARQUETS[kind].write_parquet(project.folder / "parcels.parquet")
    (project.folder / "parcels.csv").unlink()
    (project.folder / "mlbuild.yaml").write_text(SPEC.replace("parcels.csv", "parcels.parquet"))
    assert built(project) == {SOURCE}
    assert built(project) == set()
    assert shipped(project.folder) == before


@pytest.mark.parametrize("suffix", NAMED)
def test_a_csv_that_becomes_any_other_format(project: Command, suffix: str) -> None:
    before = shipped(project.folder)
    (project.folder / "parcels.csv").unlink()
    with (project.folder / f"rows{suffix}").open("wb") as stream:
        store(NAMED[suffix]().for_file(suffix), parcels(), stream)
    (project.folder / "mlbuild.yaml").write_text(SPEC.replace("parcels.csv", f"rows{suffix}"))
    assert built(project) <= {SOURCE}
    assert built(project) == set()
    assert shipped(project.folder) == before


REFORMATTED = {
    "comments, blank lines and CRLF": SPEC.replace("\n", "  # why\n\n").replace("\n", "\r\n"),
    "no comments": "".join(line for line in SPEC.splitlines(True) if not line.startswith("#")),
    "keys in the order of the alphabet": yaml.safe_dump(yaml.safe_load(SPEC)),
    "in flow style": yaml.safe_dump(yaml.safe_load(SPEC), default_flow_style=True, width=1000),
    "indented by 7": yaml.safe_dump(yaml.safe_load(SPEC), indent=7, sort_keys=False),
    "as JSON": json.dumps(yaml.safe_load(SPEC), indent=1),
    "quoted": SPEC.replace("from: parcels", 'from: "parcels"').replace("late: bool", "'late': bool"),
    "numbers written otherwise": SPEC.replace("0.2", "2.0e-1").replace("num_leaves: 4", "num_leaves: 4.0"),
    "types said": SPEC.replace("{path: parcels.csv", "{type: csv, path: ./parcels.csv"),
    "defaults written out": SPEC.replace("fragile: bool", "fragile: {dtype: bool, nullable: false}").replace(
        "params: {", "params: {learning_rate: 0.1, "
    ),
}


@pytest.mark.parametrize("form", REFORMATTED)
def test_a_reformatted_spec_runs_nothing(project: Command, form: str) -> None:
    before = shipped(project.folder)
    (project.folder / "mlbuild.yaml").write_bytes(REFORMATTED[form].encode())
    assert built(project) == set()
    assert shipped(project.folder) == before


def test_what_render_prints_runs_nothing(project: Command) -> None:
    text = project("render").out
    (project.folder / "mlbuild.yaml").write_text(text)
    assert built(project) == set()


def test_a_folder_of_another_name_runs_nothing(project: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = project.folder.with_name("moved")
    shutil.move(project.folder, moved)
    monkeypatch.setattr(project, "folder", moved)
    assert built(project) == set()
