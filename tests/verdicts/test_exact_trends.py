"""The test `monotone` is exact for trees: it finds in the model's own thresholds what a million predictions find."""

from __future__ import annotations

import re
from typing import Any

import lightgbm
import numpy as np
import polars as pl
import pytest

from mlbuild.lowering.thresholds import thresholds
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.training import Rows
from mlbuild.verdicts.tests.monotone import Monotone
from mlbuild.verdicts.tests.subject import Subject
from mlbuild.verdicts.tests.trends import EQUAL
from mlbuild.verdicts.verdict import Verdict
from tests.budget import examples, seed, tell
from tests.models.artifacts import answers, exported, schema

Array = np.ndarray[Any, Any]

SCHEMA = schema(amount="float?", count="int", other="float?")
#: The values of the tested columns, and more values than there are thresholds: on both sides of each.
VALUES = {"amount": np.arange(400) / 100, "count": np.arange(400)}
POINTS = {"amount": np.arange(-100, 900) / 200 + 0.0011, "count": np.arange(-300, 700)}
MODELS = examples(3, 20)
ROWS = examples(60, 1000)


def frame(chance: np.random.Generator, count: int) -> pl.DataFrame:
    amount, other = chance.choice(VALUES["amount"], count), chance.normal(size=count)
    missing = chance.random((2, count)) < 0.05
    columns = {
        "amount": np.where(missing[0], np.nan, amount),
        "count": chance.choice(VALUES["count"], count),
        "other": np.where(missing[1], np.nan, other),
    }
    return pl.DataFrame(columns).with_columns(pl.col(pl.Float64).fill_nan(None))


def matrix(rows: pl.DataFrame) -> Array:
    return rows.select(pl.all().cast(pl.Float64).fill_null(np.nan)).to_numpy()


class Trees:
    """Trees that rise with both columns in nearly all rows, or in all of them, and the file that is published."""

    def __init__(self, number: int, constrained: bool) -> None:
        chance = np.random.default_rng([seed(), number])
        train, self.rows = frame(chance, 2000), frame(chance, ROWS)
        data = matrix(train)
        rising = np.nan_to_num(data[:, 0], nan=2.0) * 3 + data[:, 1] / 100 * chance.choice([-1, 1])
        # In a narrow range, the target falls.
        start = chance.uniform(0.5, 3)
        dip = np.where((data[:, 0] > start) & (data[:, 0] < start + 0.15), -3.0, 0.0)
        target = rising + dip + np.nan_to_num(data[:, 2]) + chance.normal(size=2000) * 0.05
        params = {
            "num_leaves": int(chance.choice([7, 31, 63])),
            "min_data_in_leaf": int(chance.choice([3, 20])),
            "learning_rate": 0.2,
            "seed": number,
            "verbosity": -1,
            "num_threads": 1,
            "monotone_constraints": [int(constrained), 0, 0],
        }
        dataset = lightgbm.Dataset(data, target, params=params)
        self.booster = lightgbm.train(params, dataset, int(chance.choice([5, 20, 40])))
        text = self.booster.model_to_string().split("\nparameters:")[0]
        self.model = exported(LightgbmRegressor(), text.encode(), Rows(self.rows, SCHEMA))

    def judged(self, column: str) -> Verdict:
        """What the test finds in the file."""
        subject = Subject(
            SCHEMA,
            None,
            "scores",
            (),
            lambda rows: {"scores": answers(self.model, Rows(rows, SCHEMA))},
            lambda name: thresholds(self.model, name),
            self.rows,
        )
        return Monotone(output="", column=column, direction="increasing").judge(subject)

    def falling(self, column: str, points: Array) -> int:
        """Count the rows whose prediction by LightGBM falls somewhere, at the given values of a column."""
        place = [*SCHEMA].index(column)
        every = matrix(self.rows).repeat(len(points), axis=0)
        every[:, place] = np.tile(points, ROWS)
        scores = np.asarray(self.booster.predict(every, num_threads=1)).reshape(ROWS, len(points))
        return int(((np.maximum.accumulate(scores, axis=1) - scores).max(axis=1) > EQUAL).sum())


def counted(verdict: Verdict) -> int:
    found = re.match(r"([0-9,]+) of ([0-9,]+) rows fall", verdict.text)
    assert found is not None and int(found[2].replace(",", "")) == ROWS and "cover all" in verdict.text
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("column", VALUES)
def test_the_verdict_is_that_of_a_million_predictions(column: str) -> None:
    few, missed, wrong = np.quantile(VALUES[column], [0.1, 0.3, 0.5, 0.7, 0.9]), 0, 0
    for number in range(MODELS):
        trees = Trees(number, constrained=False)
        verdict = trees.judged(column)
        assert counted(verdict) == trees.falling(column, POINTS[column])
        assert verdict.passed == (counted(verdict) == 0)
        wrong += not verdict.passed
        missed += trees.falling(column, few) < counted(verdict)
    tell(
        f"{column}: {MODELS} models, {ROWS * len(POINTS[column]):,} predictions each: the same rows fall;"
        f" {wrong} models are wrong, and 5 values miss rows of {missed}"
    )
    assert missed > 0


def test_trees_with_constraints_never_fall() -> None:
    for number in range(MODELS):
        trees = Trees(number, constrained=True)
        verdict = trees.judged("amount")
        assert verdict.passed and counted(verdict) == trees.falling("amount", POINTS["amount"]) == 0
    tell(f"{MODELS} models with monotone_constraints: no row falls")
