"""A spec drafted from real data passes `check` without warnings and builds a verified artifact, without edits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.bundle.opened import Opened
from mlbuild.spec.spec import Spec
from tests import budget
from tests.cli.running import Command
from tests.drafts.datasets import DATASETS, Dataset
from tests.projects import built

CHOSEN = [one for one in DATASETS if one.always or budget.examples(0, 1)]


@pytest.mark.parametrize("dataset", CHOSEN, ids=lambda one: one.name)
def test_it_builds_as_it_stands(dataset: Dataset, mlbuild: Command) -> None:
    data = mlbuild.folder / f"{dataset.name}.csv"
    dataset.write(data)
    ran = mlbuild("init", data.name, "--target", dataset.target, "--json")
    assert ran.code == 0, ran.err
    spec, diagnostics = api.check(mlbuild.folder / "mlbuild.yaml")
    assert spec is not None and diagnostics == []
    built(spec.file)
    told = json.loads(ran.out)
    for output in spec.outputs:
        published = mlbuild.folder / "dist" / output
        Opened(published / "model.onnx")
        parity = json.loads((published / "parity.json").read_text())
        assert parity["label_flips"] == 0
        assert parity["rows"]["real"] == min(20_000, told["rows"] - absent(spec, data))
    assert {dataset.target, *told["features"], *told["left_out"]} == names(spec, data)


def names(spec: Spec, file: Path) -> set[str]:
    """Return the columns of the file."""
    (source,) = spec.sources.values()
    return set(source.source.format.raw(file, ())[1])


def absent(spec: Spec, file: Path) -> int:
    """Return the number of rows without a target."""
    (source,), (model, *_) = spec.sources.values(), spec.models.values()
    target = model.target.column
    rows, _ = source.source.format.read(file, {target: source.contract.columns[target]})
    return rows[target].null_count()


def test_there_are_real_tables_of_many_kinds() -> None:
    assert len({one.name for one in DATASETS}) == len(DATASETS) >= 10
    assert len(CHOSEN) >= 6
