"""A profile is laid over the spec: maps merge, all else is replaced; its mistakes are told where it makes them."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from tests.spec.composing import SPEC, composed, said, sound


def with_profile(overlay: str) -> str:
    """`SPEC` and the profile `other`; its overlay begins in line 24."""
    return f"{SPEC}profiles:\n  other:\n{indent(overlay, '    ')}"


def test_maps_merge_and_all_else_is_replaced(tmp_path: Path) -> None:
    overlay = "seed: 5\nmodels:\n  late: {features: [n], params: {learning_rate: 0.5}}\ndatasets: {new: {from: all}}\n"
    text = with_profile(overlay)
    plain, other = (sound(composed(tmp_path, text, profiles=chosen)) for chosen in ((), ("other",)))
    assert plain == sound(composed(tmp_path, SPEC))
    learner = other.models["late"].learner
    assert (getattr(learner, "num_leaves"), getattr(learner, "learning_rate")) == (63, 0.5)  # noqa: B009 - LightGBM's
    assert other.models["late"].features == ("n",) and other.seed == 5
    assert list(other.datasets) == ["all", "new"]


def test_a_later_profile_wins(tmp_path: Path) -> None:
    text = with_profile("seed: 5\n") + "  last: {seed: 6}\n"
    seeds = [
        sound(composed(tmp_path, text, profiles=names)).seed
        for names in (["other", "last"], ["last", "other"])
    ]
    assert seeds == [6, 5]


def test_anchors_that_a_profile_changes_stay_as_they_are_elsewhere(tmp_path: Path) -> None:
    text = SPEC.replace("features: [a.b, n]", "features: &f [a.b, n]").replace("params: {", "params: &p {")
    text += "  twin: {model: twin}\n"
    text = text.replace(
        "outputs:\n",
        "  twin: {type: lightgbm.classifier, dataset: all, features: *f, target: y, params: *p}\noutputs:\n",
    )
    text += "profiles: {other: {models: {twin: {params: {num_leaves: 7}}}}}\n"
    models = sound(composed(tmp_path, text, profiles=["other"])).models
    assert [getattr(models[name].learner, "num_leaves") for name in ("late", "twin")] == [63, 7]  # noqa: B009


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        (
            "modles: {}\n",
            "mlbuild.yaml:24:5 unknown-key unknown key 'modles' in profile 'other' | did you mean 'models'?",
        ),
        (
            "models: {late: {params: {num_leafs: 3}}}\n",
            "mlbuild.yaml:24:30 unknown-key unknown key 'num_leafs' in the params of lightgbm.classifier"
            " | did you mean 'num_leaves'?",
        ),
        (
            "seed: x\n",
            "mlbuild.yaml:24:11 wrong-type 'seed' is a whole number >= 0, not 'x'",
        ),
        (
            "sources: {rows: {contract: 1}}\n",
            "mlbuild.yaml:24:32 wrong-type 'contract' is text, not 1 | write it in quotes: '1'",
        ),
        (
            "models: {late: {preprocessing: [{op: impute, columns: n}]}}\n",
            "mlbuild.yaml:24:37 missing-key step 'impute' needs 'strategy' | one of mean, median, most_frequent, constant",
        ),
        ("models: []\n", "mlbuild.yaml:24:13 wrong-type 'models' is a map, not a list"),
        ("mlbuild: 1\n", None),
    ],
)
def test_a_misspelt_profile_is_told_whether_it_is_chosen_or_not(
    tmp_path: Path, overlay: str, expected: str | None
) -> None:
    expected = expected or (
        "mlbuild.yaml:24:5 unknown-key unknown key 'mlbuild' in profile 'other'"
        " | keys here: project, description, seed, warnings, sources, contracts, datasets, preprocessing, models, outputs"
    )
    for chosen in ((), ("other",)):
        found = [
            line
            for line in said(composed(tmp_path, with_profile(overlay), profiles=chosen))
            if line[0] != " "
        ]
        assert found == [expected]


def test_what_is_required_may_come_from_another_profile(tmp_path: Path) -> None:
    text = with_profile("models: {new: {type: lightgbm.classifier, dataset: all}}\n")
    text += "  rest: {models: {new: {features: n, target: y}}}\n"
    assert [line.split()[1] for line in said(composed(tmp_path, text))] == []
    assert "new" in sound(composed(tmp_path, text, profiles=["other", "rest"])).models
    assert said(composed(tmp_path, text, profiles=["other"])) == [
        "mlbuild.yaml:24:14 missing-key model 'new' needs 'features'",
        "mlbuild.yaml:24:14 missing-key model 'new' needs 'target'",
    ]


def test_a_spec_can_leave_to_profiles_what_is_required(tmp_path: Path) -> None:
    text = SPEC.replace("path: rows.csv, ", "") + "profiles: {here: {sources: {rows: {path: rows.csv}}}}\n"
    sound(composed(tmp_path, text, profiles=["here"]))
    assert said(composed(tmp_path, text)) == ["mlbuild.yaml:4:3 missing-key source 'rows' needs 'path'"]


def test_what_a_profile_breaks_elsewhere_is_told_at_the_profile(tmp_path: Path) -> None:
    text = with_profile("models:\n  late:\n    type: sklearn.logistic_regression\n").replace(
        "[a.b, n]", "[a.b]"
    )
    told = [
        "mlbuild.yaml:25:7 unknown-key unknown key 'num_leaves' in the params of sklearn.logistic_regression"
        " | keys here: C, l1_ratio, fit_intercept, class_weight, solver, tol, max_iter",
        "  this stands here mlbuild.yaml:19:14",
    ]
    assert said(composed(tmp_path, text)) == told
    assert said(composed(tmp_path, text, profiles=["other"])) == told


def test_what_is_wrong_in_itself_is_told_once(tmp_path: Path) -> None:
    text = with_profile("models: {late: {params: {learning_rate: 0.5}}}\n").replace("num_leaves", "num_leafs")
    for chosen in ((), ("other",)):
        assert said(composed(tmp_path, text, profiles=chosen)) == [
            "mlbuild.yaml:19:14 unknown-key unknown key 'num_leafs' in the params of lightgbm.classifier"
            " | did you mean 'num_leaves'?"
        ]


def test_a_name_is_looked_up_in_what_was_chosen(tmp_path: Path) -> None:
    text = with_profile("models: {late: {features: [n, z]}}\n")
    assert sound(composed(tmp_path, text))
    assert said(composed(tmp_path, text, profiles=["other"])) == [
        "mlbuild.yaml:24:35 unknown-column unknown column 'z' | columns here: a.b, n, y"
    ]


@pytest.mark.parametrize(
    ("text", "place"), [(with_profile("seed: 1\n"), "22:1"), (SPEC, "1:1")], ids=["some", "none"]
)
def test_an_unknown_profile(tmp_path: Path, text: str, place: str) -> None:
    help_ = "did you mean 'other'?" if place == "22:1" else "profiles here: none"
    found = said(composed(tmp_path, text, profiles=["othr"]))
    assert found == [f"mlbuild.yaml:{place} unknown-profile unknown profile 'othr' | {help_}"]
