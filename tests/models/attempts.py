"""What the tests of learners try: to fit, to compute predictions in a file, to refuse with a message."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from mlbuild.bundle.comparison import SCORE, compare
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

#: The form of a message to users: a sentence without a final period, and not the representation of an object.
_SENTENCE = re.compile(r"^[a-z'0-9].*\w.*[^.]$", re.DOTALL)


def same_in_the_file(learner: Learner, fitted: bytes, one: Asked, rows: Rows) -> None:
    """Native scores equal those of the ONNX model on some rows, on one row, and on none, with the tolerances of
    verification.
    """
    model = exported(learner, fitted, one.rows)
    for some in (rows, first_rows(rows, 1), first_rows(rows, 0)):
        native = learner.predict(fitted, some, 1)
        assert native.dtype == np.float64
        assert native.shape == (some.features.height, one.width)
        found = answers(model, some)
        finite = np.abs(native[np.isfinite(native)]).max(initial=0.0)
        bound = LEARNER * np.abs(np.nan_to_num(native)) + FLOOR * max(1.0, float(finite))
        compared = compare("numbers", "scores", found, native, bound)
        assert not compared.wrong, compared


def close(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Whether numbers agree as verification demands."""
    return np.allclose(other, one, rtol=SCORE, atol=SCORE, equal_nan=True)


@contextmanager
def no_failure() -> Iterator[None]:
    """No exception is allowed."""
    try:
        yield
    except AssertionError:
        raise
    except (
        Exception
    ) as error:  # whatever else a learner raises is its fault, so the law must report it as one
        raise AssertionError(f"{type(error).__name__}: {error}") from error


@contextmanager
def at_most_data_failure() -> Iterator[None]:
    """Only a data failure with a proper message is allowed."""
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
    """Return the type of the target with known classes, as in a contract."""
    return replace(one.target, categories=one.coding.classes or None)


def variants(cls: type[Learner], count: int) -> Iterator[Learner]:
    """Yield the learner with random parameters that do not contradict each other or the sample rows."""
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
