"""A profile is merged into the spec: maps are merged, everything else is replaced.

Its mistakes are reported in the profile.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from mlbuild.data.rules.bounds import Min
from mlbuild.models.answers.classification import Classification
from mlbuild.spec.meaning.learning import trials
from mlbuild.spec.sections import SECTIONS
from tests.growth import assert_linear
from tests.spec.composing import SPEC, composed, said, sound


def with_profile(overlay: str) -> str:
    """Return `SPEC` with the profile `other`, whose overlay starts in line 24."""
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
            "mlbuild.yaml:24:11 wrong-type 'seed' must be an integer >= 0, not 'x'",
        ),
        (
            "sources: {rows: {contract: 1}}\n",
            "mlbuild.yaml:24:32 wrong-type 'contract' must be a string, not 1 | put it in quotes: '1'",
        ),
        (
            "models: {late: {preprocessing: [{op: impute, columns: n}]}}\n",
            "mlbuild.yaml:24:37 missing-key step 'impute' needs 'strategy' | one of mean, median, most_frequent, constant",
        ),
        ("models: []\n", "mlbuild.yaml:24:13 wrong-type 'models' must be a map, not a list"),
        ("mlbuild: 1\n", None),
    ],
)
def test_a_misspelt_profile_is_told_whether_it_is_chosen_or_not(
    tmp_path: Path, overlay: str, expected: str | None
) -> None:
    expected = expected or (
        "mlbuild.yaml:24:5 unknown-key unknown key 'mlbuild' in profile 'other'"
        f" | available keys: project, description, seed, warnings, {', '.join(one.key for one in SECTIONS)}"
    )
    for chosen in ((), ("other",)):
        found = [
            line
            for line in said(composed(tmp_path, with_profile(overlay), profiles=chosen))
            if line[0] != " "
        ]
        assert found == [expected]


def test_a_new_definition_of_a_profile_is_complete(tmp_path: Path) -> None:
    text = with_profile("models: {new: {type: lightgbm.classifier, dataset: all, features: n, target: y}}\n")
    assert said(composed(tmp_path, text)) == []
    text = with_profile("models: {new: {type: lightgbm.classifier, dataset: all}}\n")
    text += "  rest: {models: {new: {features: n, target: y}}}\n"
    told = [
        "mlbuild.yaml:24:14 missing-key model 'new' needs 'features'",
        "mlbuild.yaml:24:14 missing-key model 'new' needs 'target'",
    ]
    assert said(composed(tmp_path, text))[:2] == told
    assert "new" in sound(composed(tmp_path, text, profiles=["other", "rest"])).models


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
        " | available keys: C, l1_ratio, fit_intercept, class_weight, solver, tol, max_iter",
        "  the problem is here mlbuild.yaml:19:14",
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


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        (
            "models: {lat: {params: {num_leaves: 3}}}\n",
            ["24:14 unknown-key unknown key 'lat' in 'models' | did you mean 'late'?"],
        ),
        (
            "contracts: {row: {columns: {a.c: {min: 3}}}}\n",
            ["24:33 unknown-key unknown key 'a.c' in 'columns' | did you mean 'a.b'?"],
        ),
        (
            "models: {late: {features: [n, z]}}\n",
            ["24:35 unknown-column unknown column 'z' | available columns: a.b, n, y"],
        ),
        (
            "models: {late: {params: {num_leaves: 3}, metrics: accuracy, target: z}}\n",
            ["24:73 unknown-column unknown column 'z' | available columns: a.b, n, y"],
        ),
        (
            "sources: {rows: {contract: rwo}}\n",
            ["24:32 unknown-contract unknown contract 'rwo' | did you mean 'row'?"],
        ),
        (
            "datasets: {rows: {from: rows}}\n",
            [
                "24:16 duplicate-name a source is already named 'rows'"
                " | rename one of them: sources and datasets share a namespace",
                "  first defined here mlbuild.yaml:4:3",
            ],
        ),
        (
            "datasets: {all: {steps: [{op: filter, where: n > a}]}}\n",
            ["24:54 unknown-column unknown column 'a' | available columns: a.b, n, y"],
        ),
    ],
)
def test_a_profile_is_checked_as_if_it_were_chosen(tmp_path: Path, overlay: str, expected: list[str]) -> None:
    """The name of a thing and that of a column, what refers to them, and expressions."""
    for chosen in ((), ("other",)):
        found = said(composed(tmp_path, with_profile(overlay), profiles=chosen))
        assert [line.removeprefix("mlbuild.yaml:") for line in found] == expected


def test_what_a_profile_breaks_in_what_it_does_not_name_is_told_at_the_profile(tmp_path: Path) -> None:
    text = with_profile("contracts: {row: {columns: {n: string}}}\n")
    assert said(composed(tmp_path, text)) == [
        "mlbuild.yaml:23:3 unsupported-feature model 'late': column 'n' is a string, but lightgbm.classifier needs numbers"
        " | encode it with 'category', 'ordinal' or 'one_hot'",
        "  the problem is here mlbuild.yaml:17:21",
    ]


def test_each_profile_has_its_own_mistakes_told_and_the_spec_its_own_once(tmp_path: Path) -> None:
    text = (
        with_profile("models: {late: {target: z}}\n")
        .replace("[a.b, n]", "[a.b, q]")
        .replace("y: bool", "y: int")
    )
    text += "  third: {models: {late: {params: {num_leaves: 3}}}}\n  fourth: {models: {late: {target: z}}}\n"
    assert [line.split(" |")[0] for line in said(composed(tmp_path, text))] == [
        "mlbuild.yaml:17:21 unknown-column unknown column 'q'",
        "mlbuild.yaml:24:29 unknown-column unknown column 'z'",
        "mlbuild.yaml:26:36 unknown-column unknown column 'z'",
    ]


def test_a_mistake_that_profiles_share_by_an_alias_is_told_once(tmp_path: Path) -> None:
    text = SPEC + "profiles: {a: &p {models: {late: {target: q}}}, b: *p, c: {<<: *p, seed: 1}}\n"
    told = ["mlbuild.yaml:22:43 unknown-column unknown column 'q' | available columns: a.b, n, y"]
    for chosen in ((), ("a",)):
        assert said(composed(tmp_path, text, profiles=chosen)) == told


def test_a_shorter_list_in_the_place_of_one_with_a_mistake(tmp_path: Path) -> None:
    text = SPEC.replace("[a.b, n]", "[a.b, !x n]") + "profiles: {a: {models: {late: {features: [n]}}}}\n"
    told = [
        "mlbuild.yaml:17:21 yaml-tag the YAML tag '!x' is not supported | remove it; put a value in quotes to make it a string"
    ]
    for chosen in ((), ("a",)):
        assert said(composed(tmp_path, text, profiles=chosen)) == told


def test_what_depends_on_the_machine_is_told_of_what_was_chosen(tmp_path: Path) -> None:
    text = with_profile("sources: {rows: {path: '${NO_SUCH_FOLDER}/rows.csv'}}\n")
    text += "  last: {sources: {rows: {path: there.csv}}}\n"
    assert said(composed(tmp_path, text)) == []
    told = [said(composed(tmp_path, text, profiles=[name]))[0].split()[1] for name in ("other", "last")]
    assert told == ["undefined-variable", "missing-file"]


def test_libraries_that_only_a_profile_needs_are_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "find_spec", lambda name: None)
    space = "params: {num_iterations: {type: int, min: 4, max: 9}}"
    text = with_profile(
        f"models: {{late: {{search: {{type: tpe, trials: 4, metric: log_loss, space: {{{space}}}}}}}}}\n"
    )
    assert said(composed(tmp_path, text)) == []
    (told,) = said(composed(tmp_path, text, profiles=["other"]))
    assert "missing-library search 'tpe' needs optuna, which is not installed" in told


def test_warnings_are_told_of_what_was_chosen(tmp_path: Path) -> None:
    text = with_profile("contracts: {extra: {columns: {a: int}}}\n")
    assert said(composed(tmp_path, text)) == []
    assert [line.split()[1] for line in said(composed(tmp_path, text, profiles=["other"]))] == ["unused"]


def test_an_unread_file_leaves_names_of_profiles_open(tmp_path: Path) -> None:
    text = with_profile("models: {late: {target: z}}\n") + "include: no.yaml\n"
    assert [line.split()[1] for line in said(composed(tmp_path, text))] == ["missing-file"]


def test_many_profiles_cost_what_they_touch(tmp_path: Path) -> None:
    """Only what a profile changes is checked, so the cost of one does not grow with their number."""

    def run(count: int) -> None:
        models = "".join(
            f"  p{n}: {{models: {{late: {{params: {{num_leaves: {n + 5}}}}}}}}}\n" for n in range(count)
        )
        text = f"{SPEC}profiles:\n{models}  wrong: {{models: {{late: {{target: z}}}}}}\n"
        assert [line.split()[1] for line in said(composed(tmp_path, text))] == ["unknown-column"]

    assert_linear(run, 400)


SHORT = with_profile(
    "contracts: {row: {columns: {a.b: {min: 3}, n: float}}}\nmodels: {late: {target: {positive: false}}}\n"
)


def test_a_short_form_merges_as_what_it_stands_for(tmp_path: Path) -> None:
    spec = sound(composed(tmp_path, SHORT, profiles=["other"]))
    columns = spec.sources["rows"].contract.columns
    assert (columns["a.b"].dtype, columns["a.b"].rule(Min).min) == ("float", 3)
    assert (columns["n"].dtype, columns["n"].type.nullable) == ("float", True)
    assert spec.models["late"].target.answer == Classification(column="y", positive=False)
    assert spec.place(("contracts", "row", "columns", "a.b", "dtype"))[1] == 8


def test_what_is_wrong_with_a_short_form_is_told_once(tmp_path: Path) -> None:
    text = SHORT.replace("a.b: float", "a.b: flot")
    expected = "mlbuild.yaml:8:12 not-allowed '{}' must be one of bool, int, float, string, date, datetime{}, not 'flot'"
    assert said(composed(tmp_path, text)) == [
        expected.format("a.b", " or a map") + " | did you mean 'float'?"
    ]
    assert said(composed(tmp_path, text, profiles=["other"])) == [
        expected.format("dtype", "") + " | did you mean 'float'?"
    ]


def test_a_text_is_no_short_form_elsewhere(tmp_path: Path) -> None:
    """If the spec has something that is not a short form, a map replaces it: for example, a list of features by a
    selector.
    """
    text = with_profile("models: {late: {features: {dtype: int}}}\n").replace("[a.b, n]", "a.b")
    assert sound(composed(tmp_path, text, profiles=["other"])).models["late"].features == ("n",)


@pytest.mark.parametrize(
    ("text", "place"), [(with_profile("seed: 1\n"), "22:1"), (SPEC, "1:1")], ids=["some", "none"]
)
def test_an_unknown_profile(tmp_path: Path, text: str, place: str) -> None:
    help_ = "did you mean 'other'?" if place == "22:1" else "available profiles: none"
    found = said(composed(tmp_path, text, profiles=["othr"]))
    assert found == [f"mlbuild.yaml:{place} unknown-profile unknown profile 'othr' | {help_}"]
