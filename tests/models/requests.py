"""Requests for any learner, made from what it declares: features that it accepts, targets of its answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

from mlbuild.columns import ColumnType, Schema
from mlbuild.frozen import frozen
from mlbuild.models.answers.answer import Answer, Coding
from mlbuild.models.learner import Learner
from mlbuild.models.training import Rows, Training
from mlbuild.params import ListOf, Name, params_of, read
from tests.models import samples

#: The groups for answers that need more than a target: rows that belong together.
GROUPS = 7


@frozen
class Asked:
    """A request, with the types and the coding that it was made with."""

    training: Training
    target: ColumnType
    coding: Coding
    #: The number of columns of the scores.
    width: int

    @property
    def rows(self) -> Rows:
        return self.training.rows


def columns(learner: type[Learner]) -> Schema:
    """Return columns of all types that a learner accepts, with missing values if it accepts them."""
    taken = {
        name: type_ if "null" in learner.accepts else type_.with_nullable(False)
        for name, type_ in samples.MIXED.items()
        if type_.dtype in ("bool", "int", "float") or type_.dtype in learner.accepts
    }
    return Schema(taken)


def rows_for(learner: type[Learner], count: int, seed: int = 0) -> Rows:
    schema = columns(learner)
    frame = samples.features(count, seed).select(list(schema))
    return Rows(frame if "null" in learner.accepts else filled(frame), schema)


def filled(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with the missing values of its plain columns replaced."""
    plain = [name for name, dtype in frame.schema.items() if not isinstance(dtype, pl.Array)]
    return frame.with_columns(pl.col(plain).fill_null(strategy="forward").fill_null(strategy="backward"))


def asked(learner: type[Learner], count: int = 240, seed: int = 0, **fields: Any) -> Iterator[Asked]:
    """Yield a request for each possible dtype of the target. The features are informative."""
    rows = rows_for(learner, count, seed)
    for dtype in learner.answer.dtypes:
        yield of_target(learner, rows, target_of(samples.features(count, seed), dtype, seed), **fields)


def of_target(learner: type[Learner], rows: Rows, target: pl.Series, **fields: Any) -> Asked:
    """Return a request to learn the target, with the coding of the learner's answer."""
    type_ = ColumnType(_DTYPES[type(target.dtype)])
    answer = answer_of(learner.answer)
    held = held_by(answer, [target])
    coding = answer.coding(type_, held)
    width = width_of(answer, held, coding)
    if width > 1 and not coding.classes:
        held = held_by(answer, [target * (-1) ** place for place in range(width)])
    coded = answer.coded(held, coding, "train")
    return Asked(Training(rows, coded, len(coding.classes), **fields), type_, coding, width)


def answer_of(cls: type[Answer]) -> Answer:
    """Return an answer with the target `y`. Other columns that it needs have the names of their keys."""
    named: dict[str, Any] = {}
    for key, param in params_of(cls).items():
        if isinstance(param.kind, Name):
            named[key] = key
        elif param.required and isinstance(param.kind, ListOf) and isinstance(param.kind.item, Name):
            named[key] = [key]
    return read(cls, named | {"column": "y"})


def held_by(answer: Answer, targets: Sequence[pl.Series]) -> pl.DataFrame:
    """Return the columns that an answer reads: targets, then groups of rows."""
    names = answer.columns()
    groups = [pl.Series(np.arange(len(targets[0])) // GROUPS)] * (len(names) - len(targets))
    return pl.DataFrame(dict(zip(names, [*targets, *groups], strict=True)))


def width_of(answer: Answer, held: pl.DataFrame, coding: Coding) -> int:
    """Return the number of columns of the scores that an answer compares with these columns."""
    coded = answer.coded(held, coding, "train")
    return int(answer.constants(coded, len(coding.classes)).shape[1])


def target_of(frame: pl.DataFrame, dtype: str, seed: int = 0) -> pl.Series:
    """Return a target of a dtype that depends on the columns of `frame`, with few values if it can be classes."""
    if dtype == "float":
        return pl.Series("y", samples.number(frame, seed))
    count = {"bool": 2, "int": 4, "string": 3}[dtype]
    places = samples.classes(frame, count, seed)
    if dtype == "string":
        return pl.Series("y", np.array(["low", "mid", "top"])[places])
    return pl.Series("y", places == 1 if dtype == "bool" else places)


_DTYPES: dict[Any, str] = {
    pl.Boolean: "bool", pl.Int64: "int", pl.Float64: "float", pl.String: "string",
}  # fmt: skip


def hard_rows(rows: Rows) -> Rows:
    """Return the first rows, with one column after another at values that are likely to reveal differences."""
    thresholds = rows.features.select(pl.col(pl.Float64)).to_numpy().ravel()
    return samples.adversarial(rows.features[:40], rows.schema, np.unique(thresholds[:12]))
