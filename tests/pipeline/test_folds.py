"""The task of folds: apart from the rows of a dataset, and from everything that is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlbuild import api
from mlbuild.data.folds.folds import HELD_OUT
from mlbuild.engine.store.store import DiskStore
from tests.projects import DELAYS, built, delays

FOLDS = "    folds: {type: hash, key: tailnum, count: 3}\n"


def with_folds(folds: str) -> str:
    return DELAYS.replace("preprocessing:\n", f"{folds}preprocessing:\n", 1)


def test_folds_can_change_without_anything_else(tmp_path: Path) -> None:
    file = delays(tmp_path, every=900)
    assert "dataset:departures" in built(file).ran
    file.write_text(with_folds(FOLDS))
    assert built(file).ran == ("folds:departures",)
    for folds in (
        FOLDS.replace("3", "2"),
        "    folds: {type: random, count: 3}\n",
        FOLDS.replace("count", "seed: 9, count"),
    ):
        file.write_text(with_folds(folds))
        assert built(file).ran == ("folds:departures",)
        assert built(file).ran == ()
    file.write_text(DELAYS)
    assert built(file).ran == ()


def test_only_train_rows_are_divided(tmp_path: Path) -> None:
    file = delays(tmp_path, with_folds(FOLDS), every=900)
    result = built(file)
    store = DiskStore.at(tmp_path)
    digests = result.actions["folds:departures"].digests
    roles = [np.load(store.contents.path(digest)) for name, digest in digests.items() if "fold" in name]
    counts = (store.contents.get(result.actions["dataset:departures"].digests["report.json"]) or b"").decode()
    assert f'"train": {len(roles[0])}' in counts
    assert (np.sum([one == HELD_OUT for one in roles], axis=0) == 1).all()


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ("{type: hash, key: origin}", "fold 2 of 5 has no rows to predict: the 220 training rows have 3 different values of 'origin'; use at most 3 folds"),
        ("{type: time, column: time_hour, gap: 90w}", "fold 1 of 5 has no rows to train on: "),
    ],
)  # fmt: skip
def test_a_fold_without_rows_ends_the_build_before_training(folds: str, message: str, tmp_path: Path) -> None:
    file = delays(tmp_path, with_folds(f"    folds: {folds}\n"), every=900)
    result = api.build(api.load(file), jobs=1)
    (failure,) = result.failures.values()
    assert [*result.failures] == ["folds:departures"] and failure.kind == "data"
    assert failure.message.startswith(message)
    assert not any(name.startswith(("fit:", "train:")) for name in result.ran)
