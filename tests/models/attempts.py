"""What the laws of learners try: to learn, to answer in a file, to refuse in a sentence."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from mlbuild.bundle.comparison import compare
from mlbuild.bundle.parity import FLOOR, LEARNER
from mlbuild.columns import ColumnType, Schema
from mlbuild.diagnostics import Failed, Rejected
from mlbuild.models.learner import Learner
from mlbuild.models.training import Rows
from mlbuild.params import read
from tests.budget import seed
from tests.models.artifacts import answers, exported
from tests.models.requests import Asked, asked, columns
from tests.spec.sampled import sampled

#: What a message to a user looks like: a sentence without a final point, no representation of an object.
_SENTENCE = re.compile(r"^[a-z'0-9].*\w.*[^.]$", re.DOTALL)


def same_in_the_file(learner: Learner, fitted: bytes, one: Asked, rows: Rows) -> None:
    """Native scores and those of the ONNX model, on some rows, one of them, and none, as the proof compares them."""
    model = exported(learner, fitted, one.rows)
    for some in (rows, first_rows(rows, 1), first_rows(rows, 0)):
        native = learner.predict(fitted, some, 1)
        assert native.dtype == np.float64
        assert native.shape == (some.features.height, len(one.coding.classes) or 1)
        found = answers(model, some)
        finite = np.abs(native[np.isfinite(native)]).max(initial=0.0)
        bound = LEARNER * np.abs(np.nan_to_num(native)) + FLOOR * max(1.0, float(finite))
        compared = compare("numbers", "scores", found, native, bound)
        assert not compared.wrong, compared


@contextmanager
def no_failure() -> Iterator[None]:
    """Nothing at all may go wrong inside."""
    try:
        yield
    except AssertionError:
        raise
    except Exception as error:  # any other way to end is a fault of the learner
        raise AssertionError(f"{type(error).__name__}: {error}") from error


@contextmanager
def at_most_data_failure() -> Iterator[None]:
    """Nothing may go wrong inside, but that the data cannot be learned from, which is told in a sentence."""
    with no_failure():
        try:
            yield
        except Failed as failed:
            assert failed.failure.kind == "data", failed.failure
            assert _SENTENCE.match(failed.failure.message), failed.failure.message


def problems(learner: Learner, schema: Schema, target: ColumnType) -> list[tuple[tuple[Any, ...], str]]:
    try:
        learner.infer(schema, target)
    except Rejected as rejected:
        return [(problem.at, problem.message) for problem in rejected.problems]
    return []


def typed(one: Asked) -> ColumnType:
    """The type of the target with its classes known, as a contract can state them."""
    return replace(one.target, categories=one.coding.classes or None)


def variants(cls: type[Learner], count: int) -> Iterator[Learner]:
    """The learner with some random parameters that do not contradict each other or the sample rows."""
    chance = random.Random(f"{cls.type} {count} {seed()}")
    schema = columns(cls)
    found = 0
    while found < count:
        params = sampled(cls, chance, {}, share=0.2)
        learner = None if params is None else read(cls, params)
        if learner is not None and not any(problems(learner, schema, typed(one)) for one in asked(cls, 30)):
            found += 1
            yield learner


def first_rows(rows: Rows, count: int) -> Rows:
    return Rows(rows.features[:count], rows.schema)


def widths(rows: Rows) -> Iterator[int]:
    for dtype in rows.features.schema.values():
        yield dtype.size if isinstance(dtype, pl.Array) else 1
