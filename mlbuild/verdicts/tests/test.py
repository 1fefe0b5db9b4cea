"""The base class of tests: requirements on the answers of a model, which do not need its target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mlbuild.columns import ColumnType, Schema
from mlbuild.data.formats.format import Format
from mlbuild.diagnostics import Problem
from mlbuild.frozen import frozen
from mlbuild.params import Choice, Described, Json, Name, field, write
from mlbuild.verdicts.verdict import SEVERITIES, Verdict

if TYPE_CHECKING:
    from mlbuild.verdicts.tests.subject import Subject


@frozen
class About:
    """What is known about the model of an output before any data is read.

    `answers` are the names of its outputs. `target` is the type of what it predicts, and `classes` the number of its
    classes: 0 for an answer without classes, None if it depends on the data. `columns` are those of its dataset,
    `matrix` those that the learner gets, and `tests` the other tests by name.
    """

    inputs: Mapping[str, ColumnType]
    answers: tuple[str, ...]
    target: ColumnType
    classes: int | None
    columns: Schema
    matrix: Schema
    tests: Mapping[str, Test | None]


@frozen
class Test(Described):
    """A requirement on the answers of a model.

    A test that is `of_features` sees what the learner would get, before training. One that is `of_rows` reads real
    rows of the dataset.
    """

    by = "test"
    test: ClassVar[str]
    of_features: ClassVar[bool] = False
    of_rows: ClassVar[bool] = False
    __test__ = False  # for pytest, which would collect a class of this name

    output: str = field(Name("output"), "Output whose model is tested.")
    severity: str = field(Choice(SEVERITIES), "What happens if the test fails.", default="fail")

    def problems(self, about: About) -> Iterator[Problem]:
        """Yield the reasons why the test does not fit the output."""
        return iter(())

    def canonical(self, inputs: Schema) -> Json:
        """Return what determines the verdict."""
        return write(self)

    @property
    def file(self) -> str | None:
        """The file with rows that it names, if it does."""
        return None

    @property
    def form(self) -> Format | None:
        """How the file is read; None if there is none, or its suffix does not say it."""
        return None

    def row(self) -> Mapping[str, Any] | None:
        """Return the only row of the test, with which others can compare theirs."""
        return None

    def compared(self) -> Iterator[str]:
        """Yield the names of the tests with whose rows this one compares."""
        return iter(())

    def judge(self, subject: Subject) -> Verdict:
        """Test the model."""
        raise NotImplementedError
