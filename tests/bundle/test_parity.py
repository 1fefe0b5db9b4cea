"""Verification: rows in blocks, rows of wide tables, and the contents of the certificate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest

from mlbuild import api
from mlbuild.bundle import adversarial, parity
from mlbuild.bundle.adversarial import adversarial_rows
from mlbuild.bundle.parity import Real
from mlbuild.bundle.trained import Trained
from mlbuild.diagnostics import Failed
from mlbuild.pipeline.tasks import verify as verify_task
from tests.bundle.test_mutations import Verified, verified
from tests.projects import delays

__all__ = ["verified"]


def cut(real: Real, size: int) -> Iterator[Real]:
    for start in range(0, real.raw.height, size):
        yield Real(
            real.raw[start : start + size],
            real.matrix[start : start + size],
            real.scores[start : start + size],
        )


def test_blocks_of_rows_are_told_as_one(verified: Verified) -> None:
    whole = json.loads(parity.verify(verified.trained, verified.model, [verified.real]))
    blocks = json.loads(parity.verify(verified.trained, verified.model, cut(verified.real, 100)))
    assert blocks["rows"]["real"] == whole["rows"]["real"] == verified.real.raw.height
    real = [[one for one in told["comparisons"] if "real" in one["what"]] for told in (whole, blocks)]
    assert real[0] == real[1]


def test_a_wrong_row_is_counted_from_the_first_block_on(verified: Verified) -> None:
    real = verified.real
    scores = real.scores.copy()
    scores[250] += 0.25
    with pytest.raises(Failed) as refused:
        parity.verify(verified.trained, verified.model, cut(Real(real.raw, real.matrix, scores), 100))
    told = [one for one in refused.value.failure.details["comparisons"] if "mismatches" in one]
    assert [(one["what"], one["mismatches"], one["first_row"]) for one in told] == [
        ("probabilities of real rows", 1, 250)
    ]
    assert refused.value.failure.message.startswith(
        "the artifact disagrees with the trained pipeline: probabilities of real rows differ in 1 of"
    )


def test_the_task_reads_rows_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []

    def watched(trained: Trained, model: bytes, real: Iterable[Real], threads: int) -> bytes:
        blocks = [*real]
        seen.append([block.raw.height for block in blocks])
        return parity.verify(trained, model, blocks, threads)

    monkeypatch.setattr(verify_task, "verify", watched)
    monkeypatch.setattr(verify_task, "_MOST_CELLS", 1)
    spec = api.load(delays(tmp_path, every=600))
    assert api.build(spec, ["verify:late"], threads=1).ok
    assert len(seen[0]) > 2
    assert {*seen[0][:-1]} == {verify_task._FEWEST_ROWS}


@pytest.mark.parametrize("cells", [adversarial._MOST_CELLS, 1_000])
def test_every_special_value_is_in_some_row(
    verified: Verified, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adversarial, "_MOST_CELLS", cells)
    monkeypatch.setattr(adversarial, "_FEWEST_ROWS", cells)
    rows = adversarial_rows(verified.trained, verified.real.raw)
    names = [item.name for item in verified.trained.recipe.inputs if item.type.dtype == "string"]
    for name in names:
        assert {*verified.real.raw[name].unique()} <= {*rows[name].unique()}


def test_rows_of_wide_tables_are_few(verified: Verified, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = adversarial_rows(verified.trained, verified.real.raw)
    monkeypatch.setattr(adversarial, "_MOST_CELLS", 1)
    few = adversarial_rows(verified.trained, verified.real.raw)
    assert few.height <= 2 * adversarial._FEWEST_ROWS + 4 < whole.height
    parity.verify(verified.trained, verified.model, [verified.real])


def test_the_certificate_says_that_the_trees_are_equal(verified: Verified) -> None:
    told = json.loads(parity.verify(verified.trained, verified.model, [verified.real]))
    trees = verified.trained.learner.trees(verified.trained.fitted)
    assert trees is not None
    assert told["structure"]["trees"] == len(trees.roots)
    assert told["structure"]["nodes"] == len(trees.feature)


def test_a_leaf_that_no_row_reaches_is_found(verified: Verified) -> None:
    """Comparing the structure finds what the rows cannot reveal."""
    leaf = changed_leaf(verified.model)
    with pytest.raises(Failed, match="its trees differ: the value of leaf"):
        parity.verify(verified.trained, leaf, [verified.real])


def changed_leaf(model: bytes) -> bytes:
    proto = onnx.load_from_string(model)
    node = next(node for node in proto.graph.node if node.op_type == "TreeEnsemble")
    weights = next(one for one in node.attribute if one.name == "leaf_weights")
    values = onnx.numpy_helper.to_array(weights.t).copy()
    values[-1] = np.nextafter(values[-1], np.inf)
    weights.t.CopyFrom(onnx.numpy_helper.from_array(values))
    return bytes(proto.SerializeToString())
