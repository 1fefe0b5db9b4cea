"""The test `directional`: how far the score moves if inputs change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Described, Number, Object, field
from mlbuild.verdicts.tests.effects import judge_rise
from mlbuild.verdicts.tests.of_rows import CHANGE, OfScores, change_problems
from mlbuild.verdicts.tests.subject import Subject
from mlbuild.verdicts.tests.test import About
from mlbuild.verdicts.verdict import Verdict


@frozen
class Rise(Described):
    """How much the score of each row may rise. It falls by a negative number."""

    at_least: float | None = field(Number(), "Smallest accepted rise.", default=None)
    at_most: float | None = field(Number(), "Largest accepted rise.", default=None)

    def check(self) -> Iterator[Problem]:
        if self.at_least is None and self.at_most is None:
            yield Problem("missing-key", "a rise needs 'at_least' or 'at_most'", (), on="key")
        elif self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            message = f"'at_least' {self.at_least:g} is greater than 'at_most' {self.at_most:g}"
            yield Problem("contradiction", message, ("at_least",))


@frozen
class Directional(OfScores):
    """The score rises, or falls, by a limited amount if inputs change in some way."""

    test = "directional"

    change: Mapping[str, Any] = field(
        CHANGE,
        "New values of inputs: SQL expressions over the inputs.",
        examples=({"distance": "distance + 500"},),
    )
    expect: Rise = field(Object(Rise), "How much the score of each row may rise.")

    def problems(self, about: About) -> Iterator[Problem]:
        yield from super().problems(about)
        yield from change_problems(self.change, about)

    def judge(self, subject: Subject) -> Verdict:
        low, high = self.expect.at_least, self.expect.at_most
        return judge_rise(subject, self.change, (low, high), self.class_, self.allow)
