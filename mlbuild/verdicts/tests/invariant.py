"""The test `invariant`: the answer does not change with some inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Choice, ListOf, Name, Number, field
from mlbuild.verdicts.tests.effects import judge_change, judge_columns
from mlbuild.verdicts.tests.of_rows import CHANGE, OfRows, change_problems, input_problems
from mlbuild.verdicts.tests.subject import Subject
from mlbuild.verdicts.tests.test import About
from mlbuild.verdicts.verdict import Verdict

_OF = {"score": "The predicted number, or the probability of each class.", "label": "The predicted class."}


@frozen
class Invariant(OfRows):
    """The answer stays the same, whatever the value of some inputs, or if they change in some way.

    Each of the `columns` gets other values, one column at a time: every category, an unseen text, missing, and numbers on
    both sides of every threshold of the trees, or, if these are not known, some values of the rows.
    """

    test = "invariant"

    columns: tuple[str, ...] = field(
        ListOf(Name("column"), or_one=True, unique=True), "Inputs to change, one at a time.", default=()
    )
    change: Mapping[str, Any] | None = field(
        CHANGE,
        "New values of inputs, instead of `columns`: SQL expressions over the inputs.",
        default=None,
        examples=({"city": "CASE WHEN city = 'NYC' THEN 'New York' ELSE city END"},),
    )
    of: Literal["score", "label"] = field(Choice(_OF), "What stays the same.", default="score")
    within: float | None = field(
        Number(min=0), "Maximum accepted change of a score. Default: 0.", default=None
    )

    def check(self) -> Iterator[Problem]:
        if bool(self.columns) == (self.change is not None):
            lacks = self.change is None
            message = (
                "the test needs 'columns' or 'change'"
                if lacks
                else "'columns' and 'change' cannot be used together"
            )
            yield Problem(
                "missing-key" if lacks else "contradiction", message, () if lacks else ("columns",), on="key"
            )
        if self.of == "label" and self.within is not None:
            yield Problem(
                "no-effect", "'within' has no effect on labels", ("within",), "use 'allow'", on="key"
            )

    def problems(self, about: About) -> Iterator[Problem]:
        yield from super().problems(about)
        if self.of == "label" and about.classes == 0:
            message = "'of: label' is for classes, but the model predicts a number"
            yield Problem("no-effect", message, ("of",))
        for index, name in enumerate(self.columns):
            yield from input_problems(name, about, ("columns", index), "value")
        yield from change_problems(self.change or {}, about)

    def judge(self, subject: Subject) -> Verdict:
        of_label = self.of == "label"
        if self.change is not None:
            return judge_change(subject, self.change, of_label, self.within or 0.0, self.allow)
        return judge_columns(subject, self.columns, of_label, self.within or 0.0, self.allow)
