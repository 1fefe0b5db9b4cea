"""Training gives the same bytes for the same rows, and reports what it cannot learn from."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlbuild.columns import Schema
from mlbuild.diagnostics import Failed
from mlbuild.models.answers.answer import Coding
from mlbuild.models.lightgbm import library
from mlbuild.models.lightgbm.base import Lightgbm
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.training import EarlyStopping, Rows, Training
from tests.models.artifacts import schema
from tests.models.samples import MIXED, classes, features, number

TRAIN = features(300)
HELD_OUT = features(100, seed=5)
SMALL: dict[str, Any] = {"num_iterations": 5, "num_leaves": 8, "min_data_in_leaf": 5, "min_data_per_group": 5}
#: Everything that uses random numbers.
RANDOM: dict[str, Any] = {
    "bagging_freq": 1,
    "bagging_fraction": 0.7,
    "feature_fraction": 0.7,
    "feature_fraction_bynode": 0.7,
    "extra_trees": True,
}
LEARNERS: list[tuple[Lightgbm, int]] = [
    (LightgbmRegressor(**SMALL, **RANDOM), 0),
    (LightgbmRegressor(**SMALL, boosting="dart", drop_rate=0.5), 0),
    (LightgbmRegressor(**SMALL, zero_as_missing=True, max_bin=16, bin_construct_sample_cnt=100), 0),
    (LightgbmClassifier(**SMALL, **RANDOM), 2),
    (LightgbmClassifier(**SMALL, is_unbalance=True), 2),
    (LightgbmClassifier(**SMALL, **RANDOM), 3),
]


def target(frame: pl.DataFrame, count: int) -> Any:
    return classes(frame, count) if count else number(frame)


def training(count: int = 0, **fields: Any) -> Training:
    """Return a request to learn from `TRAIN`."""
    return Training(Rows(TRAIN, MIXED), target(TRAIN, count), count, **fields)


def stopping(metric: str, count: int, rounds: int = 2) -> EarlyStopping:
    return EarlyStopping(Rows(HELD_OUT, MIXED), target(HELD_OUT, count), rounds, metric)


@pytest.fixture
def few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use all threads even for few rows."""
    monkeypatch.setattr(library, "_ROWS_A_THREAD", 1)


def test_few_rows_take_one_thread() -> None:
    assert [library.useful(8, rows) for rows in (0, 9_999, 10_000, 25_000, 10**6)] == [1, 1, 2, 3, 8]


@pytest.mark.usefixtures("few_rows_are_many")
@pytest.mark.parametrize(("learner", "count"), LEARNERS)
def test_one_thread_or_two(learner: Lightgbm, count: int) -> None:
    one, two = (learner.fit(training(count, seed=7, threads=threads)) for threads in (1, 2))
    assert one == two
    rows = Rows(TRAIN, MIXED)
    assert np.array_equal(learner.predict(one, rows, 1), learner.predict(one, rows, 2))


@pytest.mark.usefixtures("few_rows_are_many")
@pytest.mark.parametrize(("learner", "count"), LEARNERS)
def test_bins_made_before_or_not(learner: Lightgbm, count: int, tmp_path: Path) -> None:
    stop = stopping("log_loss" if count else "r2", count) if learner.iterative else None
    asked = training(count, seed=7, weight=np.linspace(0.5, 2, TRAIN.height), stopping=stop)
    files = []
    for threads in (1, 2):
        files.append(tmp_path / f"bins{threads}")
        learner.bin(Rows(TRAIN, MIXED), 7, threads, files[-1])
    assert files[0].read_bytes() == files[1].read_bytes()
    blind = replace(asked, rows=Rows(pl.DataFrame(), MIXED), bins=files[0])
    assert learner.fit(blind) == learner.fit(asked)


def test_bins_serve_other_hyper_parameters(tmp_path: Path) -> None:
    LightgbmRegressor(**SMALL).bin(Rows(TRAIN, MIXED), 0, 1, tmp_path / "bins")
    other = LightgbmRegressor(
        num_iterations=3, num_leaves=4, min_data_in_leaf=60, cat_smooth=3.0, lambda_l2=2.0
    )
    assert other.binning() == LightgbmRegressor(**SMALL).binning()
    assert other.fit(training(bins=tmp_path / "bins")) == other.fit(training())


def test_bins_of_features_that_never_vary(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1.0] * 50, "b": [None] * 50}, schema={"a": pl.Float64, "b": pl.Float64})
    rows = Rows(frame, schema(a="float", b="float?"))
    asked = Training(rows, np.arange(50.0))
    learner = LightgbmRegressor(**SMALL)
    learner.bin(rows, 0, 1, tmp_path / "bins")
    loaded = learner.fit(replace(asked, bins=tmp_path / "bins"))
    assert loaded == learner.fit(asked)
    assert learner.predict(loaded, rows, 1).tolist() == [[24.5]] * 50


@pytest.mark.parametrize("stops", [False, True])
def test_each_round_is_reported_and_changes_nothing(stops: bool) -> None:
    learner, heard = LightgbmClassifier(**SMALL), list[Any]()
    asked = training(2, stopping=stopping("roc_auc", 2, 5) if stops else None)
    reported = replace(asked, progress=lambda *progress: heard.append(progress))
    assert learner.fit(reported) == learner.fit(asked)
    assert heard == [(done, 5, "rounds") for done in (1, 2, 3, 4, 5)]


def test_the_seed_counts() -> None:
    learner = LightgbmRegressor(**SMALL, **RANDOM)
    assert learner.fit(training(seed=1)) != learner.fit(training(seed=2))


def test_chunks_of_the_rows_do_not_show() -> None:
    learner = LightgbmRegressor(**SMALL)
    chunked = pl.concat([TRAIN[:100], TRAIN[100:]], rechunk=False)
    fitted = [
        learner.fit(Training(Rows(frame, MIXED), number(TRAIN)))
        for frame in (TRAIN, chunked, TRAIN.with_columns(pl.lit("text").alias("another column")))
    ]
    assert len(set(fitted)) == 1


def test_a_fitted_model_holds_no_parameters() -> None:
    fitted = LightgbmRegressor(**SMALL).fit(training())
    assert b"parameters" not in fitted and b"num_threads" not in fitted
    told = LightgbmRegressor(**SMALL).describe(fitted, [], Coding("float"))
    assert told == {"iterations": 5, "trees": 5, "leaves": 40}


def test_the_sigmoid_is_kept_in_full() -> None:
    learner = LightgbmClassifier(**SMALL, sigmoid=0.1234567890123)
    fitted = learner.fit(training(2))
    assert b"\nobjective=binary sigmoid:0.1234567890123\n" in fitted


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    learner = LightgbmClassifier(num_iterations=30, num_leaves=2000, min_data_in_leaf=290)
    learner.fit(training(2, stopping=stopping("roc_auc", 2, 1)))
    assert capfd.readouterr() == ("", "")


FAULTS: list[tuple[Lightgbm, int, list[float], str]] = [
    (LightgbmRegressor(), 0, [], "there are no training rows"),
    (LightgbmClassifier(), 2, [], "there are no training rows"),
    (LightgbmRegressor(), 0, [1, np.nan, np.inf], "the target is missing or infinite in 2 of 3 training rows"),
    (LightgbmRegressor(), 0, [np.nan] * 3, "the target is missing or infinite in 3 of 3 training rows"),
    (LightgbmRegressor(), 0, [1, 1e39], "the target has values beyond 3.4e38, which LightGBM cannot hold"),
    (LightgbmRegressor(objective="poisson"), 0, [1, -1], "'objective: poisson' needs a target without negative values"),
    (LightgbmRegressor(objective="tweedie"), 0, [0, 0], "'objective: tweedie' needs a target that is not 0 in all rows"),
    (LightgbmRegressor(objective="gamma"), 0, [1, 0], "'objective: gamma' needs a target above 0"),
    (LightgbmClassifier(), 2, [1, 1], "all 2 training rows have the same class, but a classifier needs two"),
    (LightgbmClassifier(), 1, [0, 0], "all 2 training rows have the same class, but a classifier needs two"),
    (LightgbmClassifier(), 4, [0, 2, 0], "the training rows have 2 of the 4 classes of the target"),
    (LightgbmClassifier(objective="binary"), 3, [0, 1, 2], "'objective: binary' does not support a target with 3 classes"),
    (LightgbmClassifier(objective="multiclass"), 2, [0, 1], "'objective: multiclass' does not support a target with 2 classes"),
]  # fmt: skip


@pytest.mark.parametrize(("learner", "count", "values", "message"), FAULTS)
def test_data_faults(learner: Lightgbm, count: int, values: list[float], message: str) -> None:
    frame = pl.DataFrame({"a": np.arange(float(len(values)))})
    coded = np.array(values, dtype=np.int64 if count else np.float64)
    with pytest.raises(Failed) as caught:
        learner.fit(Training(Rows(frame, schema(a="float")), coded, count))
    assert (caught.value.failure.kind, caught.value.failure.message) == ("data", message)


@pytest.mark.parametrize("weight", [[1, -1, 1], [0, 0, 0], [1, np.nan, 1], [np.inf, 1, 1]])
def test_weights_that_cannot_be(weight: list[float]) -> None:
    rows = Rows(pl.DataFrame({"a": [1.0, 2, 3]}), schema(a="float"))
    with pytest.raises(
        Failed,
        match=r"^the weights of training rows must be finite and not negative, and some must be above 0$",
    ):
        LightgbmRegressor().fit(Training(rows, np.arange(3.0), weight=np.array(weight)))


WATCHES: list[tuple[int, list[float], str, str]] = [
    (2, [], "log_loss", "early stopping has no rows to watch: the split is empty"),
    (2, [1, 1], "roc_auc", "early stopping cannot watch 'roc_auc': all 2 rows are of one class"),
    (3, [0, 1, 2], "roc_auc", "early stopping cannot watch 'roc_auc' with 3 classes"),
    (0, [1, np.nan], "r2", "the target is missing or infinite in rows that early stopping watches"),
]


@pytest.mark.parametrize(("count", "values", "metric", "message"), WATCHES)
def test_rows_that_cannot_be_watched(count: int, values: list[float], metric: str, message: str) -> None:
    held_out = np.array(values, dtype=np.int64 if count else np.float64)
    stop = EarlyStopping(Rows(HELD_OUT[: len(values)], MIXED), held_out, 2, metric)
    learner = LightgbmClassifier(**SMALL) if count else LightgbmRegressor(**SMALL)
    with pytest.raises(Failed) as caught:
        learner.fit(training(count, stopping=stop))
    assert (caught.value.failure.kind, caught.value.failure.message) == ("data", message)


def test_vectors_without_elements() -> None:
    frame = pl.DataFrame({"v": pl.Series([[], []], dtype=pl.Array(pl.Float64, 0))})
    rows = Rows(frame, Schema(schema(v="vector")))
    with pytest.raises(Failed, match=r"^there are no features: every vector is empty$"):
        LightgbmRegressor().fit(Training(rows, np.arange(2.0)))


def test_what_lightgbm_itself_refuses_is_told() -> None:
    rows = Rows(pl.DataFrame({"a": [1.0, 2]}), schema(a="float"))
    with pytest.raises(Failed, match=r"^LightGBM failed to train: ") as caught:
        LightgbmRegressor().fit(Training(rows, np.arange(3.0)))
    assert caught.value.failure.kind == "task"


ROOM = """
import resource
from pathlib import Path
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.training import Rows
from tests.models.samples import MIXED, features

resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))
try:
    LightgbmRegressor().bin(Rows(features(500), MIXED), 0, 1, Path({file!r}))
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.parametrize("short", [1, 100, 9000])
def test_bins_are_whole_or_told_to_have_no_room(tmp_path: Path, short: int) -> None:
    """A limit on the size of files simulates a full disk. LightGBM does not notice it if only little is missing."""
    LightgbmRegressor().bin(Rows(features(500), MIXED), 0, 1, tmp_path / "whole")
    limit = (tmp_path / "whole").stat().st_size - short
    program = ROOM.format(limit=limit, file=str(tmp_path / "bins"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == ["File too large"], done
