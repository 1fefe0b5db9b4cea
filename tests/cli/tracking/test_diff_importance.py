"""`mlbuild diff` compares how much two builds rely on each input, on the same rows with the same shuffled values."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest
from scipy import stats

from mlbuild.engine.decide.records import Action, Part, find_action, find_record, keep_action
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command
from tests.cli.tracking.project import SPEC, told, visits
from tests.pipeline.test_importance import order

WEAK = SPEC.replace("C: 1.0", "C: 0.003")


def two(mlbuild: Command) -> list[dict[str, Any]]:
    """Build with two strengths of regularization, keep the first model, and return what `diff` tells about each input."""
    file = visits(mlbuild.folder, count=1200)
    assert mlbuild("build", "-j", "1").code == 0
    shutil.copytree(mlbuild.folder / "dist", mlbuild.folder / "before")
    file.write_text(WEAK)
    assert mlbuild("build", "-j", "1").code == 0
    (found,) = told(mlbuild("diff", "--json").out)["importances"]
    inputs: list[dict[str, Any]] = found["inputs"]
    return inputs


def test_a_difference_has_the_interval_of_paired_rows(mlbuild: Command) -> None:
    """Shuffle the same rows with numpy, predict them with both files, and compare the log loss of each person."""
    found = two(mlbuild)
    assert [one["input"] for one in found] == ["x", "z"]
    rows = pl.read_csv(io.StringIO(mlbuild("rows", "all:valid").out))
    repeats = json.loads((mlbuild.folder / "dist/one/importance.json").read_text())["repeats"]
    picked = pl.concat([rows] * repeats)
    for one in found:
        each = _extra_loss(mlbuild.folder / "dist/one", picked, one["input"]) - _extra_loss(
            mlbuild.folder / "before/one", picked, one["input"]
        )
        assert (
            one["difference"]
            == pytest.approx(one["new"] - one["old"])
            == pytest.approx(each.mean(), abs=1e-9)
        )
        centred = picked.select("person", off=each - each.mean())
        sums = centred.group_by("person").agg(pl.col("off").sum())["off"].to_numpy()
        count = len(sums)
        error = np.sqrt(count / (count - 1) * (sums**2).sum()) / len(each)
        half = stats.t(count - 1).ppf(0.975) * error
        assert one["interval"] == pytest.approx([each.mean() - half, each.mean() + half], rel=1e-4)
        assert one["beyond_chance"] == (abs(each.mean()) > half)
    assert found[0]["beyond_chance"], "a strong penalty makes the coefficients small"
    text, page = mlbuild("diff").out, mlbuild("diff", "--md").out
    low, high = found[0]["interval"]
    line = next(line for line in text.splitlines() if line.split()[:1] == ["x"])
    assert line.split()[-4:] == [
        f"{found[0]['difference']:+.3g}",
        f"[{low:+.2g},",
        f"{high:+.2g}]",
        "different",
    ]
    assert "**different**" in page


def _extra_loss(folder: Path, rows: pl.DataFrame, name: str) -> Any:
    """Return by how much the log loss of each row is larger with shuffled values of an input."""
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    values = {one: rows[one].cast(pl.Float64).to_numpy()[:, None] for one in ("x", "z")}
    shuffled = values | {name: values[name][order([name], rows.height)]}
    target = rows["y"].cast(pl.Int64).to_numpy()
    losses = [
        -np.log(session.run(None, some)[1][np.arange(rows.height), target]) for some in (shuffled, values)
    ]
    return losses[0] - losses[1]


def test_there_is_no_interval_for_other_rows(mlbuild: Command) -> None:
    two(mlbuild)
    visits(mlbuild.folder, WEAK, count=1000)
    assert mlbuild("build", "-j", "1").code == 0
    (found,) = told(mlbuild("diff", "--json").out)["importances"]
    for one in found["inputs"]:
        assert one["difference"] is not None and one["interval"] is None and not one["beyond_chance"]


@pytest.mark.parametrize("part", ["paired.json", "sums"])
@pytest.mark.parametrize("content", [b"", b"[]", b'{"rows": 1}', b"\x93NUMPY"])
def test_numbers_that_are_something_else_are_not_used(mlbuild: Command, part: str, content: bytes) -> None:
    assert all(one["interval"] for one in two(mlbuild))
    store = open_store(mlbuild.folder)
    record = find_record(store.local, "importance:one")
    action = find_action(store.actions, record.key) if record else None
    assert record is not None and action is not None
    parts = {**action.parts, part: Part(store.contents.put(content), len(content))}
    keep_action(store.actions, record.key, Action(record.made, 0.0, parts, None), replace=True)
    (found,) = told(mlbuild("diff", "--json").out)["importances"]
    assert [one["interval"] for one in found["inputs"]] == [None, None]
