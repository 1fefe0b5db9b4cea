"""The parity gate can fail: a single wrong value anywhere in the emitted model is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from mlbuild import api
from mlbuild.bundle import parity
from mlbuild.bundle.session import Session, encode
from mlbuild.bundle.trained import Trained
from mlbuild.diagnostics import Failed
from mlbuild.pipeline.tasks import verify as verify_task
from tests.budget import examples, seed, tell
from tests.bundle.mutations import Mutation, mutations
from tests.projects import delays


@dataclass(frozen=True)
class Verified:
    """The inputs that the build of the small project gave to verification."""

    trained: Trained
    model: bytes
    real: parity.Real


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Verified:
    seen: list[Verified] = []

    def watched(trained: Trained, model: bytes, blocks: Iterable[parity.Real], threads: int = 1) -> bytes:
        (real,) = blocks
        seen.append(Verified(trained, model, real))
        return parity.verify(trained, model, [real], threads)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify_task, "verify", watched)
        spec = api.load(delays(tmp_path_factory.mktemp("delays")))
        assert api.build(spec, ["verify:late"], threads=1).ok
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
