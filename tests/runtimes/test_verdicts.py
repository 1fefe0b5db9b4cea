"""The tests of a spec are about the bytes that are deployed: they find the same in another runtime, and an edit by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import polars as pl
import pytest
from onnx import numpy_helper

from mlbuild import api
from mlbuild.bundle.inputs import Arrays, encode
from mlbuild.bundle.session import Session
from mlbuild.lowering.thresholds import thresholds
from mlbuild.pipeline.tasks.verdicts.test import raw_input
from mlbuild.spec.spec import Spec
from mlbuild.verdicts.tests.subject import Subject
from mlbuild.verdicts.verdict import Verdict
from tests.budget import examples, tell
from tests.runtimes.exchange import Question
from tests.runtimes.installed import Runtime
from tests.verdicts.loans import TESTS, loans

MORE = """\
  richer:
    output: trees
    test: monotone
    column: income
    direction: increasing
    allow: 0.9
  less_debt:
    output: trees
    test: directional
    change: {debt: debt - 100}
    expect: {at_least: -0.5}
    allow: 0.5
  relabeled:
    output: trees
    test: invariant
    columns: [city, member]
    of: label
    allow: 0.4
"""
RUNTIMES = [Runtime("node", one) for one in examples(["newest"], ["oldest", "newest"])]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Spec, Path]:
    """A project whose tests are about all kinds of rows; its published folders."""
    folder = tmp_path_factory.mktemp("loans")
    spec = api.load(loans(folder, TESTS + MORE))
    assert api.build(spec, threads=1).ok
    return spec, folder / "dist"


def verdicts(
    spec: Spec, output: str, model: bytes, contract: str, run: Callable[[Arrays], Arrays]
) -> dict[str, Verdict]:
    """Return what the tests of an output find if its model runs like this."""
    told = json.loads(contract)
    inputs = tuple(map(raw_input, told["inputs"]))
    rows = pl.DataFrame(
        {
            "income": np.linspace(0, 9900, 100),
            "debt": pl.Series(np.linspace(0, 990, 100)[::-1]).set(pl.Series(np.arange(100) % 9 == 0), None),
            "city": ["Rome", "Oslo"] * 50,
            "member": pl.Series([True, False, None, False] * 25),
        }
    ).select(one.name for one in inputs)
    found = {}
    for name, item in spec.tests.items():
        if item.output == output and not item.test.of_features:
            subject = Subject.of(
                told,
                lambda some: run(encode(some, inputs)),
                others=item.others,
                thresholds=lambda column: thresholds(model, column),
                rows=rows,
            )
            found[name] = item.test.judge(subject)
    return found


def elsewhere(
    runtime: Runtime, spec: Spec, output: str, model: bytes, contract: str, folder: Path
) -> dict[str, Verdict]:
    """Return what they find in another runtime, which is asked for all rows at once."""
    feeds: list[Arrays] = []
    session = Session(model)

    def watched(feed: Arrays) -> Arrays:
        feeds.append(feed)
        return session.run(feed)

    verdicts(spec, output, model, contract, watched)
    whole = {name: np.concatenate([feed[name] for feed in feeds]) for name in feeds[0]}
    (answers,) = runtime.answers([Question(output, model, whole, {})], folder)
    ends = np.cumsum([len(next(iter(feed.values()))) for feed in feeds])
    parts = {name: iter(np.split(values, ends[:-1])) for name, values in answers.items()}
    return verdicts(
        spec, output, model, contract, lambda feed: {name: next(part) for name, part in parts.items()}
    )


@pytest.mark.parametrize("runtime", RUNTIMES, ids=str)
def test_another_runtime_finds_the_same(built: tuple[Spec, Path], runtime: Runtime, tmp_path: Path) -> None:
    spec, dist = built
    for output in ("trees", "line"):
        model = (dist / output / "model.onnx").read_bytes()
        contract = (dist / output / "contract.json").read_text()
        here = verdicts(spec, output, model, contract, Session(model).run)
        there = elsewhere(runtime, spec, output, model, contract, tmp_path / output)
        assert here == there and here and all(one.passed for one in here.values())
        tell(f"{runtime.language} {runtime.version}: {len(here)} tests of '{output}' find the same")


def test_a_leaf_that_is_edited_by_hand_is_found_in_every_runtime(
    built: tuple[Spec, Path], tmp_path: Path
) -> None:
    """The leaf with the largest weight, which says that a loan is repaid."""
    spec, dist = built
    contract = (dist / "trees/contract.json").read_text()
    edited = onnx.load(dist / "trees/model.onnx")
    (trees,) = (node for node in edited.graph.node if node.op_type == "TreeEnsemble")
    (weights,) = (one for one in trees.attribute if one.name == "leaf_weights")
    values = numpy_helper.to_array(weights.t).copy()
    place = int(values.argmax())
    values[place] = -50.0
    weights.t.CopyFrom(numpy_helper.from_array(values))
    model = edited.SerializeToString()
    here = verdicts(spec, "trees", model, contract, Session(model).run)
    there = elsewhere(RUNTIMES[-1], spec, "trees", model, contract, tmp_path / "edited")
    assert here == there
    failed = [name for name, one in here.items() if not one.passed]
    assert "rich" in failed
    tell(f"1 of {len(values)} leaves edited: {len(failed)} of {len(here)} tests fail in both")
