"""The model text is read as LightGBM itself reads it."""

from __future__ import annotations

import numpy as np
import polars as pl

from mlbuild.models.lightgbm.library import lightgbm
from mlbuild.models.lightgbm.regressor import LightgbmRegressor
from mlbuild.models.lightgbm.text import ModelText
from mlbuild.models.training import Rows, Training
from tests.models.artifacts import schema
from tests.models.samples import MIXED, NUMBERS, features, number


def test_the_arrays_are_those_of_lightgbms_own_dump() -> None:
    frame = features(300)
    learner = LightgbmRegressor(num_iterations=4, num_leaves=12, min_data_in_leaf=3, min_data_per_group=3)
    fitted = learner.fit(Training(Rows(frame, MIXED), number(frame))).decode()
    text = ModelText.parse(fitted)
    nodes = leaves = 0
    for tree, info in enumerate(lightgbm().Booster(model_str=fitted).dump_model()["tree_info"]):
        stack = [info["tree_structure"]]
        while stack:
            part = stack.pop()
            if "leaf_value" in part:
                assert text.leaf_value[leaves + part["leaf_index"]] == part["leaf_value"]
                continue
            stack += [part["left_child"], part["right_child"]]
            at = nodes + part["split_index"]
            assert text.feature[at] == part["split_feature"]
            assert text.default_left[at] == part["default_left"]
            assert text.categorical[at] == (part["decision_type"] == "==")
            assert "None Zero NaN".split()[text.missing[at]] == part["missing_type"]
            if text.categorical[at]:
                members = text.sets[int(text.categorical[:at].sum())]
                assert members.tolist() == [int(code) for code in part["threshold"].split("||")]
            else:
                assert text.threshold[at] == part["threshold"]
        assert text.leaves[tree] == info["num_leaves"]
        nodes, leaves = nodes + info["num_leaves"] - 1, leaves + info["num_leaves"]
    assert (nodes, leaves) == (len(text.feature), len(text.leaf_value))
    assert len(text.sets) == text.categorical.sum() > 0


def test_sets_of_many_words() -> None:
    members = [3, 64, 65, 96, 200]
    codes = np.concatenate([np.tile(np.arange(1.0, 201.0), 20), np.tile(members, 5)])
    frame = pl.DataFrame({"many": codes})
    training = Training(Rows(frame, schema(many="category")), np.isin(codes, members) * 100.0)
    learner = LightgbmRegressor(num_iterations=1, num_leaves=2, min_data_per_group=1, min_data_in_leaf=1)
    text = ModelText.parse(learner.fit(training).decode())
    assert [found.tolist() for found in text.sets] == [members]


def test_a_model_without_categories_has_no_sets() -> None:
    frame = features(300)
    training = Training(Rows(frame.select(list(NUMBERS)), NUMBERS), number(frame))
    fitted = LightgbmRegressor(num_iterations=2, num_leaves=4).fit(training)
    assert ModelText.parse(fitted.decode()).sets == []
    assert len(LightgbmRegressor().probe(fitted, NUMBERS, 6).rows) > 4
