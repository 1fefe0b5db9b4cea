"""Metrics of slices, from the spec to slices.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild import api
from mlbuild.cli.output.building.shipped import models_of, results_text
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from tests.projects import DELAYS, after, built, delays
from tests.spec.checking import changed, checked

SLICES = """\
    slices:
      - origin
      - {columns: [origin, carrier], min_rows: 30}
      - {column: distance, bins: [500, 1500]}
      - {name: short_haul, where: distance < 500}
      - {name: no_plane, where: plane_year IS NULL}
"""


def with_slices(text: str) -> str:
    return DELAYS.replace("    target: late\n", f"    target: late\n    metrics: [roc_auc, accuracy]\n{text}")


def content(folder: Path, result: BuildResult, part: str = "slices.json") -> Any:
    action = result.actions["evaluate:late"]
    return json.loads(DiskStore.at(folder).contents.get(action.digests[part]) or b"")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildResult]:
    folder = tmp_path_factory.mktemp("slices")
    return folder, built(delays(folder, with_slices(SLICES), every=30))


def test_each_slice_has_its_metrics(project: tuple[Path, BuildResult]) -> None:
    folder, result = project
    found, every = content(folder, result), content(folder, result, "metrics.json")
    assert {*found["splits"]} == {"valid", "test"}
    test = found["splits"]["test"]
    assert test["rows"] == every["metrics"]["test"]["rows"]
    by_slice: dict[str, list[Any]] = {}
    for one in test["slices"]:
        by_slice.setdefault(one["slice"], []).append(one)
    assert [one["values"] for one in by_slice["origin"]] == [
        {"origin": name} for name in ("EWR", "JFK", "LGA")
    ]
    assert sum(one["rows"] for one in by_slice["origin"]) == test["rows"]
    ranges = [one["values"]["distance"] for one in by_slice["distance"]]
    assert ranges == ["(-inf, 500)", "[500, 1500)", "[1500, inf)"]
    assert (
        all(one["rows"] >= 30 for one in by_slice["origin, carrier"])
        and test["left_out"]["origin, carrier"] > 0
    )
    (short,) = by_slice["short_haul"]
    same = by_slice["distance"][0]
    assert (short["rows"], short["metrics"]["roc_auc"]["value"]) == (
        same["rows"],
        same["metrics"]["roc_auc"]["value"],
    )
    for one in test["slices"]:
        auc = one["metrics"]["roc_auc"]
        if auc["value"] is not None:
            assert auc["difference"] == pytest.approx(auc["value"] - every["metrics"]["test"]["roc_auc"])


def test_other_slices_train_nothing(project: tuple[Path, BuildResult]) -> None:
    folder, _ = project
    file = folder / "mlbuild.yaml"
    before = file.read_text()
    file.write_text(before.replace("distance < 500", "distance < 600"))
    assert {*built(file).ran} == after(file, "evaluate:late")
    file.write_text(before.replace("distance < 500", "distance  <  500"))
    assert {name.partition(":")[0] for name in built(file).ran} == set()
    assert (folder / "dist/late/slices.json").exists()
    file.write_text(with_slices(""))
    assert {*built(file).ran} == after(file, "evaluate:late")
    assert not (folder / "dist/late/slices.json").exists()
    file.write_text(before)
    built(file)


def test_a_build_names_slices_outside_chance(tmp_path: Path) -> None:
    """The labels of one airport are turned around in all rows, so that its slice is much worse in each split."""
    file = delays(
        tmp_path, with_slices("    slices: [origin, {name: strange, where: origin = 'JFK'}]\n"), every=30
    )
    file.write_text(
        file.read_text().replace("late: arr_delay > 15", "late: arr_delay > 15 OR distance > 1000")
    )
    rows = pl.read_parquet(tmp_path / "flights.parquet")
    turned = pl.when(pl.col("origin") == "JFK").then(-pl.col("arr_delay")).otherwise("arr_delay")
    rows.with_columns(turned.alias("arr_delay")).write_parquet(tmp_path / "flights.parquet")
    spec, result = api.load(file), built(file)
    test = content(tmp_path, result)["splits"]["test"]["slices"]
    outside = {
        (one["slice"], *one["values"].values())
        for one in test
        if one["metrics"]["accuracy"]["outside_chance"]
    }
    lines = [
        line for line in results_text([], models_of(spec, result, DiskStore.at(tmp_path))) if "slice" in line
    ]
    assert outside
    assert any("significant" in line and "origin=JFK" in line for line in lines), lines


@pytest.mark.parametrize(
    ("slices", "said"),
    [
        ("[carier]", "44:14 unknown-column unknown column 'carier' | did you mean 'carrier'?"),
        ("[{columns: [carrier, x]}]", "44:34 unknown-column unknown column 'x'"),
        ("[{column: carrier, bins: [1]}]", "44:23 wrong-dtype 'bins' needs a column of numbers"),
        ("[{column: seats, bins: [2, 1]}]", "44:36 contradiction 'bins' must be in ascending order"),
        ("[{where: seats > 3}]", "44:14 missing-key a slice with 'where' needs 'name'"),
        ("[{name: a, where: seats + 3}]", "44:31 type-mismatch a slice needs a condition of dtype bool"),
        ("[{name: a, where: carrier = 'ZZ'}]", "44:31 no-effect no row can satisfy this condition"),
        ("[{name: a, where: carrier IS NULL}]", "44:31 no-effect no row can satisfy this condition"),
        ("[carrier, {column: carrier}]", "44:23 duplicate-item there is another slice 'carrier'"),
        ("[{name: a}]", "44:14 missing-key a slice needs 'column', 'columns' or 'where'"),
        (
            "[{column: carrier, columns: [seats]}]",
            "44:32 contradiction a slice has either 'column' or 'columns'",
        ),
        ("[{columns: [carrier], bins: [1]}]", "44:35 no-effect 'bins' has no effect without 'column'"),
    ],
)
def test_what_is_said_of_slices(slices: str, said: str, tmp_path: Path) -> None:
    text = changed(("    metrics: [roc_auc]\n", f"    metrics: [roc_auc]\n    slices: {slices}\n"))
    (found,) = checked(tmp_path, text)
    assert found.startswith(said)
