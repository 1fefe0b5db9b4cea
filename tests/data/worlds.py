"""Random tables with rows, and random steps for them.

The parameters of a step are drawn by the kinds of its fields, so a new step is tested automatically.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from mlbuild.columns import ColumnType, Schema
from mlbuild.data import DATASET_STEPS
from mlbuild.data.casts import polars_type
from mlbuild.data.steps.filter import Filter
from mlbuild.data.steps.step import DatasetStep
from mlbuild.data.table import Table
from mlbuild.diagnostics import Rejected
from mlbuild.frozen import frozen
from mlbuild.params import Json
from tests.data.drawn import Drawn
from tests.data.tables import STEP, table
from tests.spec.sampled import sampled

ROWS = 24
_LEFT: dict[str, Any] = {
    "id": {"dtype": "int", "unique": True},
    "key": {"dtype": "int", "nullable": True},
    "code": {"dtype": "string", "nullable": True},
    "flag": "bool",
    "count": {"dtype": "int", "nullable": True},
    "size": "float",
    "width": {"dtype": "float", "nullable": True},
    "limit": {"dtype": "float", "finite": False},
    "kind": {"dtype": "string", "categories": ["a", "b", "c"]},
    "note": {"dtype": "string", "empty_is_null": False, "nullable": True, "null_token": "-"},
    "day": "date",
    "seen": {"dtype": "datetime", "nullable": True},
    "late": {"dtype": "float", "nullable": True, "serving": False},
}
_RIGHT: dict[str, Any] = {
    "key": {"dtype": "int", "unique": True},
    "code": {"dtype": "string", "nullable": True},
    "weight": {"dtype": "float", "nullable": True},
    "label": {"dtype": "string", "categories": ["x", "y"]},
    "after": {"dtype": "float", "serving": False},
}
#: The columns of sources by name, and the file of each; one file is read twice.
SOURCES = {
    "main": (_LEFT, "main.csv"),
    "other": (_RIGHT, "other.csv"),
    "same": ({name: _LEFT[name] for name in ("id", "key", "size", "late", "kind", "day")}, "main.csv"),
    "more": (_LEFT, "more.csv"),
}


@frozen
class Placed:
    """A step in context, the names of the tables that it reads, and the same step as a task runs it."""

    step: DatasetStep
    canonical: DatasetStep
    before: Table
    after: Table


@frozen
class Chain:
    """A dataset: the source that it starts from, and its steps."""

    start: str
    table: Table
    steps: tuple[Placed, ...] = ()

    def then(self, placed: Placed) -> Chain:
        return Chain(self.start, placed.after, (*self.steps, placed))


@dataclass
class World:
    """Tables by name that datasets can join: sources, and datasets of them."""

    chance: random.Random
    tables: dict[str, Chain] = field(default_factory=dict)

    @classmethod
    def made(cls, chance: random.Random) -> World:
        world = cls(chance)
        for name, (columns, file) in SOURCES.items():
            world.tables[name] = Chain(name, table(columns, file))
        for name, start in (("made", "other"), ("some", "same")):
            world.tables[name] = world.extended(world.tables[start], 2)
        # What a join finds in a filtered table depends on the filter.
        world.tables["some"] = world.with_step(world.tables["some"], Filter) or world.tables["some"]
        return world

    def extended(self, chain: Chain, most: int) -> Chain:
        """Return the dataset with a few more random steps."""
        for cls in self.chance.choices(DATASET_STEPS, k=self.chance.randint(0, most)):
            chain = self.with_step(chain, cls) or chain
        return chain

    def twin(self, chain: Chain) -> Chain:
        """Return a dataset with the same columns: with the same steps on another file if possible, and filtered."""
        found = chain
        if chain.start == "main" and self.chance.random() < 0.7:
            found = self.tables["more"]
            for placed in chain.steps:
                at = ("datasets", "twin", "steps", len(found.steps))
                after = placed.step.infer(found.table, self._others(placed.step), at)
                found = found.then(self._placed(placed.step, found.table, after))
        return self.with_step(found, Filter) or found

    def with_step(self, chain: Chain, cls: type[DatasetStep], tries: int = 300) -> Chain | None:
        """Return the dataset with a random step of a class; None if `infer` accepts none that is found."""
        for _ in range(tries):
            definition = self._definition(cls, chain.table)
            if definition is None:
                continue
            step = STEP.read(definition)
            at = ("datasets", "d", "steps", len(chain.steps))
            try:
                after = step.infer(chain.table, self._others(step), at)
            except Rejected:
                continue
            return chain.then(self._placed(step, chain.table, after))
        return None

    def _placed(self, step: DatasetStep, before: Table, after: Table) -> Placed:
        slots = {name: name for name in step.tables()}
        return Placed(step, STEP.read(step.canonical(before, slots)), before, after)

    def rejected(self, table: Table, cls: type[DatasetStep], tries: int) -> Iterator[DatasetStep]:
        """Yield random steps of a class that `infer` rejects."""
        for _ in range(tries):
            definition = self._definition(cls, table)
            if definition is None:
                continue
            step: DatasetStep = STEP.read(definition)
            try:
                step.infer(table, self._others(step))
            except Rejected:
                yield step

    def others(self, placed: Placed) -> dict[str, Chain]:
        return {name: self.tables[name] for name in placed.step.tables()}

    def _others(self, step: DatasetStep) -> dict[str, Table]:
        return {name: self.tables[name].table for name in step.tables()}

    def _definition(self, cls: type[DatasetStep], table: Table) -> Json | None:
        names = [name for name in self.tables if name != "main"]
        alike = [name for name in names if {*self.tables[name].table.columns} == {*table.columns}]
        draw = Drawn(table.served, names, self.chance, alike).of
        return sampled(cls, self.chance, {"op": cls.op}, share=0.6, draw=draw)


def value_of(type_: ColumnType, chance: random.Random) -> Any:
    """Return a value that a column of a type can have."""
    if type_.nullable and chance.random() < 0.3:
        return None
    if type_.categories is not None:
        return chance.choice(type_.categories)
    if not type_.finite and chance.random() < 0.3:
        return chance.choice([math.inf, -math.inf])
    moment = datetime(2020, 1, 1) + timedelta(hours=chance.randint(0, 400))
    draws: dict[str, Any] = {
        "bool": chance.random() < 0.5,
        "int": chance.randint(0, 20),
        "float": chance.choice([0.0, -1.5, 2.0, chance.uniform(-3, 3)]),
        "string": chance.choice(["a", "b", "x", "long text"]),
        "date": date(2020, 1, chance.randint(1, 28)),
        "datetime": moment,
    }
    return draws[type_.dtype]


def rows_of(
    schema: Schema, promises: Sequence[Sequence[str]], chance: random.Random, count: int = ROWS
) -> pl.DataFrame:
    """Return rows of these types that satisfy the promises."""
    rows = pl.DataFrame(
        {
            name: pl.Series([value_of(type_, chance) for _ in range(count)], dtype=polars_type(type_.dtype))
            for name, type_ in schema.items()
        }
    )
    for promise in promises:
        missing = pl.any_horizontal(pl.col(name).is_null() for name in promise)
        rows = rows.filter(missing | pl.struct(promise).is_first_distinct())
    return rows


Files = Mapping[str, pl.DataFrame]


def files_of(chance: random.Random) -> dict[str, pl.DataFrame]:
    """Return rows for every file of the sources."""
    found: dict[str, pl.DataFrame] = {}
    for columns, file in SOURCES.values():
        if file not in found:
            made = table(columns)
            found[file] = rows_of(made.served, made.promises(), chance)
    return found
