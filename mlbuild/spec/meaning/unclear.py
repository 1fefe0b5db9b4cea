"""Steps in place of those that cannot be read, so that the rest of a spec can be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlbuild.columns import Schema
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Path, Rejected
from mlbuild.frozen import frozen
from mlbuild.ops.op import Op
from mlbuild.selection import Selector


@frozen
class UnclearStep(DatasetStep):
    """A dataset step that can do anything."""

    op = ""

    def infer(self, table: Table, others: Mapping[str, Table], at: Path = ()) -> Table:
        return self.doubtful(table, at)


@frozen
class UnclearOp(Op):
    """A preprocessing step that can do anything with its columns; if these are unclear, with all columns."""

    op = ""

    def reads(self, schema: Schema) -> tuple[str, ...]:
        raise Rejected


def unclear_step(given: Any) -> DatasetStep:
    return UnclearStep()


def unclear_op(given: Any) -> Op:
    columns = given.get("columns") if isinstance(given, dict) else None
    names = [columns] if isinstance(columns, str) else columns
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return UnclearOp(columns=Selector(names=tuple(names)))
    return UnclearOp(columns=Selector())
