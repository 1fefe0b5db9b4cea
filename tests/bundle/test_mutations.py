"""The parity gate can fail: a single wrong value anywhere in the emitted model is refused."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx
import polars as pl
import pytest

from mlbuild import api
from mlbuild.bundle import parity
from mlbuild.bundle.inputs import encode
from mlbuild.bundle.session import Session
from mlbuild.bundle.trained import Trained
from mlbuild.diagnostics import Failed
from mlbuild.frozen import frozen
from mlbuild.pipeline.tasks import verify as verify_task
from tests.budget import examples, seed, tell
from tests.bundle.mutations import Mutation, mutations
from tests.projects import delays


@frozen
class Verified:
    """The inputs that the build of the small project gave to verification."""

    trained: Trained
    model: bytes
    real: parity.Real


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Verified:
    return built(delays(tmp_path_factory.mktemp("delays")), "verify:late")


def built(file: Path, target: str) -> Verified:
    """Build a project, and return what verification of its output got."""
    seen: list[Verified] = []

    def watched(trained: Trained, model: bytes, blocks: Iterable[parity.Real], threads: int = 1) -> bytes:
        (real,) = blocks
        seen.append(Verified(trained, model, real))
        return parity.verify(trained, model, [real], threads)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify_task, "verify", watched)
        assert api.build(api.load(file), [target], threads=1).ok
    return seen[0]


def test_the_model_as_it_is_passes(verified: Verified) -> None:
    parity.verify(verified.trained, verified.model, [verified.real])


def test_single_wrong_values_are_refused(verified: Verified) -> None:
    count = examples(40, 300)
    survivors = []
    for mutation in mutations(verified.model, count, seed()):
        try:
            parity.verify(verified.trained, mutation.model, [verified.real])
        except Failed as failed:
            assert failed.failure.kind == "parity"
        else:
            survivors.append(mutation)
    tell(f"{count - len(survivors)} of {count} mutations refused")
    told = [mutation.what for mutation in survivors]
    assert len(survivors) <= 0.01 * count + 1, told
    assert all(_no_row_tells(verified, mutation) for mutation in survivors), told


def test_each_constant_of_a_block_is_compared_and_named_by_its_column(tmp_path: Path) -> None:
    wide = built(_wide(tmp_path, 12), "verify:m")
    parity.verify(wide.trained, wide.model, [wide.real])
    constants = onnx.load_from_string(wide.model).graph.initializer
    blocks = [tensor.name for tensor in constants if [*tensor.dims] == [1, 12]]
    assert len(blocks) == 3  # the medians, the means and the scales
    for number, name in enumerate(blocks):
        proto = onnx.load_from_string(wide.model)
        tensor = next(one for one in proto.graph.initializer if one.name == name)
        values = onnx.numpy_helper.to_array(tensor).copy()
        column = 7 + number
        values[0, column] *= 1 + 1e-9
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, name))
        with pytest.raises(Failed, match=f"features of real rows in 'g{column:02}' differ"):
            parity.verify(wide.trained, proto.SerializeToString(), [wide.real])


def _wide(folder: Path, columns: int) -> Path:
    """Write a project with `columns` columns of numbers, each of which is missing somewhere."""
    names = [f"g{index:02}" for index in range(columns)]
    rng = np.random.default_rng(0)
    values = rng.normal(3.0, 1.0, (columns + 20, columns))
    values[range(columns), range(columns)] = np.nan
    table = pl.DataFrame(values, names).fill_nan(None)
    table.with_columns(y=pl.Series(rng.choice(["a", "b"], table.height))).write_csv(folder / "rows.csv")
    declared = "".join(f"      {name}: {{dtype: float, nullable: true}}\n" for name in names)
    file = folder / "mlbuild.yaml"
    file.write_text(
        "mlbuild: 1\nproject: wide\nsources:\n  rows: {path: rows.csv, contract: row}\n"
        f"contracts:\n  row:\n    columns:\n{declared}      y: string\n"
        "datasets:\n  d: {from: rows, split: {type: random, test: 0.25}}\n"
        "preprocessing:\n  p:\n"
        "    - {op: impute, columns: {dtype: numeric}, strategy: median}\n"
        "    - {op: standard, columns: {dtype: numeric}}\n"
        "models:\n  m: {type: lightgbm.classifier, dataset: d, preprocessing: p, target: y,\n"
        f"      features: [{', '.join(names)}], params: {{num_iterations: 3, min_data_in_leaf: 5}}}}\n"
        "outputs:\n  m: {model: m}\n"
    )
    return file


def _no_row_tells(verified: Verified, mutation: Mutation) -> bool:
    """Whether both models agree for all integers in an int column: 1990.5 and 1990.6 do."""
    inputs = verified.trained.recipe.inputs
    whole = np.arange(-5_000, 15_000)
    rng = np.random.default_rng(0)
    picked = verified.real.raw[rng.integers(0, verified.real.raw.height, len(whole))]
    numbers = [item.name for item in inputs if item.type.dtype == "int"]
    rows = picked.with_columns(pl.Series(name, rng.permutation(whole)) for name in numbers)
    answers = [Session(model).run(encode(rows, inputs)) for model in (verified.model, mutation.model)]
    return all(np.array_equal(answers[0][name], answers[1][name]) for name in answers[0])
