"""LightGBM's parameters: bounds, contradictions, other spellings."""

from __future__ import annotations

from typing import Any

import pytest

from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Rejected
from mlbuild.models.lightgbm.base import Lightgbm
from mlbuild.models.lightgbm.classifier import LightgbmClassifier
from mlbuild.models.lightgbm.library import lightgbm
from mlbuild.models.lightgbm.parameters import BINNING
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.params import params_of, read, write
from tests.models.artifacts import schema

BOTH = (LightgbmClassifier, LightgbmRegressor)
ALL = {name: param for cls in BOTH for name, param in params_of(cls).items()}

#: Parameters whose default differs from LightGBM's: they depend on the target.
FOUND = {"objective"}


def test_names_and_defaults_are_lightgbms() -> None:
    native = lightgbm().basic._ConfigAliases
    for name, param in ALL.items():
        assert name in native._get_all_param_aliases(), f"{name} is no parameter of LightGBM"
        if name not in FOUND:
            assert param.default == DEFAULTS[name], name


#: https://lightgbm.readthedocs.io/en/latest/Parameters.html
DEFAULTS = {
    "boosting": "gbdt", "num_iterations": 100, "learning_rate": 0.1, "num_leaves": 31, "max_depth": -1,
    "min_data_in_leaf": 20, "min_sum_hessian_in_leaf": 1e-3, "data_sample_strategy": "bagging",
    "bagging_fraction": 1.0, "bagging_freq": 0, "top_rate": 0.2, "other_rate": 0.1, "feature_fraction": 1.0,
    "feature_fraction_bynode": 1.0, "lambda_l1": 0.0, "lambda_l2": 0.0, "min_gain_to_split": 0.0,
    "max_delta_step": 0.0, "path_smooth": 0.0, "extra_trees": False, "drop_rate": 0.1, "max_drop": 50,
    "skip_drop": 0.5, "max_bin": 255, "min_data_in_bin": 3, "bin_construct_sample_cnt": 200_000,
    "use_missing": True, "zero_as_missing": False, "max_cat_to_onehot": 4, "max_cat_threshold": 32,
    "min_data_per_group": 100, "cat_smooth": 10.0, "cat_l2": 10.0, "is_unbalance": False,
    "scale_pos_weight": 1.0, "sigmoid": 1.0, "alpha": 0.9, "fair_c": 1.0, "poisson_max_delta_step": 0.7,
    "tweedie_variance_power": 1.5, "reg_sqrt": False,
}  # fmt: skip


def test_other_spellings_are_lightgbms_and_lead_to_a_parameter() -> None:
    native = lightgbm().basic._ConfigAliases
    aliases = {alias: name for cls in BOTH for alias, name in cls.aliases.items()}
    refused = {name for cls in BOTH for name in cls.refused}
    for alias, name in aliases.items():
        assert alias in native.get(name), f"LightGBM does not read {alias} as {name}"
    for name in ALL:
        missing = {alias for alias in native.get(name) if alias != name} - {*aliases} - refused
        assert not missing, f"{name} has more spellings: {sorted(missing)}"


def test_what_is_refused_has_a_reason() -> None:
    assert all("ONNX" in cls.refused["linear_tree"] for cls in BOTH)


@pytest.mark.parametrize("cls", BOTH)
def test_defaults_contradict_nothing_and_survive_writing(cls: type[Lightgbm]) -> None:
    assert list(cls().check()) == []
    assert read(cls, write(cls())) == cls()
    assert set(BINNING) <= set(params_of(cls))


CONTRADICTIONS: list[tuple[Lightgbm, str, str]] = [
    (LightgbmRegressor(alpha=0.5), "alpha", "'alpha' has no effect with 'objective: regression'"),
    (LightgbmRegressor(objective="huber", reg_sqrt=True), "reg_sqrt", "'reg_sqrt' has no effect with 'objective: huber'"),
    (LightgbmRegressor(objective="quantile", alpha=1.0), "alpha", "'alpha' is a quantile here and must be below 1"),
    (LightgbmRegressor(bagging_fraction=0.5), "bagging_fraction", "'bagging_fraction' has no effect without 'bagging_freq'"),
    (LightgbmRegressor(bagging_freq=1), "bagging_freq", "'bagging_freq' has no effect without a 'bagging_fraction' below 1"),
    (LightgbmRegressor(data_sample_strategy="goss", bagging_freq=1), "bagging_freq", "'bagging_freq' has no effect with 'data_sample_strategy: goss'"),
    (LightgbmRegressor(data_sample_strategy="goss", top_rate=0.7, other_rate=0.4), "other_rate", "the sum of 'top_rate' and 'other_rate' is greater than 1"),
    (LightgbmRegressor(top_rate=0.5), "top_rate", "'top_rate' has no effect without 'data_sample_strategy: goss'"),
    (LightgbmRegressor(skip_drop=0.1), "skip_drop", "'skip_drop' has no effect without 'boosting: dart'"),
    (LightgbmRegressor(boosting="rf"), "boosting", "a random forest must sample rows or features; otherwise all trees are identical"),
    (LightgbmRegressor(boosting="rf", feature_fraction=0.5, learning_rate=0.5), "learning_rate", "'learning_rate' has no effect with 'boosting: rf'"),
    (LightgbmRegressor(zero_as_missing=True, use_missing=False), "zero_as_missing", "'zero_as_missing' has no effect with 'use_missing: false'"),
    (LightgbmClassifier(is_unbalance=True, scale_pos_weight=2.0), "scale_pos_weight", "'is_unbalance' and 'scale_pos_weight' cannot be used together"),
    (LightgbmClassifier(objective="multiclass", sigmoid=2.0), "sigmoid", "'sigmoid' has no effect with 'objective: multiclass'"),
]  # fmt: skip


@pytest.mark.parametrize(("learner", "at", "message"), CONTRADICTIONS)
def test_contradictions(learner: Lightgbm, at: str, message: str) -> None:
    assert [(problem.at, problem.message) for problem in learner.check()] == [((at,), message)]


def test_what_is_for_two_classes_has_no_effect_on_more() -> None:
    three = ColumnType("string", categories=("a", "b", "c"))
    for objective in (None, "multiclassova"):
        learner = LightgbmClassifier(objective=objective, is_unbalance=True, sigmoid=2.0)
        found = []
        try:
            learner.infer(schema(a="float"), three)
        except Rejected as rejected:
            found = [(problem.at, problem.on, problem.message) for problem in rejected.problems]
        why = "on a target with 3 classes without 'objective: multiclassova'"
        assert found == [
            (("params", name), "key", f"'{name}' has no effect {why}")
            for name in ("is_unbalance", "sigmoid")
            if objective is None
        ]


@pytest.mark.parametrize("dtype", ["float", "category", "unknown"])
@pytest.mark.parametrize("learner", [LightgbmClassifier(cat_l2=1.0), LightgbmRegressor(min_data_per_group=5)])
def test_what_is_for_categories_has_no_effect_without_one(learner: Lightgbm, dtype: str) -> None:
    found = []
    try:
        learner.infer(schema(a=dtype), ColumnType("int"))
    except Rejected as rejected:
        found = [(problem.at, problem.on, problem.message) for problem in rejected.problems]
    name = "cat_l2" if isinstance(learner, LightgbmClassifier) else "min_data_per_group"
    told = (("params", name), "key", f"'{name}' has no effect without a feature of dtype category")
    assert found == ([told] if dtype == "float" else [])


@pytest.mark.parametrize(
    ("objective", "target", "message"),
    [
        ("multiclass", ColumnType("bool"), "'objective: multiclass' does not support a target with 2 classes"),
        ("binary", ColumnType("string", categories=("a", "b", "c")), "'objective: binary' does not support a target with 3 classes"),
        ("binary", ColumnType("bool"), None),
        ("multiclassova", ColumnType("string"), None),
        (None, ColumnType("int", categories=(1, 2, 3)), None),
    ],
)  # fmt: skip
def test_the_objective_suits_the_classes(objective: Any, target: ColumnType, message: str | None) -> None:
    learner = LightgbmClassifier(objective=objective)
    try:
        learner.infer(schema(a="float"), target)
    except Rejected as rejected:
        assert [(p.at, p.message) for p in rejected.problems] == [(("params", "objective"), message)]
    else:
        assert message is None


def test_only_dart_cannot_be_stopped_early() -> None:
    assert LightgbmRegressor().iterative and LightgbmRegressor(boosting="rf").iterative
    assert not LightgbmRegressor(boosting="dart").iterative
