"""Knowledge about a kind of answer is only in its class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import mlbuild
from mlbuild.columns import ColumnType
from mlbuild.diagnostics import Rejected
from mlbuild.models import ANSWERS
from mlbuild.models.answers.answer import Coding
from mlbuild.models.answers.classification import Classification
from mlbuild.models.answers.regression import Regression
from mlbuild.params import params_of

ROOT = Path(mlbuild.__path__[0])
#: LightGBM and editors use some of the same words: an objective, the target of a dataset, a snippet. The keys of an
#: example test, also in its file of rows, are those of the spec language, people speak of labels, and a chart of errors
#: names its axis.
OTHERS = {
    ("models/lightgbm/regressor.py", "regression"),
    ("models/lightgbm/training.py", "label"),
    ("spec/shape/schema.py", "label"),
    ("reports/sections/residuals.py", "prediction"),
    ("verdicts/tests/cases.py", "label"),
    ("verdicts/tests/expected.py", "label"),
    ("verdicts/tests/expected.py", "probabilities"),
    ("verdicts/tests/invariant.py", "label"),
    ("cli/output/building/drafted.py", "label"),
    ("cli/output/building/drafted.py", "probabilities"),
    ("cli/output/tracking/comparison.py", "label"),
}


def words() -> set[str]:
    """Return the names of kinds of answers and of their outputs."""
    return {name for cls in ANSWERS for name in (cls.kind, *cls.names())}


def texts(file: Path) -> Iterator[str]:
    """Yield the string constants of a module except its docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_no_other_module_has_their_words() -> None:
    found = {
        (file.relative_to(ROOT).as_posix(), text)
        for file in ROOT.rglob("*.py")
        for text in texts(file)
        if text in words() and file.parent.name != "answers"
    }
    assert found == OTHERS


def test_keys_of_one_name_are_the_same_in_every_answer() -> None:
    """They are one key of the schema, which does not know the kind of answer."""
    for cls in ANSWERS:
        for other in ANSWERS:
            for key in params_of(cls).keys() & params_of(other).keys():
                assert params_of(cls)[key] == params_of(other)[key]


@pytest.mark.parametrize(
    ("target", "count"),
    [
        (ColumnType("bool"), 2),
        (ColumnType("int"), None),
        (ColumnType("string", categories=("a", "b", "c")), 3),
    ],
)
def test_number_of_classes(target: ColumnType, count: int | None) -> None:
    assert Classification.class_count(target) == count
    assert Regression.class_count(target) == 0


@pytest.mark.parametrize(
    ("positive", "target", "typed"),
    [
        (None, ColumnType("bool"), True),
        (False, ColumnType("bool"), False),
        (None, ColumnType("int"), None),
        (1.0, ColumnType("int"), 1),
        ("b", ColumnType("string", categories=("a", "b")), "b"),
    ],
)
def test_the_positive_class_is_filled_in(positive: object, target: ColumnType, typed: object) -> None:
    answer = Classification(column="y", positive=positive).typed(target)
    assert answer == Classification(column="y", positive=typed)
    assert type(answer.positive) is type(typed)


@pytest.mark.parametrize(
    ("positive", "target", "message"),
    [
        (1, ColumnType("bool"), "'positive' must be a bool, like the target"),
        ("a", ColumnType("int"), "'positive' must be an int, like the target"),
        (0.5, ColumnType("int"), "'positive' must be an int, like the target"),
        ("c", ColumnType("string", categories=("a", "b")), "'positive' is not one of the categories of 'y'"),
        ("a", ColumnType("string", categories=("a", "b", "c")), "'positive' has no effect on 3 classes"),
    ],
)
def test_a_positive_class_that_cannot_be_is_refused(
    positive: object, target: ColumnType, message: str
) -> None:
    with pytest.raises(Rejected) as caught:
        Classification(column="y", positive=positive).typed(target)
    assert [(one.at, one.message) for one in caught.value.problems] == [(("positive",), message)]


@pytest.mark.parametrize("coding", [Coding("float"), Coding("bool", (False, True)), Coding("int", (3, 1))])
def test_a_coding_survives_being_written(coding: Coding) -> None:
    assert Coding.from_json(coding.to_json()) == coding
