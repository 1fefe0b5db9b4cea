"""Learners with one planted fault each, which the tests must find: real ones, changed in one place."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from mlbuild.columns import ColumnType, Schema
from mlbuild.frozen import frozen
from mlbuild.lowering.graph import Graph, Tensor
from mlbuild.lowering.value import Value
from mlbuild.models.answers.answer import Coding
from mlbuild.models.answers.classification import Classification
from mlbuild.models.contributions import Contributions
from mlbuild.models.learner import Learner, Probe
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.matrix import matrix
from mlbuild.models.sklearn.linear_regression import LinearRegression
from mlbuild.models.sklearn.logistic_regression import LogisticRegression
from mlbuild.models.sklearn.ridge import Ridge
from mlbuild.models.training import Rows, Training
from mlbuild.params import Boolean, Json, Number, field

Array = np.ndarray[Any, Any]


class WrongSign(LinearRegression):
    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        return -super().predict(fitted, rows, threads)


class RoundedPrediction(LightgbmRegressor):
    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        return super().predict(fitted, rows, threads).astype(np.float32).astype(np.float64)


class RoundedFile(LinearRegression):
    def lower(self, fitted: bytes, graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
        rounded = graph.call("Cast", super().lower(fitted, graph, features, schema), element="float", to=1)
        return graph.call("Cast", rounded, element="double", to=11)


class WrongSignOnBothSides(Ridge):
    def link(self, fitted: bytes, sums: Array) -> Array:
        return -sums

    def lower_link(self, graph: Graph, sums: Tensor, width: int) -> Tensor:
        return graph.call("Neg", sums)


class OtherLabel(Classification):
    @classmethod
    def lower(cls, graph: Graph, scores: Tensor, coding: Coding) -> dict[str, Tensor]:
        return super().lower(graph, graph.call("Neg", scores), coding) | {"probabilities": scores}


class LabelsOtherwiseInTheFile(LogisticRegression):
    answer = OtherLabel


class ForgottenClass(LogisticRegression):
    """The last class is learned as the one before it."""

    def fit(self, training: Training) -> bytes:
        fitted = super().fit(training)
        form = json.loads(fitted)
        if training.classes > 2:
            form["intercepts"][-1] = -1e9
        return json.dumps(form).encode()


class WrongWidth(LightgbmClassifier):
    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        return super().predict(fitted, rows, threads)[:, 1:]


class ThreadsInWhatIsLearned(Ridge):
    def fit(self, training: Training) -> bytes:
        return super().fit(training) + b" " * training.threads


class ThreadsInPredictions(LightgbmRegressor):
    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        return super().predict(fitted, rows, threads) + 1e-13 * threads


class Clock(LinearRegression):
    def fit(self, training: Training) -> bytes:
        return super().fit(training) + b" " * (time.perf_counter_ns() % 1000 + 1)


class ReadsOtherColumns(LinearRegression):
    """A column next to the features affects the result."""

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        return super().predict(fitted, rows, threads) + rows.features.width


class ChangesTheTarget(LinearRegression):
    def fit(self, training: Training) -> bytes:
        training.target[:] = np.sort(training.target)
        return super().fit(training)


class FailsWithoutRows(LinearRegression):
    def fit(self, training: Training) -> bytes:
        return super().fit(training) if len(training.target) else bytes(1 // len(training.target))


class FlatWithoutRows(Ridge):
    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        found = super().predict(fitted, rows, threads)
        return found if len(found) else np.zeros(0)


class DependsOnTheBatch(LinearRegression):
    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        return super().predict(fitted, rows, threads) + 1e-9 * rows.features.height


class FailsOnConstants(LinearRegression):
    def fit(self, training: Training) -> bytes:
        return super().fit(training) + b" " * int(1 / training.target.std() == 0)


class TakesAnyWeight(LightgbmRegressor):
    def fit(self, training: Training) -> bytes:
        return super().fit(replace(training, weight=None))


class TakesWhateverComes(LinearRegression):
    def infer(self, features: Schema, target: ColumnType) -> None:
        pass


class SaysItTakesMissingValues(LinearRegression):
    accepts = LinearRegression.accepts | {"null"}


class RefusesWhatItDeclares(LightgbmRegressor):
    def infer(self, features: Schema, target: ColumnType) -> None:
        super().infer(features, target)
        if any(type_.dtype == "vector" for type_ in features.values()):
            super().infer(Schema({"x": ColumnType("string")}), target)


@frozen
class TooWideAnEnd(Ridge):
    alpha: float = field(Number(min=-1), "Strength of the penalty.", default=1.0)


class LearnsIntoItself(LinearRegression):
    last: ClassVar[bytes] = b""

    def fit(self, training: Training) -> bytes:
        type(self).last = super().fit(training)
        return b"kept elsewhere"

    def predict(self, fitted: bytes, rows: Rows, threads: int) -> Array:
        return super().predict(type(self).last, rows, threads)

    def lower(self, fitted: bytes, graph: Graph, features: Mapping[str, Value], schema: Schema) -> Tensor:
        return super().lower(type(self).last, graph, features, schema)

    def describe(self, fitted: bytes, columns: Sequence[str], coding: Coding) -> Json:
        return {}


@frozen
class HiddenParameter(Ridge):
    """A field is written, but read back as its default."""

    positive: bool = field(Boolean(), "Keep all coefficients at or above zero.", default=False, key="shown")

    def __post_init__(self) -> None:
        object.__setattr__(self, "alpha", min(self.alpha, 1.0) if self.positive else self.alpha + 0.5)


class RefusesWithoutAWayOut(LightgbmClassifier):
    refused = {"class_weight": "use 'is_unbalance' or 'scale_pos_weight'"}


class OtherBins(LightgbmClassifier):
    def bin(self, rows: Rows, seed: int, threads: int, target: Path) -> None:
        shuffled = rows.features.select(pl.all().reverse())
        super().bin(Rows(shuffled, rows.schema), seed, threads, target)


class WatchesWhatItDoesNot(LightgbmRegressor):
    @classmethod
    def watches(cls, classes: int | None) -> Mapping[str, str]:
        return {**super().watches(classes), "accuracy": "binary_error"}


class ProbesByChance(LinearRegression):
    def probe(self, fitted: bytes, schema: Schema, width: int) -> Probe:
        probe = super().probe(fitted, schema, width)
        return replace(probe, rows=probe.rows + np.random.default_rng().standard_normal(probe.rows.shape))


class ExplainsWithoutWhatIsExpected(LightgbmClassifier):
    def contributions(self, fitted: bytes, rows: Rows) -> Contributions:
        told = super().contributions(fitted, rows)
        return replace(told, expected=told.expected + 1e-6 * np.arange(1, 1 + len(told.expected)))


class ExplainsByItsCoefficients(Ridge):
    """The contributions are not compared with the means, so they add up to something else."""

    def contributions(self, fitted: bytes, rows: Rows) -> Contributions:
        told = super().contributions(fitted, rows)
        return replace(told, values=matrix(rows)[:, None, :] * json.loads(fitted)["coefficients"])


#: The test that finds each of them.
FAULTS: dict[type[Learner], str] = {
    WrongSign: "predicts_what_its_file_answers",
    RoundedPrediction: "predicts_what_its_file_answers",
    RoundedFile: "predicts_what_its_file_answers",
    WrongSignOnBothSides: "learns",
    ForgottenClass: "learns",
    WrongWidth: "gives_the_outputs_of_its_answer",
    LabelsOtherwiseInTheFile: "gives_the_same_outputs_in_the_file",
    ThreadsInWhatIsLearned: "does_not_depend_on_threads",
    ThreadsInPredictions: "does_not_depend_on_threads",
    Clock: "repeats_itself",
    ReadsOtherColumns: "repeats_itself",
    ChangesTheTarget: "leaves_its_rows_alone",
    FailsWithoutRows: "says_that_there_are_no_rows",
    FlatWithoutRows: "says_that_there_are_no_rows",
    DependsOnTheBatch: "answers_one_row_as_among_others",
    FailsOnConstants: "takes_one_row_and_targets_that_never_vary",
    TakesAnyWeight: "refuses_weights_that_cannot_be",
    TakesWhateverComes: "foretells_what_it_learns_from",
    SaysItTakesMissingValues: "foretells_what_it_learns_from",
    RefusesWhatItDeclares: "foretells_what_it_learns_from",
    TooWideAnEnd: "trains_at_the_ends_of_its_parameters",
    LearnsIntoItself: "survives_being_written",
    HiddenParameter: "survives_being_written",
    RefusesWithoutAWayOut: "refuses_parameters_with_a_way_out",
    OtherBins: "learns_the_same_from_bins",
    WatchesWhatItDoesNot: "watches_metrics_of_its_answer",
    ProbesByChance: "probes_itself",
    ExplainsWithoutWhatIsExpected: "explains_its_scores",
    ExplainsByItsCoefficients: "explains_its_scores",
}
