from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.preprocessing import TargetEncoder

from mlbuild.diagnostics import Failed
from mlbuild.ops.op import Target
from mlbuild.ops.stages import place
from tests.ops.rows import applied, as_array, assert_computed, fitted, through_graph
from tests.ops.written import after, problems, schema, step, table

WORDS = np.random.default_rng(0).choice([*"abcdef"], 400, p=np.array([1, 2, 4, 13, 30, 50]) / 100).tolist()
NUMBERS = np.random.default_rng(1).normal(5, 2, 400) + np.array([ord(word) % 3 for word in WORDS])


def encoded(text: str, words: list[Any], target: Target, later: list[Any]) -> tuple[list[float], list[float]]:
    """Return the values of the training rows and of later rows; the graph must give the latter too."""
    columns = schema(x="string?")
    stages = place([step(text)], columns)
    states, trained = fitted(stages, table({"x": words}, columns), target)
    rows = table({"x": later}, columns)
    made = applied(stages, states, rows)
    assert_computed(as_array(made["x"]), through_graph(stages, states, rows)["x"])
    return trained["x"].to_list(), made["x"].to_list()


@pytest.mark.parametrize("smooth", ["auto", 0.0, 25.0])
@pytest.mark.parametrize("classes", [0, 2])
def test_the_means_are_those_of_scikit_learn(smooth: Any, classes: int) -> None:
    numbers = (NUMBERS > 6).astype(np.int64) if classes else NUMBERS
    encoder = TargetEncoder(smooth=smooth, target_type="binary" if classes else "continuous")
    encoder.fit(np.array(WORDS).reshape(-1, 1), numbers)
    later = [*"abcdefz"]
    written = "" if smooth == "auto" else f", smooth: {smooth}"
    _, made = encoded(f"{{op: target, columns: x{written}}}", WORDS, Target(numbers, classes), later)
    expected = encoder.transform(np.array(later).reshape(-1, 1)).ravel()
    np.testing.assert_allclose(made, expected, rtol=1e-12)


def test_missing_values_are_a_category_of_their_own() -> None:
    target = Target(np.array([1.0, 2.0, 6.0, 7.0]))
    _, made = encoded("{op: target, columns: x, smooth: 0}", ["a", "a", None, "b"], target, ["a", None, "c"])
    assert made == [1.5, 6.0, 4.0]
    _, made = encoded("{op: target, columns: x, smooth: 0}", ["a", "a", "a", "b"], target, [None])
    assert made == [4.0]


@pytest.mark.parametrize("smooth", ["", ", smooth: 3"])
def test_the_target_of_a_train_row_does_not_reach_its_own_value(smooth: str) -> None:
    text = f"{{op: target, columns: x, cv: 4{smooth}}}"
    values, _ = encoded(text, WORDS, Target(NUMBERS), [])
    reached = 0
    for row in range(0, 400, 40):
        changed = NUMBERS.copy()
        changed[row] += 1000
        others, _ = encoded(text, WORDS, Target(changed), [])
        assert others[row] == values[row]
        reached += sum(one != other for one, other in zip(values, others, strict=True))
    assert reached > 1000


def test_a_leak_would_show() -> None:
    """A column without information, encoded out of fold, does not predict; encoded as later rows are, it does."""
    words = [str(number % 200) for number in range(400)]
    target = Target(np.random.default_rng(2).normal(size=400))
    out_of_fold, in_sample = encoded("{op: target, columns: x}", words, target, words)
    assert abs(np.corrcoef(out_of_fold, target.values)[0, 1]) < 0.15
    assert np.corrcoef(in_sample, target.values)[0, 1] > 0.5


def test_the_folds_depend_on_the_seed_only() -> None:
    one, _ = encoded("{op: target, columns: x, seed: 1}", WORDS, Target(NUMBERS), [])
    again, _ = encoded("{op: target, columns: x, seed: 1}", WORDS, Target(NUMBERS), [])
    other, _ = encoded("{op: target, columns: x, seed: 2}", WORDS, Target(NUMBERS), [])
    assert one == again != other


def test_more_than_two_classes_are_refused() -> None:
    message = "'target' needs a target of numbers or with two classes, but it has 3 classes"
    with pytest.raises(Failed, match=message):
        encoded("{op: target, columns: x}", ["a", "b", "a"], Target(np.array([0, 1, 2]), 3), [])


def test_nothing_is_missing_afterwards() -> None:
    assert after("{op: target, columns: x}", x="string?") == {"x": "float"}
    message = "'target' takes string, int or bool, but column 'x' is float"
    assert problems("{op: target, columns: x}", x="float") == [("0.columns", message)]
