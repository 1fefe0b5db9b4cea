"""The properties of dataset steps, for every step in the catalogue; and the tests find planted faults."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from mlbuild.data import DATASET_STEPS
from mlbuild.data.lineage import Computed, Decision, Node, Pooled
from mlbuild.data.steps.aggregates.aggregate import Aggregate
from mlbuild.data.steps.aggregates.window import Window
from mlbuild.data.steps.concat import Concat
from mlbuild.data.steps.deduplicate import Deduplicate
from mlbuild.data.steps.derive import Derive
from mlbuild.data.steps.filter import Filter
from mlbuild.data.steps.finding import Finding
from mlbuild.data.steps.joins.asof_join import AsofJoin
from mlbuild.data.steps.joins.join import Join
from mlbuild.data.steps.rename import Rename
from mlbuild.data.steps.sample import Sample
from mlbuild.data.steps.select import Select
from mlbuild.data.steps.sort import Sort
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table, TableColumn
from mlbuild.diagnostics import Rejected
from mlbuild.expressions.aggregates import Call
from tests.budget import examples, seed, tell
from tests.data.step_law import law


@pytest.mark.parametrize("cls", DATASET_STEPS, ids=lambda cls: cls.op)
def test_what_is_foretold_is_what_is_made(cls: type[DatasetStep]) -> None:
    count = examples(12, 600)
    chances = (random.Random(f"{seed()} {cls.op} {number}") for number in range(count))
    checked = sum(law(cls, chance) for chance in chances)
    assert checked > count / 2, "too few steps that can be inferred"
    tell(f"{cls.op}: {checked} datasets as foretold")


Infer = Callable[[Any, Table, Mapping[str, Table], Any], Table]
Apply = Callable[[Any, pl.DataFrame, Mapping[str, pl.DataFrame]], pl.DataFrame]


def inferred(cls: type[DatasetStep], change: Callable[[Table, Table], Table]) -> tuple[Any, str, Infer]:
    """Plant a step that infers the wrong table.

    `change` gets the table before and the correct one after the step.
    """
    right = cls.infer

    def infer(self: Any, table: Table, others: Mapping[str, Table], at: Any = ()) -> Table:
        return change(table, right(self, table, others, at))

    return cls, "infer", infer


def applied(
    cls: type[DatasetStep], change: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
) -> tuple[Any, str, Apply]:
    """Plant a step that produces the wrong rows."""
    right = cls.apply

    def apply(self: Any, rows: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        return change(rows, right(self, rows, tables))

    return cls, "apply", apply


def each(after: Table, before: Table, change: Callable[[TableColumn], TableColumn]) -> Table:
    """Return the table with changed versions of the columns that a step has made."""
    known = {column.node for column in before.columns.values()}
    made = {name: column for name, column in after.columns.items() if column.node not in known}
    return after.plus({name: change(column) for name, column in made.items()})


def with_type(column: TableColumn, **change: Any) -> TableColumn:
    return replace(column, served=replace(column.served, **change), trained=replace(column.trained, **change))


def results(table: Table) -> Iterator[tuple[str, TableColumn]]:
    """Yield the columns of an aggregate that are not its keys."""
    return ((name, column) for name, column in table.columns.items() if column.node not in table.unique[0])


def with_inputs(column: TableColumn, inputs: tuple[Node, ...]) -> TableColumn:
    node = column.node
    assert isinstance(node, Computed)
    return replace(column, node=Computed(node.name, node.at, inputs, expression=node.expression))


def nothing_decides(self: Finding, at: Any, keys: Mapping[Node, Node], chosen: Any, **more: Any) -> None:
    _finding(self, at, keys, chosen, **more)
    self.match = Decision("", at, what="nothing")


def only_here(self: Finding, at: Any, keys: Mapping[Node, Node], chosen: Any, **more: Any) -> None:
    _finding(self, at, keys, None, **more)


_finding = Finding.__init__
_type = Call.type


def swapped(self: Rename, rows: pl.DataFrame, tables: Any) -> pl.DataFrame:
    """Rename one column after the other, so that names can clash on the way."""
    for name, new in self.columns.items():
        if new not in rows.columns:
            rows = rows.rename({name: new})
    return rows


#: Planted faults, and the steps whose tests must find each.
FAULTS: dict[str, tuple[type[DatasetStep], tuple[Any, str, Any]]] = {
    "derive forgets that a column depends on others": (
        Derive, inferred(Derive, lambda b, a: each(a, b, lambda c: with_inputs(c, ()))),
    ),
    "derive takes another column for what an expression reads": (
        Derive,
        inferred(
            Derive,
            lambda b, a: each(a, b, lambda c: with_inputs(c, (*c.node.inputs[:-1], next(iter(b.columns.values())).node))),
        ),
    ),
    "derive foretells another dtype": (
        Derive, inferred(Derive, lambda b, a: each(a, b, lambda c: with_type(c, dtype="string"))),
    ),
    "derive foretells that nothing is missing": (
        Derive, inferred(Derive, lambda b, a: each(a, b, lambda c: with_type(c, nullable=False))),
    ),
    "derive takes the rows for training for what a client sends": (
        Derive, inferred(Derive, lambda b, a: each(a, b, lambda c: replace(c, served=c.trained))),
    ),
    "derive keeps the categories of what it reads": (
        Derive,
        inferred(
            Derive,
            lambda b, a: each(a, b, lambda c: with_type(c, categories=("q",)) if c.served.dtype == "string" else c),
        ),
    ),
    "derive drops a column of the table": (
        Derive, inferred(Derive, lambda b, a: a.without([next(iter(b.columns))], ())),
    ),
    "derive does not tell where a column is made": (
        Derive, inferred(Derive, lambda b, a: each(a, b, lambda c: replace(c, node=replace(c.node, at=())))),
    ),
    "derive turns the rows around": (Derive, applied(Derive, lambda b, a: a.reverse())),
    "derive computes NaN": (
        Derive, applied(Derive, lambda b, a: a.with_columns(pl.col(pl.Float64) * float("nan"))),
    ),
    "a filter foretells what is sent, not only what is learned from": (
        Filter,
        inferred(Filter, lambda b, a: a.plus({n: replace(c, served=c.trained) for n, c in a.columns.items()})),
    ),
    "a filter foretells that no column misses anything": (
        Filter, inferred(Filter, lambda b, a: a.filtered(Decision("", (), what="nothing"), a.columns)),
    ),
    "a filter loses the promises": (Filter, inferred(Filter, lambda b, a: replace(a, unique=()))),
    "a filter does not tell what it filters by": (
        Join, inferred(Filter, lambda b, a: replace(a, chosen=b.chosen)),
    ),
    "a filter keeps rows where the condition is missing": (
        Filter, (Filter, "apply", lambda self, rows, tables: rows),
    ),
    "a filter changes a value": (
        Filter, applied(Filter, lambda b, a: a.with_columns(pl.col(pl.Float64) + 1.0)),
    ),
    "a join foretells that every row has a match": (
        Join, inferred(Join, lambda b, a: each(a, b, lambda c: with_type(c, nullable=False))),
    ),
    "a join promises that matches are found once": (
        Join, inferred(Join, lambda b, a: replace(a, unique=(*a.unique, (list(a.columns.values())[-1].node,)))),
    ),
    "a join does not depend on its keys": (Join, (Finding, "__init__", nothing_decides)),
    "a join does not depend on what the other table was filtered by": (Join, (Finding, "__init__", only_here)),
    "a join forgets what is known only afterwards": (
        Join, inferred(Join, lambda b, a: replace(a, afterwards=b.afterwards[:0])),
    ),
    "a join gives the rows another order": (Join, applied(Join, lambda b, a: a.sort(a.columns[-1]))),
    "a join of no rows has no columns": (Join, applied(Join, lambda b, a: b if b.is_empty() else a)),
    "a selection drops what it should keep": (
        Select, (Select, "apply", lambda self, rows, tables: rows.select(self.columns.excluded or rows.columns)),
    ),
    "a selection drops columns that it was not told of": (
        Select, applied(Select, lambda b, a: a.select(name for name in a.columns if "\0" not in name)),
    ),
    "a selection forgets what it drops": (
        Select, inferred(Select, lambda b, a: replace(a, dropped=b.dropped)),
    ),
    "a selection makes what is known only afterwards be forgotten": (
        Select, inferred(Select, lambda b, a: replace(a, afterwards=())),
    ),
    "a rename makes new columns": (
        Rename,
        inferred(
            Rename,
            lambda b, a: a.plus({n: replace(c, node=Node(n, ("x",))) for n, c in a.columns.items() if n not in b.columns}),
        ),
    ),
    "a rename is done one after the other": (Rename, (Rename, "apply", swapped)),
    "a rename takes a column for another": (
        Rename, inferred(Rename, lambda b, a: a.plus(dict(zip(a.columns, [*a.columns.values()][::-1], strict=True)))),
    ),
    "a concat takes the columns of other tables for those here": (
        Concat, inferred(Concat, lambda b, a: replace(a, columns={n: replace(c, node=b.columns[n].node) for n, c in a.columns.items()})),
    ),
    "a concat promises what each table promises": (Concat, inferred(Concat, lambda b, a: replace(a, unique=b.unique))),
    "a concat foretells the types of the first table": (
        Concat, inferred(Concat, lambda b, a: a.plus({n: replace(c, trained=b.columns[n].trained) for n, c in a.columns.items()})),
    ),
    "a concat forgets what is known only afterwards": (
        Concat, inferred(Concat, lambda b, a: replace(a, afterwards=a.afterwards[len(b.afterwards) :])),
    ),
    "a concat puts the other rows first": (
        Concat, applied(Concat, lambda b, a: pl.concat([a[b.height :], a[: b.height]])),
    ),
    "a deduplication promises that other columns are unique": (
        Deduplicate, inferred(Deduplicate, lambda b, a: replace(a, unique=(*b.unique, ([*a.columns.values()][-1].node,)))),
    ),
    "a deduplication keeps every row": (Deduplicate, (Deduplicate, "apply", lambda self, rows, tables: rows)),
    "a deduplication sorts the rows": (Deduplicate, applied(Deduplicate, lambda b, a: a.reverse())),
    "a sort loses a row": (Sort, applied(Sort, lambda b, a: a[1:])),
    "a sort loses the promises": (Sort, inferred(Sort, lambda b, a: replace(a, unique=()))),
    "a sample sorts the rows": (Sample, applied(Sample, lambda b, a: a.reverse())),
    "a sample repeats rows": (Sample, applied(Sample, lambda b, a: pl.concat([a, a]))),
    "an aggregate does not depend on its keys": (
        Aggregate, inferred(Aggregate, lambda b, a: a.plus({n: replace(c, node=Pooled(n, ("x",), c.node.inputs)) for n, c in results(a)})),
    ),
    "an aggregate does not depend on what it reads": (
        Aggregate, inferred(Aggregate, lambda b, a: a.plus({n: replace(c, node=replace(c.node, inputs=())) for n, c in results(a)})),
    ),
    "an aggregate foretells that nothing is missing": (
        Aggregate, inferred(Aggregate, lambda b, a: each(a, b, lambda c: with_type(c, nullable=False))),
    ),
    "an aggregate foretells the dtype of what it reads": (
        Aggregate, (Call, "type", lambda self, can_be_empty: self.argument.type if self.argument else _type(self, can_be_empty)),
    ),
    "an aggregate promises the first of its keys only": (
        Aggregate, inferred(Aggregate, lambda b, a: replace(a, unique=((a.unique[0][0],),))),
    ),
    "an aggregate makes a row without rows": (
        Aggregate, applied(Aggregate, lambda b, a: a.clear(1) if b.is_empty() else a),
    ),
    "a window does not depend on its key and time": (
        Window, inferred(Window, lambda b, a: each(a, b, lambda c: replace(c, node=replace(c.node, match=None)))),
    ),
    "a window does not depend on what it reads": (
        Window, inferred(Window, lambda b, a: each(a, b, lambda c: replace(c, node=Pooled(c.node.name, ("x",), (), c.node.match)))),
    ),
    "a window foretells that there is an earlier row": (
        Window, inferred(Window, lambda b, a: each(a, b, lambda c: with_type(c, nullable=False))),
    ),
    "a window gives the rows another order": (Window, applied(Window, lambda b, a: a.reverse())),
    "an as-of join foretells that there is an earlier row": (
        AsofJoin, inferred(AsofJoin, lambda b, a: each(a, b, lambda c: with_type(c, nullable=False))),
    ),
    "an as-of join does not depend on its keys and times": (AsofJoin, (Finding, "__init__", nothing_decides)),
    "an as-of join drops the time of the other table": (
        AsofJoin, (AsofJoin, "apply", lambda self, rows, tables: rows),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cls, patch = FAULTS[fault]
    monkeypatch.setattr(*patch)
    with pytest.raises((AssertionError, ValueError, Rejected, pl.exceptions.PolarsError)):
        for number in range(400):
            law(cls, random.Random(f"fault {number}"))
