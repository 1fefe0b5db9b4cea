"""The tables that a build makes have the dtypes and nullability that `check` predicts."""

from __future__ import annotations

import io
import itertools
import shutil
from pathlib import Path

import polars as pl
import pytest

from mlbuild import api
from mlbuild.columns import Schema
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from mlbuild.spec.spec import Spec
from tests.budget import examples, seed, tell
from tests.pipeline.flowing import pipelines, write_rows
from tests.projects import SPECS, delays

_TYPES = {
    "bool": pl.Boolean,
    "int": pl.Int64,
    "float": pl.Float64,
    "string": pl.String,
    "date": pl.Date,
    "datetime": pl.Datetime,
    "category": pl.Float64,
    "vector": pl.Array,
}


class Made:
    """The tables that a build made, by task and prefix of their parts."""

    def __init__(self, spec: Spec, result: BuildResult) -> None:
        self._store, self._result = DiskStore.at(spec.root), result

    def column(self, task: str, part: str) -> pl.Series:
        content = self._store.contents.get(self._result.actions[task].digests[part])
        assert content is not None
        return pl.read_parquet(io.BytesIO(content)).to_series()

    def differences(self, task: str, prefixes: tuple[str, ...], foretold: Schema) -> list[str]:
        """Return where the columns of a task differ from the prediction."""
        found = []
        for prefix, (name, type_) in itertools.product(prefixes, foretold.items()):
            column = self.column(task, f"{prefix}/{name}")
            if column.dtype.base_type() != _TYPES[type_.dtype]:
                found.append(f"{task} {prefix}/{name}: {type_.dtype} foretold, {column.dtype} made")
            if column.null_count() and not type_.nullable:
                found.append(f"{task} {prefix}/{name}: {column.null_count()} missing values")
            if column.dtype == pl.Float64 and column.is_nan().any():
                found.append(f"{task} {prefix}/{name}: NaN")
            if column.dtype == pl.Float64 and type_.finite and column.is_infinite().any():
                found.append(f"{task} {prefix}/{name}: infinite values")
        return found


def differences(spec: Spec, result: BuildResult) -> list[str]:
    made = Made(spec, result)
    found = []
    for name, source in spec.sources.items():
        found += made.differences(f"source:{name}", ("all",), source.table.trained)
    for name, dataset in spec.datasets.items():
        splits = ("train", "valid", "test") if dataset.split else ("all",)
        found += made.differences(f"dataset:{name}", splits, dataset.table.trained)
    for name, model in spec.models.items():
        found += made.differences(f"fit:{name}", ("train",), model.matrix)
        found += made.differences(f"features:{name}", ("valid", "test"), model.matrix)
    return found


@pytest.mark.parametrize("example", ["delays", "penguins", *examples(0, 1) * ["flights"]])
def test_examples(example: str, tmp_path: Path) -> None:
    if example == "delays":
        file = delays(tmp_path)
    else:
        folder = tmp_path / example
        shutil.copytree(SPECS / example, folder, ignore=shutil.ignore_patterns(".mlbuild", "dist"))
        file = folder / "mlbuild.yaml"
    spec = api.load(file)
    result = api.build(spec, ["source:*", "features:*"], threads=1)
    assert result.ok
    assert differences(spec, result) == []


def test_random_pipelines(tmp_path: Path) -> None:
    write_rows(tmp_path, seed())
    count, compared, nullable, proven, kept = examples(15, 300), 0, 0, 0, 0
    for file in pipelines(tmp_path, seed()):
        spec = api.load(file)
        takes_dropped = any(one.dropped for one in spec.outputs["o"].serving.inputs)
        shipped = ["verify:*"] if takes_dropped or compared % 5 == 0 else []
        result = api.build(spec, ["source:*", "features:*", *shipped], threads=1)
        assert {failure.kind for failure in result.failures.values()} <= {"data"}, file.read_text()
        if result.ok:  # otherwise a column had no value to learn from
            assert differences(spec, result) == [], file.read_text()
            nullable += sum(type_.nullable for type_ in spec.models["m"].matrix.values())
            compared += 1
            proven += bool(shipped)
            kept += takes_dropped
            if compared == count:
                break
    assert kept
    tell(f"{count} random pipelines as foretold, {nullable} nullable matrix columns among them")
    tell(f"{proven} artifacts of them proven, {kept} of which take columns that were dropped")
