"""The test `expect`: rows with known answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from mlbuild.columns import Schema, text_of
from mlbuild.data.formats.by_suffix import format_of
from mlbuild.data.formats.format import Format
from mlbuild.data.formats.listed import FORMAT
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Described, Json, ListOf, Object, Text, field
from mlbuild.verdicts.tests.cells import GIVEN, row_problems
from mlbuild.verdicts.tests.expected import Expected, Range
from mlbuild.verdicts.tests.subject import Subject, frame
from mlbuild.verdicts.tests.test import About, Test
from mlbuild.verdicts.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_GIVEN = "Row that a client sends: the inputs of the artifact. Nullable inputs that you leave out count as missing values."


@frozen
class Example(Described):
    """A row, and what the model must answer."""

    given: Mapping[str, Any] = field(GIVEN, _GIVEN)
    expect: Expected = field(Object(Expected), "What the model must predict.")


@frozen
class Expect(Test):
    """Rows with known answers: `given` and `expect`, a list of them under `rows`, or a file at `path`."""

    test = "expect"
    usual = ("given", "expect")

    given: Mapping[str, Any] | None = field(GIVEN, _GIVEN, default=None)
    expect: Expected | None = field(Object(Expected), "What the model must predict.", default=None)
    rows: tuple[Example, ...] = field(
        ListOf(Object(Example)), "Several rows, each with its own `given` and `expect`.", default=()
    )
    path: str | None = field(
        Text(),
        "Data file with rows, relative to the folder of the spec: columns with the names of inputs, and columns such as `expect.label`.",
        default=None,
        examples=("cases.csv",),
    )
    format: Format | None = field(
        FORMAT,
        "How the file is read. Default: the format that its suffix stands for, without options.",
        default=None,
    )

    @property
    def file(self) -> str | None:
        return self.path

    @property
    def form(self) -> Format | None:
        if self.path is None or self.format is not None:
            return self.format
        kind = format_of(FilePath(self.path))
        return kind() if kind else None

    def canonical(self, inputs: Schema) -> Json:
        return {key: value for key, value in super().canonical(inputs).items() if key != "path"}

    def check(self) -> Iterator[Problem]:
        if self.format is not None and self.path is None:
            message = "'format' has no effect without 'path'"
            yield Problem("no-effect", message, ("format",), "remove it", on="key")
        single = {"given": self.given, "expect": self.expect}
        present = [key for key, value in single.items() if value is not None]
        if self.path is not None and (self.rows or present):
            other = "rows" if self.rows else present[0]
            yield Problem(
                "contradiction", f"'{other}' and 'path' cannot be used together", (other,), on="key"
            )
        elif self.path is not None:
            return
        elif self.rows and present:
            yield Problem(
                "contradiction", f"'{present[0]}' and 'rows' cannot be used together", (present[0],), on="key"
            )
        elif not self.rows and len(present) < 2:
            lacks = "'given' and 'expect', or 'rows', or 'path'"
            lacks = f"'{next(key for key in single if key not in present)}'" if present else lacks
            yield Problem("missing-key", f"the test needs {lacks}", (), on="key")

    def examples(self) -> Iterator[tuple[tuple[str | int, ...], Example]]:
        """Yield each example with its path."""
        if self.given is not None and self.expect is not None:
            yield (), Example(given=self.given, expect=self.expect)
        for index, one in enumerate(self.rows):
            yield ("rows", index), one

    def problems(self, about: About) -> Iterator[Problem]:
        for at, one in self.examples():
            yield from (found.under(*at, "given") for found in row_problems(one.given, about.inputs))
            yield from (found.under(*at, "expect") for found in one.expect.problems(about))
            other = about.tests.get(one.expect.near or "")
            if other is not None and other.row() is None:
                message = f"'near' needs a test with a single row, and '{one.expect.near}' has none"
                yield Problem("contradiction", message, (*at, "expect", "near"))
            elif other is not None and other.output != self.output:
                message = f"test '{one.expect.near}' is about another output: '{other.output}'"
                yield Problem("contradiction", message, (*at, "expect", "near"))

    def row(self) -> Mapping[str, Any] | None:
        return self.given

    def compared(self) -> Iterator[str]:
        yield from (one.expect.near for _, one in self.examples() if one.expect.near is not None)

    def judge(self, subject: Subject) -> Verdict:
        examples = [one for _, one in self.examples()]
        others = [*dict.fromkeys(self.compared())]
        rows = [one.given for one in examples] + [subject.others[name] for name in others]
        answers = subject.run(frame(rows, subject.inputs))
        places = {name: len(examples) + index for index, name in enumerate(others)}
        told = [[*_answered(one.expect, row, subject, answers, places)] for row, one in enumerate(examples)]
        if len(told) == 1:
            return Verdict(all(kept for kept, _ in told[0]), ", ".join(text for _, text in told[0]))
        wrong = [row for row, one in enumerate(told) if not all(kept for kept, _ in one)]
        lines = [f"row {row + 1}: {', '.join(text for kept, text in told[row] if not kept)}" for row in wrong]
        if wrong:
            return Verdict(False, f"{len(wrong)} of {len(told)} rows are not as expected", lines)
        return Verdict(True, f"{len(told)} rows are as expected")


def _answered(
    expected: Expected,
    row: int,
    subject: Subject,
    answers: Mapping[str, Array],
    places: Mapping[str, int],
) -> Iterator[tuple[bool, str]]:
    """Yield each expectation with whether the answer for a row meets it."""
    scores = answers[subject.scores][row]
    if expected.label is not None:
        got = answers[subject.values or subject.scores][row, 0]
        right = bool(got == expected.label)
        yield (
            right,
            f"label {text_of(_plain(got))}" + ("" if right else f", expected {text_of(expected.label)}"),
        )
    for name, wanted in (("probability", expected.probability), ("value", expected.value)):
        if wanted is not None:
            yield _in_range(name, float(scores[-1]), wanted)
    known = {text_of(value): index for index, value in enumerate(subject.classes)}
    for name, wanted in (expected.probabilities or {}).items():
        if name in known:
            yield _in_range(f"probability of {name}", float(scores[known[name]]), wanted)
        else:
            yield False, f"there is no class {name}"
    if expected.near is not None and expected.within is not None:
        difference = float(abs(scores - answers[subject.scores][places[expected.near]]).max())
        right = difference <= expected.within
        sign = "<=" if right else "is more than"
        yield right, f"difference to {expected.near} {difference:.4g} {sign} {expected.within:g}"


def _in_range(name: str, got: float, wanted: Range) -> tuple[bool, str]:
    right = wanted.holds(got)
    return right, f"{name} {got:.4g} {'' if right else 'is not '}{wanted.bounds()}"


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
