"""The contributions of LightGBM's features, next to LightGBM's own raw scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mlbuild.models.lightgbm.base import Lightgbm
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.library import lightgbm
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.matrix import expanded
from tests.models.requests import asked

FOREST: dict[str, Any] = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5, "num_iterations": 7}


@pytest.mark.parametrize(
    ("learner", "scales"),
    [
        (LightgbmClassifier(), {"log-odds", "logits"}),
        (LightgbmClassifier(objective="multiclassova"), {"log-odds"}),
        (LightgbmClassifier(objective="binary", sigmoid=0.5), {"log-odds / 0.5"}),
        (LightgbmClassifier(**FOREST), {"log-odds", "logits"}),
        (LightgbmRegressor(), {"score"}),
        (LightgbmRegressor(**FOREST), {"score"}),
        (LightgbmRegressor(reg_sqrt=True), {"signed square root of the score"}),
    ],
    ids=lambda value: getattr(value, "objective", None),
)
def test_they_add_up_to_the_raw_score(learner: Lightgbm, scales: set[str]) -> None:
    found = set()
    for one in asked(type(learner)):
        classes = one.training.classes
        if learner.answer.decides and not learner._suits(classes):  # type: ignore[attr-defined]
            continue
        fitted = learner.fit(one.training)
        told = learner.contributions(fitted, one.rows)
        model = lightgbm().Booster(model_str=fitted.decode())
        raw = np.reshape(model.predict(expanded(one.rows), raw_score=True), told.sums.shape)
        trees = (
            learner.num_iterations if learner.boosting == "rf" else 1
        )  # LightGBM's raw score is not their mean
        np.testing.assert_allclose(told.sums, raw / trees, rtol=1e-9, atol=1e-9)
        found.add(told.scale)
    assert found == scales


def test_counts_are_explained_on_the_scale_of_logarithms() -> None:
    learner = LightgbmRegressor(objective="poisson")
    one = next(asked(LightgbmRegressor))
    fitted = learner.fit(replace(one.training, target=np.abs(one.training.target)))
    told = learner.contributions(fitted, one.rows)
    assert told.scale == "log of the score"
    np.testing.assert_allclose(np.exp(told.sums), learner.predict(fitted, one.rows, 1), rtol=1e-9)
