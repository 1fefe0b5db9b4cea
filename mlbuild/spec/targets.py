"""Checks what a model predicts."""

from __future__ import annotations

from typing import Any, Literal

from mlbuild.columns import UNKNOWN, ColumnType
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem
from mlbuild.hints import did_you_mean, listed
from mlbuild.models.learner import Task
from mlbuild.models.suitability import classes_of
from mlbuild.spec.findings import Findings
from mlbuild.spec.language import Target
from mlbuild.spec.quoting import as_sql, as_yaml
from mlbuild.spec.spec import DatasetSpec, TargetSpec

#: A value of each dtype that classes can have: what it is called, and how it is written.
VALUES = {
    "bool": ("a bool", "write true or false"),
    "int": ("an int", "write a whole number"),
    "string": ("a string", "write it in quotes"),
}


class TargetCheck:
    """The check of one target, a column of a dataset; the learner checks whether its dtype suits."""

    def __init__(self, target: Target, task: Task, at: Path, findings: Findings) -> None:
        self.target, self.task, self.at, self.findings = target, task, at, findings

    def type(self, table: Table) -> ColumnType:
        """The target's type in the rows left for training; unknown where there is no such column."""
        column = self.target.column
        if column in table.columns:
            return table.columns[column].trained
        help_ = did_you_mean(column, table.columns) or f"columns here: {listed(table.columns)}"
        self._tell("unknown-column", f"unknown column '{column}'", "column", help_)
        return ColumnType(UNKNOWN)

    def run(self, type_: ColumnType, dataset: DatasetSpec) -> TargetSpec | None:
        """The target, given a type that suits the learner; None where something else is at fault."""
        column = self.target.column
        if type_.nullable:
            help_ = f"add to dataset '{dataset.name}' the step {{op: filter, where: {_is_there(column)}}}"
            message, at = f"the target '{column}' can be missing", (*self.at, "column")
            notes = (dataset.table.note(column),)
            self.findings.add(Problem("nullable-target", message, at, help_, notes=notes))
            return None
        if not self._positive_suits(type_):
            return None
        return TargetSpec(column, type_, self._positive(type_))

    def _positive_suits(self, type_: ColumnType) -> bool:
        value, categories = self.target.positive, type_.categories
        if value is None:
            return True
        if self.task == "regression":
            self._tell("no-effect", "'positive' has no effect on a regression", "positive", on="key")
        elif (classes_of(type_) or 2) > 2:
            message = f"'positive' has no effect on {classes_of(type_)} classes"
            self._tell("no-effect", message, "positive", on="key")
        elif not _is_a(value, type_.dtype):
            what, help_ = VALUES[type_.dtype]
            self._tell("wrong-value", f"'positive' is not {what}, as the target is", "positive", help_)
        elif categories is not None and value not in categories:
            help_ = f"categories: {', '.join(map(str, categories))}"
            message = f"'positive' is no category of '{self.target.column}'"
            self._tell("wrong-value", message, "positive", help_)
        else:
            return True
        return False

    def _positive(self, type_: ColumnType) -> Any:
        if type_.dtype == "bool" and self.target.positive is None and self.task == "classification":
            return True
        whole = type_.dtype == "int" and self.target.positive is not None
        return int(self.target.positive) if whole else self.target.positive

    def _tell(
        self,
        code: str,
        message: str,
        key: str,
        help_: str | None = None,
        on: Literal["key", "value"] = "value",
    ) -> None:
        self.findings.add(Problem(code, message, (*self.at, key), help_, on))


def _is_a(value: Any, dtype: str) -> bool:
    if isinstance(value, (bool, str)):
        return dtype == ("bool" if isinstance(value, bool) else "string")
    return dtype == "int" and value == value // 1


def _is_there(column: str) -> str:
    """The condition that a column is not missing, as YAML."""
    return as_yaml(f"{as_sql(column)} IS NOT NULL")
