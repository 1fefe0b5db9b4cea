"""Checks the target of a model, and the other keys of its answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlbuild.columns import UNKNOWN, ColumnType
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem
from mlbuild.expressions.written import column_sql
from mlbuild.hints import did_you_mean, listed
from mlbuild.models import ANSWERS
from mlbuild.models.answers.answer import Answer
from mlbuild.models.learner import Learner
from mlbuild.params import ListOf, Name, params_of, read
from mlbuild.spec.meaning.findings import Findings
from mlbuild.spec.spec import DatasetSpec, TargetSpec
from mlbuild.spec.text.quoting import as_yaml


def read_answer(
    learner: type[Learner], given: Mapping[str, Any], at: Path, findings: Findings
) -> Answer | None:
    """Return the answer of a learner with the keys of `target`; None if a key is missing."""
    wanted = [key for key, param in params_of(learner.answer).items() if param.required and key not in given]
    for key in wanted:
        message = f"'target' needs '{key}', as {learner.type} does {learner.answer.kind}"
        findings.add(Problem("missing-key", message, at, on="key"))
    return None if wanted else read(learner.answer, given)


class TargetCheck:
    """The check of one target.

    `given` are the keys as written. The learner checks whether its dtype is suitable.
    """

    def __init__(
        self, answer: Answer, learner: str, given: Mapping[str, Any], at: Path, findings: Findings
    ) -> None:
        self.answer, self.learner, self.given = answer, learner, given
        self.at, self.findings = at, findings

    def type(self, table: Table) -> ColumnType:
        """Return the type of the target in the training rows; unknown if there is no such column."""
        known = self._column(("column",), self.answer.column, table)
        return table.columns[self.answer.column].trained if known else ColumnType(UNKNOWN)

    def run(self, type_: ColumnType, dataset: DatasetSpec) -> TargetSpec | None:
        """Return the target, given a type that is suitable for the learner; None if something else is wrong."""
        named = [*self._columns()]
        known = [(at, name) for at, name in named if self._column(at, name, dataset.table)]
        missing = [at for at, name in known if self._can_be_missing(at, name, dataset)]
        idle = [*self._idle()]
        if missing or len(known) < len(named) or not self.findings.extend(idle):
            return None
        typed = self.findings.attempt(self.at, self.answer.typed, type_)
        return None if typed is None else TargetSpec(type_, typed)

    def _columns(self) -> Iterator[tuple[Path, str]]:
        """Yield the columns of the dataset that keys name, alone or in lists, each with its place in the target."""
        for key, param in params_of(type(self.answer)).items():
            value = getattr(self.answer, param.name)
            if isinstance(param.kind, Name) and value is not None:
                yield (key,), value
            elif isinstance(param.kind, ListOf) and isinstance(param.kind.item, Name):
                alone = not isinstance(self.given.get(key), list)
                yield from (
                    ((key,) if alone else (key, place), name) for place, name in enumerate(value or ())
                )

    def _column(self, at: Path, name: str, table: Table) -> bool:
        if name in table.columns:
            return True
        help_ = did_you_mean(name, table.columns) or f"available columns: {listed(table.columns)}"
        self.findings.add(Problem("unknown-column", f"unknown column '{name}'", (*self.at, *at), help_))
        return False

    def _can_be_missing(self, at: Path, name: str, dataset: DatasetSpec) -> bool:
        if not dataset.table.columns[name].trained.nullable:
            return False
        help_ = without_missing(dataset.name, name)
        message = f"the {'target' if at == ('column',) else at[0]} '{name}' can have missing values"
        notes = (dataset.table.note(name),)
        self.findings.add(Problem("nullable-target", message, (*self.at, *at), help_, notes=notes))
        return True

    def _idle(self) -> Iterator[Problem]:
        """Report keys that only other kinds of answers have."""
        own = params_of(type(self.answer))
        for key in self.given:
            if key not in own and not key.startswith("x-"):
                kinds = [cls.kind for cls in ANSWERS if key in params_of(cls)]
                message = f"'{key}' has no effect with {self.learner}: it is for {' and '.join(kinds)}"
                yield Problem("no-effect", message, (*self.at, key), on="key")


def without_missing(dataset: str, column: str) -> str:
    """Return what to do so that a column of a dataset has no missing values."""
    where = as_yaml(f"{column_sql(column)} IS NOT NULL")
    return f"add this step to dataset '{dataset}': {{op: filter, where: {where}}}"
