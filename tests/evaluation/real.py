"""Predictions of two models for real rows, which are in clusters: flights of a day, penguins of a nest, neighbors."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from sklearn import datasets
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Answer
from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from tests.projects import SPECS

Array = np.ndarray[Any, Any]


@frozen(eq=False)
class Real:
    """A coded target, the scores of two models, the number of classes (0: a number), and the cluster of each row."""

    target: Array
    one: Array
    other: Array
    classes: int
    clusters: Array

    @property
    def answer(self) -> type[Answer]:
        return Classification if self.classes else Regression


def predicted(inputs: Array, target: Array, clusters: Array, classes: int) -> Real:
    """Train on the even clusters to predict the odd ones and the reverse, with all inputs and without the last one."""
    odd = clusters % 2 == 1
    scores = [np.empty((len(target), classes or 1)) for _ in range(2)]
    for train in (odd, ~odd):
        for less, found in enumerate(scores):
            width = inputs.shape[1] - less
            kind = LogisticRegression(class_weight="balanced") if classes else LinearRegression()
            model = make_pipeline(StandardScaler(), kind).fit(inputs[train, :width], target[train])
            rows = inputs[~train, :width]
            found[~train] = model.predict_proba(rows) if classes else model.predict(rows)[:, None]
    return Real(target, scores[0], scores[1], classes, np.unique(clusters, return_inverse=True)[1])


@cache
def _flights() -> tuple[Array, pl.DataFrame, Array]:
    """Every 40th flight that arrived; the cluster is the day."""
    rows = (
        pl.read_parquet(SPECS / "flights/data/flights.parquet")
        .filter(pl.col("arr_delay").is_not_null())
        .sort("sched_dep", "carrier", "flight")
        .gather_every(40)
    )
    days = np.unique(rows["sched_dep"].dt.date().to_numpy(), return_inverse=True)[1]
    inputs = rows.select(
        pl.col("distance").log(),
        weekday=pl.col("sched_dep").dt.weekday(),
        dest=pl.col("dest").rank("dense") % 7,
        hour=pl.col("sched_dep").dt.hour(),
    )
    return inputs.to_numpy().astype(float), rows, days


def _flights_late() -> Real:
    inputs, rows, days = _flights()
    return predicted(inputs, (rows["arr_delay"].to_numpy() > 15).astype(np.int64), days, 2)


def _flights_origin() -> Real:
    inputs, rows, days = _flights()
    carriers = [(rows["carrier"] == name).to_numpy() for name in ("UA", "B6", "DL")]
    return predicted(
        np.column_stack([inputs, *carriers]),
        rows["origin"].rank("dense").to_numpy().astype(np.int64) - 1,
        days,
        3,
    )


def _flights_delay() -> Real:
    """The delay, from 60 minutes early to 3 hours late, counted from there."""
    inputs, rows, days = _flights()
    return predicted(inputs, rows["arr_delay"].to_numpy().clip(-60, 180) + 61.0, days, 0)


@cache
def _penguins() -> tuple[pl.DataFrame, Array]:
    """The two adults of a nest follow each other in the file."""
    rows = pl.read_csv(SPECS / "penguins/data/penguins.csv", null_values=["NA"]).with_row_index()
    rows = rows.drop_nulls()
    return rows, rows["index"].to_numpy().astype(np.int64) // 2


def _penguins_sex() -> Real:
    rows, nests = _penguins()
    inputs = rows.select("flipper_length_mm", "bill_length_mm", "bill_depth_mm").to_numpy()
    return predicted(inputs, (rows["sex"] == "male").to_numpy().astype(np.int64), nests, 2)


def _penguins_species() -> Real:
    rows, nests = _penguins()
    inputs = rows.select("bill_depth_mm", "body_mass_g", "flipper_length_mm").to_numpy().astype(float)
    return predicted(inputs, rows["species"].rank("dense").to_numpy().astype(np.int64) - 1, nests, 3)


def _penguins_mass() -> Real:
    rows, nests = _penguins()
    inputs = rows.select("bill_length_mm", "bill_depth_mm", "flipper_length_mm").to_numpy().astype(float)
    return predicted(inputs, rows["body_mass_g"].to_numpy().astype(float) / 1000, nests, 0)


def _tumors() -> Real:
    """Breast tumors from two weak features; neighbors in a third are a cluster."""
    inputs, target = datasets.load_breast_cancer(return_X_y=True)
    return predicted(inputs[:, [1, 9, 8]], target.astype(np.int64), inputs[:, 17].argsort().argsort() // 5, 2)


def _digits() -> Real:
    """Handwritten digits from 0 to 3 from a few pixels; those that follow each other are of one writer."""
    inputs, target = datasets.load_digits(return_X_y=True)
    few = target < 4
    return predicted(
        inputs[few][:, [20, 26, 43, 60]], target[few].astype(np.int64), np.arange(few.sum()) // 6, 4
    )


def _diabetes() -> Real:
    """How a diabetes progresses; patients of nearly the same age are a cluster."""
    inputs, target = datasets.load_diabetes(return_X_y=True)
    clusters = inputs[:, 0].argsort(kind="stable").argsort() // 4
    return predicted(inputs[:, [2, 3, 8]], target, clusters, 0)


#: Three data sets for each number of classes (of numbers, there are none).
REAL: dict[str, Callable[[], Real]] = {
    "flights: late": cache(_flights_late),
    "penguins: sex": cache(_penguins_sex),
    "tumors": cache(_tumors),
    "flights: origin": cache(_flights_origin),
    "penguins: species": cache(_penguins_species),
    "digits": cache(_digits),
    "flights: delay": cache(_flights_delay),
    "penguins: mass": cache(_penguins_mass),
    "diabetes": cache(_diabetes),
}
