"""Trains LightGBM. The model is the same for any number of threads, and with or without existing bins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mlbuild.diagnostics import Failed, Failure, data_failure
from mlbuild.models.lightgbm.library import lightgbm, useful, utf8_path
from mlbuild.models.matrix import categorical, expanded
from mlbuild.models.training import Rows, Training
from mlbuild.progress import Report

#: Parameters of every training, in addition to those in the spec.
FIXED = {
    "deterministic": True,
    "force_row_wise": True,
    "feature_pre_filter": False,
    "verbosity": -1,
}


def save_bins(rows: Rows, binning: Mapping[str, Any], seed: int, threads: int, file: Path) -> None:
    """Write LightGBM's binned dataset of the features to `file`.

    Raises:
        Failed: LightGBM refuses the rows.
        OSError: The disk is full.
    """
    params = {**FIXED, **binning, "seed": seed, "num_threads": useful(threads, rows.features.height)}
    data = _dataset(rows, params)
    try:
        with utf8_path(file) as path:
            data.construct().save_binary(path)
    except lightgbm().basic.LightGBMError as error:
        if file.exists():
            _see_room(file)
        raise _refused(error) from None
    _see_room(file)


def _see_room(file: Path) -> None:
    """Check that the file could grow: LightGBM does not check whether the end of the file was written."""
    size = file.stat().st_size
    with file.open("r+b") as written:
        written.seek(size)
        written.write(bytes(1 << 16))
        written.truncate(size)


def train(training: Training, params: Mapping[str, Any], rounds: int) -> str:
    """Train a model and return its text up to the parameters, which include the number of threads.

    With early stopping, this is the model of the best round.

    `params` are LightGBM's parameters, including the metric to watch.

    Raises:
        Failed: LightGBM refuses the data.
    """
    if training.bins is None:
        return _trained(training, params, rounds, None)
    with utf8_path(training.bins) as bins:  # LightGBM reads them when training starts
        return _trained(training, params, rounds, bins)


def _trained(training: Training, params: Mapping[str, Any], rounds: int, bins: str | None) -> str:
    library = lightgbm()
    train_rows = {"label": training.target, "weight": training.weight}
    if bins is None:
        data = _dataset(training.rows, params, **train_rows)
    else:
        data = library.Dataset(bins, params=dict(params), **train_rows)
    held_out, callbacks = [], [_reporting(training.progress)]
    if stopping := training.stopping:
        held_out.append(_dataset(stopping.rows, params, label=stopping.target, reference=data))
        callbacks.append(library.early_stopping(stopping.rounds, verbose=False))
    try:
        booster = library.train(dict(params), data, rounds, valid_sets=held_out, callbacks=callbacks)
    except library.basic.LightGBMError as error:
        raise _refused(error) from None
    best = booster.best_iteration if training.stopping else -1
    text: str = booster.model_to_string(num_iteration=best)
    return text.split("\nparameters:")[0]


def _reporting(report: Report) -> Callable[[Any], None]:
    """Return a callback that reports each round."""

    def callback(state: Any) -> None:
        report(
            state.iteration + 1 - state.begin_iteration, state.end_iteration - state.begin_iteration, "rounds"
        )

    return callback


def _dataset(rows: Rows, params: Mapping[str, Any], **fields: Any) -> Any:
    """Return LightGBM's dataset, before it is constructed."""
    frame = expanded(rows)
    if frame.width == 0:
        raise data_failure("there are no features: every vector is empty")
    return lightgbm().Dataset(
        frame,
        feature_name=frame.columns,
        categorical_feature=categorical(rows),
        params=dict(params),
        **fields,
    )


def _refused(error: Exception) -> Failed:
    reason = str(error).strip().split("\n")[0]
    unquoted = "LightGBM failed to train"
    return Failed(Failure("task", f"{unquoted}: {reason}", {"unquoted": unquoted}))
