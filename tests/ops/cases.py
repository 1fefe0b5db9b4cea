"""Random steps of an op on random columns, and rows for them.

Nothing here knows a particular op: parameters are drawn by the kinds of its fields, and columns are tried until
`infer` accepts them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
import polars as pl

from mlbuild.columns import DTYPES, ColumnType, Schema
from mlbuild.diagnostics import Failed, Rejected
from mlbuild.frozen import frozen
from mlbuild.lowering.value import NAT
from mlbuild.ops.op import Frame, Op, State, Target
from mlbuild.ops.stages import Stage, place
from mlbuild.params import read
from tests.budget import examples, seed
from tests.data.drawn import Drawn
from tests.ops.rows import TOKEN, column
from tests.spec.sampled import sampled

#: Categories that a contract can declare.
CATEGORIES: dict[str, tuple[Any, ...]] = {
    "string": ("b", "", "x"),
    "int": (3, 0, 2**53),
    "bool": (True, False),
}
#: Values of training rows, few enough to repeat. Dates are in days, datetimes in microseconds.
TRAIN: dict[str, list[Any]] = {
    "bool": [True, False],
    "int": [0, 1, 2, 3, -7, 40, 2**53, -(2**53)],
    "float": [0.0, -0.0, 1.0, 0.1, -2.5, 3.7, 1e-300, 1e100],
    "string": ["", "a", "b", "B", "é", "日本", " a", "nan", "None", "a\nb"],
    "date": [0, -1, 59, 19_782, -719_162, 2_932_896],
    "datetime": [0, -1, 951_868_799_999_999, 1_700_000_000_000_000],
}
#: The same, without numbers whose sums lose digits.
TAME = TRAIN | {"int": [0, 1, 2, 3, -7, 40], "float": [0.0, 1.0, 0.1, -2.5, 3.7, 12.25]}
INFINITE = [float("inf"), float("-inf")]
_LETTERS = "abBÉ 日\n\t\"'😀z0"


def later_value(dtype: str, chance: random.Random) -> Any:
    """Return any value that a client can send, most often one from the training rows."""
    if chance.random() < 0.5:
        return chance.choice(TRAIN[dtype])
    match dtype:
        case "int":
            return chance.choice([chance.randint(-50, 50), chance.randint(-(2**53), 2**53)])
        case "float":
            finite = [
                5e-324,
                -1e308,
                chance.gauss(0, 10),
                chance.uniform(-1, 1) * 10 ** chance.randint(-300, 300),
            ]
            return chance.choice([*finite, *INFINITE])
        case "string":
            return "".join(chance.choices(_LETTERS, k=chance.randint(0, 4)))
        case "date":
            return chance.choice(
                [chance.randint(-800_000, 3_000_000), chance.randint(-106_000_000, 106_000_000)]
            )
        case "datetime":
            wide = chance.randint(NAT + 1, 2**63 - 1)
            return chance.choice([chance.randint(-5 * 10**15, 5 * 10**15), wide])
    return chance.random() < 0.5


@frozen
class Case:
    """A step placed on a table."""

    stage: Stage
    chance: random.Random

    @property
    def step(self) -> Op:
        return self.stage.step

    @property
    def read(self) -> Schema:
        return self.stage.read

    def train(self, height: int, pools: dict[str, list[Any]] = TRAIN) -> pl.DataFrame:
        """Return training rows. The values of a column with categories are categories."""
        return self._rows(height, lambda type_: self.chance.choice(type_.categories or pools[type_.dtype]))

    def later(self, height: int) -> pl.DataFrame:
        """Return rows that come after training."""
        return self._rows(height, lambda type_: later_value(type_.dtype, self.chance))

    def expected(self, height: int) -> pl.DataFrame:
        """Return rows that keep the promises of the types, with numbers of which no result overflows."""

        def value(type_: ColumnType) -> Any:
            if not type_.finite and self.chance.random() < 0.4:
                return self.chance.choice(INFINITE)
            if type_.categories or type_.numeric:
                return self.chance.choice(type_.categories or TAME[type_.dtype])
            return later_value(type_.dtype, self.chance)

        return self._rows(height, value)

    def missing(self, height: int) -> pl.DataFrame:
        """Return rows in which everything is missing that can be."""
        rows = self.train(height, TAME)
        return rows.with_columns(
            pl.lit(None, rows[name].dtype).alias(name)
            for name, type_ in self.stage.before.items()
            if type_.nullable
        )

    def _rows(self, height: int, value: Any) -> pl.DataFrame:
        made = []
        for name, type_ in self.stage.before.items():
            share = self.chance.choice([0, 0.3]) if type_.nullable else 0
            cells = [None if self.chance.random() < share else value(type_) for _ in range(height)]
            made.append(column(name, type_.dtype, cells))
        return pl.DataFrame(made)

    def of_step(self, rows: pl.DataFrame) -> dict[str, pl.Series]:
        """Return what the step gets of rows."""
        return {name: rows[name] for name in self.read}

    def target(self, height: int) -> Target:
        """Return a coded target, of classes or of numbers. Each class has a row if there are enough rows."""
        classes = self.chance.choice([0, 2, 3])
        if not classes:
            return Target(np.array([self.chance.choice([0.5, 1.0, -3.0, 7.25]) for _ in range(height)]))
        codes = [place % classes for place in range(height)]
        self.chance.shuffle(codes)
        return Target(np.array(codes, dtype=np.int64), classes)

    def learned(self, height: int, pools: dict[str, list[Any]] = TRAIN) -> tuple[pl.DataFrame, Target, State]:
        """Return training rows from which something can be learned, a target, and the state."""
        for _ in range(50):
            rows, target = self.train(height, pools), self.target(height)
            try:
                return rows, target, self.fit(self.of_step(rows), deepcopy(target))
            except Failed as failed:
                assert failed.failure.kind == "data", failed.failure
        raise AssertionError("it learns from no rows")

    def fit(self, rows: Frame, target: Target) -> State:
        """Fit as the driver does: only ops that declare that they use the target get it."""
        return self.step.fit(rows, self.read, target if self.step.uses_target else None)

    def fit_rows(self, state: State, rows: Frame, target: Target) -> dict[str, pl.Series]:
        """Return the transformed training rows."""
        told = target if self.step.uses_target else None
        return {made.name: made for made in self.step.apply_fit(state, rows, self.read, told)}

    def apply(self, state: State, rows: pl.DataFrame) -> dict[str, pl.Series]:
        return {made.name: made for made in self.step.apply(state, self.of_step(rows), self.read)}


def cases(cls: type[Op], small: int = 12, soak: int = 400) -> Iterator[Case]:
    """Yield random cases of an op, the same in every run; more in a soak."""
    count = examples(small, soak)
    for number in range(count):
        yield case_of(cls, random.Random(f"{seed()} {cls.op} {number}"))


def case_of(cls: type[Op], chance: random.Random) -> Case:
    for _ in range(2_000):
        schema = _schema(chance)
        body = sampled(cls, chance, {}, 0.6, Drawn(schema, (), chance).of)
        if body is None:
            continue
        try:
            (stage,) = place([read(cls, body)], schema)
        except Rejected:
            continue
        if stage.read:
            return Case(stage, chance)
    raise AssertionError(f"no columns suit '{cls.op}'")


def _schema(chance: random.Random) -> Schema:
    """Return a few columns, mostly of one dtype."""
    main = chance.choice([*DTYPES, "float"])
    columns = {}
    for name in chance.sample("abcdef", chance.randint(1, 4)):
        dtype = main if chance.random() < 0.7 else chance.choice([*DTYPES])
        closed = dtype in CATEGORIES and chance.random() < 0.3
        categories = CATEGORIES[dtype] if closed else None
        finite = dtype != "float" or chance.random() < 0.4
        columns[name] = ColumnType(dtype, chance.random() < 0.5, categories, finite)
    return Schema(columns)


assert TOKEN not in _LETTERS
