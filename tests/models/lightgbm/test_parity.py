"""Trained models of every kind give the same results natively and in ONNX, on rows that are likely to reveal
differences.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st

from mlbuild.columns import Schema
from mlbuild.models.lightgbm.base import Lightgbm
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.lightgbm.text import ModelText
from mlbuild.models.training import EarlyStopping, Rows, Training
from tests.budget import examples, seed
from tests.models.artifacts import answers, exported
from tests.models.samples import MIXED, adversarial, classes, features, number

TRAIN = features(300)
HELD_OUT = features(120, seed=9)
#: Enough to split on everything in 300 rows.
SMALL: dict[str, Any] = {
    "num_iterations": 6,
    "num_leaves": 9,
    "min_data_in_leaf": 4,
    "min_data_per_group": 4,
    "cat_smooth": 1.0,
}


def compared(learner: Lightgbm, training: Training) -> ModelText:
    """Fit, and compare on the training rows, adversarial rows, one row and no row."""
    rows, fitted = training.rows, learner.fit(training)
    model = exported(learner, fitted, rows)
    text = ModelText.parse(fitted.decode())
    thresholds = np.unique(text.threshold[~text.categorical])
    hard = adversarial(rows.features, rows.schema, thresholds)
    width = training.classes or 1
    for some in (hard.features, hard.features[-1:], hard.features[:0]):
        native = learner.predict(fitted, Rows(some, rows.schema), 1)
        found = answers(model, Rows(some, rows.schema))
        assert native.dtype == found.dtype == np.float64
        assert native.shape == found.shape == (some.height, width)
        np.testing.assert_allclose(found, native, rtol=1e-14, atol=4e-16)
        if text.objective[0] in ("regression", "regression_l1", "huber", "fair", "quantile", "mape"):
            assert np.array_equal(found, native), "sums of leaves are the same bit by bit"
    return text


REGRESSORS: dict[str, dict[str, Any]] = {
    "regression": {},
    "sqrt": {"reg_sqrt": True},
    "l1": {"objective": "regression_l1"},
    "huber": {"objective": "huber", "alpha": 1.5},
    "fair": {"objective": "fair", "fair_c": 2.0},
    "quantile": {"objective": "quantile", "alpha": 0.2},
    "mape": {"objective": "mape"},
    "poisson": {"objective": "poisson", "poisson_max_delta_step": 0.5},
    "gamma": {"objective": "gamma"},
    "tweedie": {"objective": "tweedie", "tweedie_variance_power": 1.2},
    "zero as missing": {"zero_as_missing": True},
    "missing as zero": {"use_missing": False},
    "dart": {"boosting": "dart", "drop_rate": 0.5, "skip_drop": 0.0},
    "goss": {"data_sample_strategy": "goss", "top_rate": 0.3, "other_rate": 0.3, "learning_rate": 0.6},
    "forest of rows": {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6},
    "forest of features": {"boosting": "rf", "feature_fraction": 0.5},
    "extra trees": {"extra_trees": True, "feature_fraction_bynode": 0.7, "path_smooth": 1.0},
    "penalties": {"lambda_l1": 0.1, "lambda_l2": 1.0, "min_gain_to_split": 0.1, "max_delta_step": 1.0},
    "one category against the rest": {"max_cat_to_onehot": 20},
    "shallow": {"max_depth": 1},
    "few bins": {"max_bin": 4, "min_data_in_bin": 20},
    "constant": {"min_data_in_leaf": 300},
}


@pytest.mark.parametrize("params", REGRESSORS.values(), ids=list(REGRESSORS))
def test_numbers(params: dict[str, Any]) -> None:
    learner = LightgbmRegressor(**SMALL | params)
    assert list(learner.check()) == []
    target = np.abs(number(TRAIN)) + 0.1
    text = compared(learner, Training(Rows(TRAIN, MIXED), target))
    constant = params.get("min_data_in_leaf") == 300
    assert (text.leaves.max() == 1) == constant


CLASSIFIERS: dict[str, tuple[int, dict[str, Any]]] = {
    "binary": (2, {}),
    "binary by name": (2, {"objective": "binary", "sigmoid": 0.123456789012}),
    "unbalanced": (2, {"is_unbalance": True}),
    "heavy positives": (2, {"scale_pos_weight": 7.0}),
    "binary forest": (2, {"boosting": "rf", "feature_fraction": 0.5}),
    "binary dart": (2, {"boosting": "dart"}),
    "binary constant": (2, {"min_data_in_leaf": 300}),
    "steep": (2, {"sigmoid": 200.0, "learning_rate": 1.0}),
    "three classes": (3, {}),
    "five classes": (5, {"num_leaves": 4}),
    "one against all": (3, {"objective": "multiclassova", "sigmoid": 1.7}),
    "forest of three classes": (3, {"boosting": "rf", "feature_fraction": 0.5}),
    "three classes constant": (3, {"min_data_in_leaf": 300}),
    "zeros as missing": (3, {"zero_as_missing": True}),
}


@pytest.mark.parametrize(("count", "params"), CLASSIFIERS.values(), ids=list(CLASSIFIERS))
def test_classes(count: int, params: dict[str, Any]) -> None:
    learner = LightgbmClassifier(**SMALL | params)
    assert list(learner.check()) == []
    compared(learner, Training(Rows(TRAIN, MIXED), classes(TRAIN, count), count))


def test_a_rare_class_whose_trees_do_not_split() -> None:
    target = classes(TRAIN, 2)
    target[:3] = 2
    learner = LightgbmClassifier(**SMALL, min_sum_hessian_in_leaf=10.0)
    text = compared(learner, Training(Rows(TRAIN, MIXED), target, 3))
    assert text.leaves.min() == 1 < text.leaves.max()


@pytest.mark.parametrize("name", list(MIXED))
def test_one_feature(name: str) -> None:
    rows = Rows(TRAIN.select(name), Schema({name: MIXED[name]}))
    compared(LightgbmRegressor(**SMALL), Training(rows, number(TRAIN)))


@pytest.mark.parametrize("params", [{}, {"boosting": "rf", "feature_fraction": 0.5}], ids=["gbdt", "rf"])
def test_the_best_round_is_the_one_that_stays(params: dict[str, Any]) -> None:
    learner = LightgbmRegressor(**SMALL | params | {"num_iterations": 60, "learning_rate": 0.9})
    held_out, training = Rows(HELD_OUT, MIXED), Training(Rows(TRAIN, MIXED), number(TRAIN))
    stopping = EarlyStopping(held_out, number(HELD_OUT), 3, "mean_absolute_error")
    text = compared(learner, replace(training, stopping=stopping))
    assert text.trees < 50
    errors = []
    for rounds in (text.trees - 1, text.trees, text.trees + 1):
        shorter = LightgbmRegressor(**SMALL | params | {"num_iterations": rounds, "learning_rate": 0.9})
        fitted = shorter.fit(training)
        errors.append(float(np.abs(shorter.predict(fitted, held_out, 1)[:, 0] - number(HELD_OUT)).mean()))
    assert errors[1] == min(errors)


def test_weights_count() -> None:
    weight = np.linspace(0.0, 3.0, TRAIN.height)
    plain = Training(Rows(TRAIN, MIXED), number(TRAIN))
    weighted = replace(plain, weight=weight)
    compared(LightgbmRegressor(**SMALL), weighted)
    assert LightgbmRegressor(**SMALL).fit(weighted) != LightgbmRegressor(**SMALL).fit(plain)


def test_infinite_train_values() -> None:
    frame = TRAIN.with_columns(
        plain=np.where(np.arange(300) % 7 == 0, np.inf, -TRAIN["plain"].to_numpy() * 1e300)
    )
    compared(LightgbmRegressor(**SMALL), Training(Rows(frame, MIXED), number(TRAIN)))


@with_seed(seed())
@settings(
    max_examples=examples(60, 3000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
@given(st.data())
def test_any_parameters(data: st.DataObject) -> None:
    """Random trees with random parameters, on random rows."""
    count = data.draw(st.sampled_from([0, 2, 3]))
    params: dict[str, Any] = {
        "num_iterations": data.draw(st.integers(1, 8)),
        "num_leaves": data.draw(st.integers(2, 20)),
        "min_data_in_leaf": data.draw(st.integers(0, 30)),
        "min_data_per_group": data.draw(st.integers(1, 30)),
        "learning_rate": data.draw(st.floats(0.01, 2.0)),
        "boosting": data.draw(st.sampled_from(["gbdt", "dart"])),
        "use_missing": data.draw(st.booleans()),
        "zero_as_missing": data.draw(st.booleans()),
        "max_bin": data.draw(st.integers(2, 300)),
        "min_data_in_bin": data.draw(st.integers(1, 10)),
        "extra_trees": data.draw(st.booleans()),
        "max_cat_to_onehot": data.draw(st.integers(1, 12)),
        "max_cat_threshold": data.draw(st.integers(1, 12)),
    }
    frame = features(data.draw(st.integers(2, 200)), data.draw(st.integers(0, 10_000)))
    names = data.draw(st.lists(st.sampled_from(list(MIXED)), min_size=1, unique=True))
    frame, chosen = frame.select(names), MIXED.select(names)
    random = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    rows = Rows(frame, chosen)
    if count == 0:
        compared(LightgbmRegressor(**params), Training(rows, random.normal(size=frame.height)))
    elif frame.height >= count:
        target = random.permutation(np.arange(frame.height) % count)
        compared(LightgbmClassifier(**params), Training(rows, target, count))
