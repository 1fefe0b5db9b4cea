"""The test `features`: what the preprocessing makes of a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.hints import did_you_mean, listed
from mlbuild.params import MapOf, Name, Number, field
from mlbuild.verdicts.tests.cells import GIVEN, Cell, row_problems
from mlbuild.verdicts.tests.test import About, Test
from mlbuild.verdicts.verdict import Verdict


@frozen
class Features(Test):
    """What the learner would get for a row: the columns after all preprocessing steps, with the fitted states.

    It runs before training.
    """

    test = "features"
    of_features = True

    given: Mapping[str, Any] = field(
        GIVEN,
        "Row that a client sends: the inputs of the artifact. Nullable inputs that you leave out count as missing values.",
    )
    expect: Mapping[str, Any] = field(
        MapOf(Cell(), min_items=1, names=Name("feature")),
        "Values of columns that the learner gets: a number, or null for missing. A category is its code, from 1.",
    )
    within: float = field(Number(min=0), "Maximum accepted difference of a number.", default=1e-9)

    def problems(self, about: About) -> Iterator[Problem]:
        yield from (found.under("given") for found in row_problems(self.given, about.inputs))
        for name, value in self.expect.items():
            at = ("expect", name)
            if name not in about.matrix:
                near = did_you_mean(name, about.matrix) or f"columns of the learner: {listed(about.matrix)}"
                yield Problem(
                    "unknown-column", f"the learner does not get a column '{name}'", at, near, on="key"
                )
            elif isinstance(value, str):
                message = f"'{name}' must be a number or null, because the learner gets numbers"
                help_ = "the code of a category counts from 1, in the order of the contract or else in sorted order"
                yield Problem(
                    "wrong-value", message, at, help_ if about.matrix[name].dtype == "category" else None
                )

    def compared_with(self, matrix: Mapping[str, Any]) -> Verdict:
        """Compare the row that the learner would get."""
        wrong = [
            f"{name} is {_shown(matrix[name])}, expected {_shown(value)}"
            for name, value in self.expect.items()
            if not self._same(matrix[name], value)
        ]
        if wrong:
            return Verdict(False, f"{len(wrong)} of {len(self.expect)} columns are not as expected", wrong)
        return Verdict(True, ", ".join(f"{name} {_shown(matrix[name])}" for name in self.expect))

    def _same(self, got: Any, value: Any) -> bool:
        missing = got is None or got != got
        if missing or value is None:
            return missing and value is None
        return abs(float(got) - float(value)) <= self.within


def _shown(value: Any) -> str:
    return "missing" if value is None or value != value else f"{float(value):.6g}"
