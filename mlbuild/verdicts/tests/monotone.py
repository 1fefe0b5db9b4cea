"""The test `monotone`: the score never falls (or never rises) with an input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Choice, Name, field
from mlbuild.verdicts.tests.of_rows import OfScores, input_problems
from mlbuild.verdicts.tests.subject import Subject
from mlbuild.verdicts.tests.test import About
from mlbuild.verdicts.tests.trends import judge_trend
from mlbuild.verdicts.verdict import Verdict

_DIRECTIONS = {
    "increasing": "The score never falls when the input increases.",
    "decreasing": "The score never rises when the input increases.",
}


@frozen
class Monotone(OfScores):
    """The score never falls, or never rises, if a numeric input grows and nothing else changes.

    If the input reaches the trees of the model unchanged, the values that are tried are as good as all.
    """

    test = "monotone"

    column: str = field(Name("column"), "Numeric input to increase.")
    direction: Literal["increasing", "decreasing"] = field(
        Choice(_DIRECTIONS), "Direction in which the score may change."
    )

    def problems(self, about: About) -> Iterator[Problem]:
        yield from super().problems(about)
        yield from input_problems(self.column, about, ("column",), "value")
        type_ = about.inputs.get(self.column)
        if type_ is not None and type_.known and not type_.numeric:
            message = f"'{self.column}' must be a number, but it is of dtype {type_.dtype}"
            yield Problem("wrong-dtype", message, ("column",))

    def judge(self, subject: Subject) -> Verdict:
        sign = 1 if self.direction == "increasing" else -1
        return judge_trend(subject, self.column, sign, self.class_, self.allow)
