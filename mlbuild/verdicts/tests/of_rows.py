"""The base class of tests that change real rows and compare the answers before and after.

They do not need to know the right answer. A test that no row could fail proves nothing, so it fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Problem, Rejected
from mlbuild.expressions.binding import bind
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import Choice, Expression, Integer, Json, MapOf, Name, Number, Scalar, field, write
from mlbuild.verdicts.tests.expected import class_problems
from mlbuild.verdicts.tests.test import About, Test

CHANGE = MapOf(Expression(), min_items=1, names=Name("column"))
_PARTS = {"train": "the training rows", "valid": "the validation rows", "test": "the test rows"}


@frozen
class OfRows(Test):
    """A requirement on how answers for real rows change with their inputs."""

    of_rows = True

    rows: int = field(
        Integer(min=1), "Number of rows, spread evenly over the part of the dataset.", default=1000
    )
    split: Literal["train", "valid", "test"] = field(
        Choice(_PARTS), "Part of the dataset to take the rows from.", default="test"
    )
    allow: float = field(Number(min=0, below=1), "Share of the rows that may fail.", default=0.0)

    def canonical(self, inputs: Schema) -> Json:
        change: Mapping[str, str] = vars(self).get("change") or {}
        trees = {name: bind(text, inputs).tree for name, text in change.items()}
        return write(self) | ({"change": trees} if trees else {})


@frozen
class OfScores(OfRows):
    """A requirement on one number for each row: the score."""

    class_: Any = field(
        Scalar(),
        "Class whose probability is the score. Required if the model has more than two classes. Default: the positive class.",
        default=None,
        key="class",
    )

    def problems(self, about: About) -> Iterator[Problem]:
        if self.class_ is not None and about.classes == 0:
            yield Problem(
                "no-effect", "'class' has no effect: the model predicts a number", ("class",), on="key"
            )
        elif self.class_ is not None:
            yield from class_problems(self.class_, about, ("class",))
        elif about.classes and about.classes > 2:
            message = f"the test needs 'class', because the target has {about.classes} classes"
            yield Problem("missing-key", message, (), on="key")


def input_problems(
    name: str, about: About, at: tuple[str | int, ...], on: Literal["key", "value"]
) -> Iterator[Problem]:
    """Yield why a column cannot be changed: it is not an input of the artifact."""
    if name in about.inputs:
        return
    if name in about.columns:
        message = f"'{name}' is not an input of the artifact, so changing it has no effect"
        yield Problem("no-effect", message, at, f"inputs: {listed(about.inputs)}", on=on)
    else:
        near = did_you_mean(name, about.inputs) or f"inputs: {listed(about.inputs)}"
        yield Problem("unknown-column", f"unknown column '{name}'", at, near, on=on)


def change_problems(change: Mapping[str, str], about: About) -> Iterator[Problem]:
    """Yield what is wrong with expressions that give inputs new values."""
    inputs = Schema(about.inputs)
    for name, text in change.items():
        at = ("change", name)
        unknown = [*input_problems(name, about, at, "key")]
        yield from unknown
        try:
            made = bind(text, inputs).type
        except Rejected as rejected:
            yield from (problem.under(*at) for problem in rejected.problems)
            continue
        if not unknown and not _converts(made, about.inputs[name]):
            message = (
                f"'{name}' is of dtype {about.inputs[name].dtype}, but its new value is of dtype {made.dtype}"
            )
            yield Problem("type-mismatch", message, at)


def _converts(made: ColumnType, wanted: ColumnType) -> bool:
    if not (made.known and wanted.known):
        return True
    return made.dtype == wanted.dtype or (made.dtype, wanted.dtype) == ("int", "float")
