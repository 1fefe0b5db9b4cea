"""Between the thresholds of its trees, no output of a model file changes with an input."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlbuild.bundle.session import Session
from mlbuild.columns import ColumnType
from mlbuild.lowering.thresholds import thresholds
from mlbuild.verdicts.tests.changed_rows import grid_of
from mlbuild.verdicts.tests.subject import Subject
from tests.projects import built
from tests.verdicts.loans import loans, rows

TYPES = {"income": ColumnType("float"), "debt": ColumnType("float", nullable=True)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("thresholds")
    built(loans(folder, ""))
    return folder


def feed(count: int, **columns: Any) -> dict[str, Any]:
    data = rows().to_dict(as_series=False)
    usual = {"income": 0.0, "debt": 0.0, "city": "", "member": 0.0}
    made = {name: np.array((data[name] * count)[:count]) for name in usual} | columns
    numbers = {name: made[name].astype(np.float64).reshape(-1, 1) for name in ("income", "debt", "member")}
    return numbers | {"city": np.array(made["city"], dtype=object).reshape(-1, 1)}


def test_a_grid_of_thresholds_finds_every_step_of_brute_force(folder: Path) -> None:
    model = (folder / "dist/trees/model.onnx").read_bytes()
    session = Session(model)
    for name, high in (("income", 10_000), ("debt", 1000)):
        found: Any = thresholds(model, name)
        assert found is not None and len(found) > 5
        subject = Subject(TYPES, None, "", (), lambda _: {}, {name: found}.get)
        grid = np.array(grid_of(subject, name, rows()).values)
        assert len(grid) == len(found) + 1
        dense = np.sort(np.append(np.linspace(-high, 2 * high, 20_000), np.nextafter(grid, np.inf)))
        for row in range(5):
            one = {key: value[row : row + 1] for key, value in feed(5).items()}
            many = {key: np.repeat(value, len(dense), axis=0) for key, value in one.items()} | {
                name: dense.reshape(-1, 1)
            }
            few = {key: np.repeat(value, len(grid), axis=0) for key, value in one.items()} | {
                name: grid.reshape(-1, 1)
            }
            brute, exact = (session.run(rows)["probabilities"][:, 1] for rows in (many, few))
            place = np.searchsorted(grid[:-1], dense)
            assert np.array_equal(exact[place], brute)
            assert len(np.unique(exact)) > 3


def test_an_input_that_is_changed_on_the_way_has_no_known_thresholds(folder: Path) -> None:
    trees, line = ((folder / f"dist/{name}/model.onnx").read_bytes() for name in ("trees", "line"))
    assert thresholds(trees, "city") is None, "it is coded"
    assert thresholds(line, "income") is None, "there are no trees"


@pytest.mark.parametrize(
    ("steps", "known"),
    [
        ("[{op: category, columns: city}, {op: standard, columns: debt}]", {"income"}),
        ("[{op: category, columns: city}, {op: derive, columns: {ratio: debt / (income + 1)}}]", set()),
        ("[{op: one_hot, columns: city}]", {"income", "debt"}),
        (
            "[{op: one_hot, columns: city}, {op: impute, columns: debt, strategy: median}]",
            {"income", "debt"},
        ),
    ],
)
def test_only_what_reaches_the_trees_unchanged_is_exact(tmp_path: Path, steps: str, known: set[str]) -> None:
    file = loans(tmp_path, "", None, ("[{op: category, columns: city}]", steps))
    built(file, "artifact:trees", "publish:trees")
    model = (tmp_path / "dist/trees/model.onnx").read_bytes()
    assert {name for name in ("income", "debt") if thresholds(model, name) is not None} == known


def test_the_offsets_of_a_time_zone_are_another_ensemble(tmp_path: Path) -> None:
    steps = "[{op: category, columns: city}, {op: date_parts, columns: seen, parts: [hour], time_zone: America/New_York}]"
    file = loans(
        tmp_path,
        "",
        rows().with_columns(seen=pl.lit(datetime(2024, 3, 9)) + pl.duration(hours=pl.col("id"))),
        ("      repaid: bool", "      repaid: bool\n      seen: datetime"),
        ("features: [income, debt, city, member]", "features: [income, debt, city, member, seen]"),
        ("[{op: category, columns: city}]", steps),
    )
    built(file, "artifact:trees", "publish:trees")
    model = (tmp_path / "dist/trees/model.onnx").read_bytes()
    assert {name for name in ("income", "debt", "seen") if thresholds(model, name) is not None} == {
        "income",
        "debt",
    }
