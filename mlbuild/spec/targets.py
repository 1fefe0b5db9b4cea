"""Checks what a model predicts."""

from __future__ import annotations

from typing import Any

from mlbuild.columns import ColumnType
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Problem, did_you_mean
from mlbuild.models import LEARNERS
from mlbuild.models.learner import Task
from mlbuild.spec.findings import Findings
from mlbuild.spec.language import Target
from mlbuild.spec.spec import TargetSpec

#: The dtypes that a target can have.
DTYPES = {"classification": ("bool", "int", "string"), "regression": ("int", "float")}
#: How values of a dtype look in YAML, for those that are told apart from others.
SPELLINGS = {"bool": "true or false", "int": "a whole number", "string": "it in quotes"}


def classes_of(target: TargetSpec | None) -> int | None:
    """The number of classes, where the column's type says it."""
    if target is None:
        return None
    if target.type.categories is not None:
        return len(target.type.categories)
    return 2 if target.type.dtype == "bool" else None


class TargetCheck:
    """The check of one target: a column of a dataset's table."""

    def __init__(self, target: Target, task: Task, dataset: str, at: Path, findings: Findings) -> None:
        self.target, self.task, self.dataset = target, task, dataset
        self.at, self.findings = at, findings

    def run(self, table: Table) -> TargetSpec | None:
        """The target; None where it is at fault or its type is unknown."""
        column = self.target.column
        if column not in table.columns:
            help_ = did_you_mean(column, table.columns) or f"columns here: {', '.join(table.columns)}"
            self._tell("unknown-column", f"unknown column '{column}'", "column", help_)
            return None
        type_ = table.columns[column].trained
        if not (type_.known and self._suits(type_) and self._positive_suits(type_)):
            return None
        return TargetSpec(column, type_, self._positive(type_))

    def _suits(self, type_: ColumnType) -> bool:
        column = self.target.column
        wanted = DTYPES[self.task]
        if type_.dtype not in wanted:
            others = [cls.type for cls in LEARNERS if type_.dtype in DTYPES[cls.task]]
            self._tell(
                "target-type",
                f"the target '{column}' is {type_.dtype}, {self.task} predicts {_either(wanted)}",
                "column",
                f"learners for it: {', '.join(others)}" if others else None,
            )
            return False
        if type_.nullable:
            where = f"where: {_in_sql(column)} IS NOT NULL"
            help_ = f"add the step '{{op: filter, {where}}}' to dataset '{self.dataset}'"
            self._tell("nullable-target", f"the target '{column}' can be missing", "column", help_)
            return False
        if self.task == "classification" and type_.categories is not None and len(type_.categories) < 2:
            message = f"the target '{column}' has a single category"
            self._tell("one-class", message, "column", "classification needs two or more")
            return False
        return True

    def _positive_suits(self, type_: ColumnType) -> bool:
        value, categories = self.target.positive, type_.categories
        if value is None:
            return True
        if self.task == "regression":
            self._tell("no-effect", "'positive' has no effect on a regression", "positive", on_key=True)
        elif categories is not None and len(categories) > 2:
            message = f"'positive' has no effect on {len(categories)} classes"
            self._tell("no-effect", message, "positive", on_key=True)
        elif not _is_a(value, type_.dtype):
            message = f"'positive' is not {_article(type_.dtype)}, as the target is"
            self._tell("wrong-value", message, "positive", f"write {SPELLINGS[type_.dtype]}")
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
        self, code: str, message: str, key: str, help_: str | None = None, on_key: bool = False
    ) -> None:
        on = "key" if on_key else "value"
        self.findings.add(Problem(code, message, (*self.at, key), help_, on=on))  # type: ignore[arg-type] # narrowed


def _is_a(value: Any, dtype: str) -> bool:
    if isinstance(value, (bool, str)):
        return dtype == ("bool" if isinstance(value, bool) else "string")
    return dtype == "int" and value == value // 1


def _article(dtype: str) -> str:
    return {"bool": "a bool", "int": "an int", "string": "a string"}[dtype]


def _either(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _in_sql(column: str) -> str:
    return column if column.isidentifier() else '"' + column.replace('"', '""') + '"'
