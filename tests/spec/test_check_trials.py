"""What `check` says of matrices and searches."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.checking import changed, checked, spec_of

#: Far more combinations than anything could look at.
_MANY = (
    ", ".join(
        f"{name}: {list(range(1, 101))}"
        for name in (
            "num_leaves",
            "max_depth",
            "min_data_in_leaf",
            "bagging_freq",
            "max_bin",
            "min_data_in_bin",
            "num_iterations",
        )
    )
    .replace("num_leaves: [1,", "num_leaves: [101,")
    .replace("max_bin: [1,", "max_bin: [101,")
)
_LAST = "    early_stopping: {rounds: 5}\n"


def trials(text: str, *changes: tuple[str, str]) -> str:
    """Return the spec with these keys of the model at line 45."""
    return changed((_LAST, _LAST + "".join(f"    {line}\n" for line in text.splitlines())), *changes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "matrix: {params: {num_leaves: [3, 1]}}\nchoose: log_loss",
            ["45:39 out-of-range an item of 'num_leaves' must be an integer >= 2 and <= 131072, not 1"],
        ),
        (
            "matrix: {params: {num_leafs: [3]}}\nchoose: log_loss",
            [
                "45:23 unknown-key unknown key 'num_leafs' in the params of lightgbm.classifier | did you mean 'num_leaves'?"
            ],
        ),
        (
            "matrix: {params: {num_leaves: 3}}\nchoose: log_loss",
            ["45:35 wrong-type 'num_leaves' must be a list, not 3 | write a list: [3]"],
        ),
        (
            f"matrix: {{params: {{{_MANY}}}}}\nchoose: log_loss",
            [
                "45:5 out-of-range 'matrix' has 100,000,000,000,000 combinations, but at most 1,000 are allowed"
            ],
        ),
        ("matrix: {}\nchoose: log_loss", ["45:5 empty 'matrix' needs 'params' or 'seed'"]),
        (
            "matrix: {params: {num_leaves: [3, 7]}}\nparams: {num_leaves: 5}\nchoose: log_loss",
            [
                "45:23 contradiction 'num_leaves' is set in 'params' as well as varied here | remove one of them"
            ],
        ),
        (
            "matrix: {seed: [1, 2], params: {num_leaves: [3]}}\nseed: 3\nchoose: log_loss",
            ["45:14 contradiction 'seed' is set for the model as well as varied here | remove one of them"],
        ),
        (
            "matrix: {seed: [1, 2]}\nchoose: log_loss",
            [
                "46:5 no-effect 'choose' has no effect: the matrix varies only the seed, and no seed is better than another"
            ],
        ),
        (
            "choose: log_loss",
            ["45:5 no-effect 'choose' has no effect without a 'matrix' | remove it, or add a 'matrix'"],
        ),
        (
            "matrix: {params: {num_leaves: [3]}}\nchoose: {metric: log_loss, on: test}",
            ["46:36 not-allowed 'on' must be one of valid, folds, not 'test'"],
        ),
        (
            "matrix: {params: {num_leaves: [3]}}\nchoose: r2",
            ["46:13 metric-mismatch metric 'r2' is for regression, but the model does classification"],
        ),
        (
            "matrix: {params: {num_leaves: [3]}}\nchoose: selection_rate",
            [
                "46:13 metric-mismatch metric 'selection_rate' cannot choose: none of its values is the best one | set another 'metric'"
            ],
        ),
        (
            "matrix: {params: {num_leaves: [3]}}\nchoose: {on: folds}",
            ["46:18 contradiction 'on: folds' needs 'cross_validation: true' | add it to the model"],
        ),
        (
            "matrix: {params: {num_leaves: [3, 7]}}",
            [
                "47:17 unknown-model 'late' is 2 models, one for each combination of its matrix | name one of them, or add 'choose' to it: late@num_leaves=3, late@num_leaves=7"
            ],
        ),
        (
            "search: {type: random, trials: 3, space: {params: {num_leaves: {type: int, min: 1, max: 9}}}}",
            ["45:85 out-of-range 'num_leaves' must be an integer >= 2 and <= 131072, not 1"],
        ),
        (
            "search: {type: random, trials: 3, space: {params: {num_leaves: {type: int, min: 9, max: 9}}}}",
            ["45:93 contradiction 'max' must be larger than 'min', 9"],
        ),
        (
            "search: {type: random, trials: 3, space: {params: {num_leaves: {type: float, min: 2.5, max: 9}}}}",
            ["45:87 wrong-type 'num_leaves' must be an integer >= 2 and <= 131072, not 2.5"],
        ),
        (
            "search: {type: random, trials: 3, space: {params: {boosting: {type: choice, values: [gbdt, dort]}}}}",
            ["45:96 not-allowed 'boosting' must be"],
        ),
        (
            "search: {type: random, trials: 3, space: {params: {x: {type: int, min: 1, max: 9}}}}",
            ["45:56 unknown-key unknown key 'x' in the params of lightgbm.classifier"],
        ),
        (
            "search: {type: random, trials: 3, split: test, space: {params: {num_leaves: {type: int, min: 2, max: 9}}}}",
            ["45:39 unknown-key unknown key 'split' in random search"],
        ),
        (
            "search: {type: random, trials: 3, space: {params: {num_leaves: {type: int, min: 2, max: 9}}}}\nparams: {num_leaves: 3}",
            [
                "45:56 contradiction 'num_leaves' is set in 'params' as well as varied here | remove one of them"
            ],
        ),
        (
            "search: {type: random, trials: 3, on: test, space: {params: {num_leaves: {type: int, min: 2, max: 9}}}}",
            ["45:43 not-allowed 'on' must be one of valid, folds, not 'test'"],
        ),
        (
            "search: {type: random, trials: 3, on: folds, space: {params: {num_leaves: {type: int, min: 2, max: 9}}}}",
            ["45:43 contradiction 'on: folds' needs 'cross_validation: true' | add it to the model"],
        ),
        (
            "search: {type: random, trials: 3, on: folds, space: {params: {num_leaves: {type: int, min: 2, max: 9}}}}\ncross_validation: true",
            [
                "19:3 missing-folds dataset 'departures' needs folds, because a model is cross-validated on it | add them, such as 'folds: {type: random, count: 5}'"
            ],
        ),
        (
            "search: {type: random, trials: 3, space: {params: {num_leaves: {type: int, min: 2, max: 9}}}}\nmatrix: {seed: [1]}",
            ["45:5 contradiction a model cannot have both 'matrix' and 'search' | remove one of them"],
        ),
    ],
)
def test_what_is_said_of_trials(text: str, said: list[str], tmp_path: Path) -> None:
    found = checked(tmp_path, trials(text))
    assert len(found) == len(said) and all(
        one.startswith(start) for one, start in zip(found, said, strict=True)
    ), found


def test_a_mistake_in_params_says_nothing_about_the_items(tmp_path: Path) -> None:
    text = trials("matrix: {params: {num_leaves: [3]}}\nparams: {max_dpth: 3}")
    found = checked(tmp_path, text.replace("{model: late}", "{model: 'late@num_leaves=3'}"))
    assert [one.split()[1] for one in found] == ["unknown-key"], found


def test_notes_are_no_parameters(tmp_path: Path) -> None:
    text = "matrix: {params: {num_leaves: [3, 7], x-why: [1, 2]}}\nchoose: {}"
    spec = spec_of(tmp_path, trials(text))
    assert [*spec.models] == ["late@num_leaves=3", "late@num_leaves=7", "late"]
    space = "{params: {num_leaves: {type: int, min: 2, max: 9}, x-why: {type: int, min: 2, max: 9}}}"
    found = spec_of(tmp_path, trials(f"search: {{type: random, trials: 3, space: {space}}}")).models["late"]
    assert found.trials is not None and found.trials.search is not None
    assert [*found.trials.search.dimensions] == ["num_leaves"]


@pytest.mark.parametrize(
    "text",
    [
        "matrix: {params: {num_leaves: [3]}}\nchoose: log_loss",
        "search: {type: random, trials: 3, space: {params: {num_leaves: {type: int, min: 2, max: 9}}}}",
    ],
)
def test_trials_are_compared_on_valid_rows(text: str, tmp_path: Path) -> None:
    spec = trials(text, ("valid_from: 2013-10-01", "test_from: 2013-10-01"))
    (found,) = checked(tmp_path, spec.replace(_LAST, ""))
    assert "no-valid-rows" in found and "but the split of dataset 'departures' has none" in found


def test_the_models_of_a_matrix(tmp_path: Path) -> None:
    text = "matrix: {params: {num_leaves: [3, 7], boosting: [gbdt], lambda_l1: [0.0, 1.5]}, seed: [0, 1]}"
    spec = spec_of(tmp_path, trials(f"{text}\nchoose: {{}}"))
    names = [name for name in spec.models if name != "late"]
    assert len(names) == 8
    assert names[:3] == [
        "late@num_leaves=3,boosting=gbdt,lambda_l1=0.0,seed=0",
        "late@num_leaves=3,boosting=gbdt,lambda_l1=0.0,seed=1",
        "late@num_leaves=3,boosting=gbdt,lambda_l1=1.5,seed=0",
    ]
    assert [spec.models[name].seed for name in names[:2]] == [0, 1]
    chosen = spec.models["late"].trials
    assert chosen is not None and chosen.metric.metric == "roc_auc" and len(chosen.groups) == 4


def test_values_are_written_in_names_as_in_the_spec(tmp_path: Path) -> None:
    text = "matrix: {params: {extra_trees: [true, false], max_depth: [-1], lambda_l1: [1e-3, 2]}}"
    spec = spec_of(tmp_path, trials(f"{text}\nchoose: {{}}"))
    assert [*spec.models][:2] == [
        "late@extra_trees=true,max_depth=-1,lambda_l1=0.001",
        "late@extra_trees=true,max_depth=-1,lambda_l1=2",
    ]
