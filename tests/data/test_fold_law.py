"""The properties of folds, for every class in the catalogue; and the tests find planted faults."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import polars as pl
import pytest

from mlbuild.data import FOLDS
from mlbuild.data.folds.folds import HELD_OUT, TRAIN, Folds, NumberedFolds
from mlbuild.data.folds.hash import HashFolds
from mlbuild.data.folds.random import RandomFolds
from mlbuild.data.folds.stratified import StratifiedFolds
from mlbuild.data.folds.time import TimeFolds
from mlbuild.diagnostics import Failed, Rejected
from mlbuild.moments import parse_duration
from mlbuild.params import Json, params_of, write
from tests.budget import examples, seed, tell
from tests.data.drawn import Drawn
from tests.data.tables import FOLD, table
from tests.data.worlds import SOURCES, rows_of
from tests.spec.sampled import sampled

HERE = table(SOURCES["main"][0])
ROWS = 60
Roles = list[np.ndarray[Any, Any]]


def defined(cls: type[Folds], chance: random.Random) -> Json | None:
    """Draw the definition of folds by the kinds of its fields."""
    given = {"type": cls.named_by()[1], "count": chance.randint(2, 6)}
    return sampled(cls, chance, given, share=0.7, draw=Drawn(HERE.trained, (), chance).of)


def made(cls: type[Folds], chance: random.Random) -> Folds | None:
    """Return random folds that are valid for the table, as a task divides them."""
    for _ in range(200):
        definition = defined(cls, chance)
        if definition is None:
            continue
        folds: Folds = FOLD.read(definition)
        try:
            folds.infer(HERE)
        except Rejected:
            continue
        read: Folds = FOLD.read(json.loads(json.dumps(folds.seeded(chance.randint(0, 3)).canonical())))
        return read
    return None


def roles_of(folds: Folds, rows: pl.DataFrame) -> Roles | None:
    """Return the roles of the rows in each fold; None if these rows cannot be divided so."""
    try:
        found = folds.divide(rows.select(folds.columns() or rows.columns[:1]))
    except Failed as failed:
        assert failed.failure.kind == "data"
        return None
    assert len(found) == folds.count and all(roles.shape == (rows.height,) for roles in found)
    for roles in found:
        assert (roles == HELD_OUT).any(), "a fold has no rows"
        assert (roles == TRAIN).any(), "a fold has no rows to train on"
    return found


def law(cls: type[Folds], chance: random.Random) -> Folds | None:
    """Check random folds; None if none were found, or if these rows cannot be divided so."""
    folds = made(cls, chance)
    if folds is None:
        return None
    rows = rows_of(HERE.trained, HERE.promises(), chance, ROWS)
    with pytest.raises(Failed):
        folds.divide(rows.clear())
    found = roles_of(folds, rows)
    if found is None:
        return None
    held_out = np.array([roles == HELD_OUT for roles in found])
    assert held_out.sum(axis=0).max() == 1, "a row is held out twice"
    again = roles_of(folds, rows)
    assert again is not None and np.array_equal(found, again), "the same rows are divided otherwise"
    assert folds.seeded(9) == folds, "folds with a seed take another"
    if isinstance(folds, NumberedFolds):
        assert held_out.any(axis=0).all(), "a row is in no fold"
        assert np.array_equal(held_out, ~np.array([roles == TRAIN for roles in found]))
    if isinstance(folds, HashFolds):
        _apart(found, rows.select(folds.key))
    if isinstance(folds, TimeFolds):
        _forward(folds, found, rows[folds.column])
    turned = chance.sample(range(rows.height), rows.height)
    if not folds.ordered:
        moved = roles_of(folds, rows[turned])
        assert moved is not None
        assert np.array_equal([roles[turned] for roles in found], moved), "the order of rows decides"
    more = rows_of(HERE.trained, HERE.promises(), chance, 20)
    grown = roles_of(folds, pl.concat([rows, rows, more], how="diagonal"))
    if folds.stable:
        assert grown is not None
        for old, new in zip(found, grown, strict=True):
            assert np.array_equal(old, new[: rows.height]), "more rows move old ones"
            assert np.array_equal(old, new[rows.height : 2 * rows.height]), "equal rows are in two folds"
    return folds


def _apart(found: Roles, keys: pl.DataFrame) -> None:
    for roles in found:
        both = keys.filter(roles == TRAIN).join(
            keys.filter(roles == HELD_OUT), on=keys.columns, how="semi", nulls_equal=True
        )
        assert both.is_empty(), "a key is on both sides"


def _forward(folds: TimeFolds, found: Roles, times: pl.Series) -> None:
    moments = times.cast(pl.Datetime("us")).cast(pl.Int64).to_numpy()
    latest = moments.min() - 1
    for roles in found:
        train, held_out = moments[roles == TRAIN], moments[roles == HELD_OUT]
        start, until = held_out.min(), held_out.min() - parse_duration(folds.gap or "0d")
        assert train.max() < start and latest < start, "time does not go forward"
        assert train.max() < until, "the gap is not kept"
        known = moments < until
        if folds.window is not None:
            known &= moments >= until - parse_duration(folds.window)
        assert np.array_equal(roles == TRAIN, known), "rows in the window are left out, or others are not"
        latest = held_out.max()


def check(cls: type[Folds], count: int) -> int:
    """Check many random folds of a class, and properties that only many can show."""
    chances = [random.Random(f"{seed()} {cls.__name__} {number}") for number in range(count)]
    found = [folds for chance in chances if (folds := law(cls, chance)) is not None]
    assert len(found) > count / 5, "too few folds that suit"
    rows = rows_of(HERE.trained, HERE.promises(), random.Random(0), 400)
    if "seed" in params_of(cls):
        plain = [{key: value for key, value in write(folds).items() if key != "seed"} for folds in found[:20]]
        pairs = [[roles_of(FOLD.read(one).seeded(number), rows) for number in (1, 2)] for one in plain]
        different = [
            not np.array_equal(one, other) for one, other in pairs if one is not None and other is not None
        ]
        assert any(different), "the project's seed does not count"
    return len(found)


@pytest.mark.parametrize("cls", FOLDS, ids=lambda cls: cls.named_by()[1])
def test_every_class_of_folds_keeps_the_law(cls: type[Folds]) -> None:
    checked = check(cls, examples(40, 2_000))
    tell(f"{cls.named_by()[1]}: folds of {checked} random tables")


def changed(cls: Any, change: Callable[[pl.DataFrame, Roles], Any]) -> tuple[Any, str, Any]:
    """Plant a fault in the roles of the rows."""
    right = cls._roles

    def roles(self: Folds, rows: pl.DataFrame) -> Any:
        return change(rows, right(self, rows))

    return cls, "_roles", roles


def renumbered(
    cls: Any, change: Callable[[pl.DataFrame, np.ndarray[Any, Any], int], Any]
) -> tuple[Any, str, Any]:
    """Plant a fault in the numbers of the rows."""
    right = cls._numbers

    def numbers(self: Folds, rows: pl.DataFrame) -> Any:
        return change(rows, right(self, rows), self.count)

    return cls, "_numbers", numbers


def without(key: Literal["gap", "window"]) -> tuple[Any, str, Any]:
    """Plant a fault: time folds ignore a parameter."""
    right = TimeFolds._roles

    def roles(self: TimeFolds, rows: pl.DataFrame) -> Any:
        return right(replace(self, gap=None) if key == "gap" else replace(self, window=None), rows)

    return TimeFolds, "_roles", roles


def first_moves(rows: pl.DataFrame, numbers: np.ndarray[Any, Any], count: int) -> Any:
    """The first row is in another fold."""
    return np.concatenate([(numbers[:1] + 1) % count, numbers[1:]])


#: Planted faults, and the class whose test must find each.
FAULTS: dict[str, tuple[type[Folds], tuple[Any, str, Any]]] = {
    "held-out rows are trained on": (RandomFolds, changed(NumberedFolds, lambda rows, found: [np.maximum(roles, roles[::-1]) for roles in found])),
    "a row is held out twice": (StratifiedFolds, changed(NumberedFolds, lambda rows, found: [found[1], *found[1:]])),
    "a row is in no fold": (RandomFolds, changed(NumberedFolds, lambda rows, found: [np.where(np.arange(len(roles)) == 0, 0, roles) for roles in found])),
    "a fold is lost": (TimeFolds, changed(TimeFolds, lambda rows, found: found[1:])),
    "the future is trained on": (TimeFolds, changed(TimeFolds, lambda rows, found: [np.where(roles == HELD_OUT, HELD_OUT, TRAIN) for roles in found])),
    "the gap is not kept": (TimeFolds, without("gap")),
    "the window is not kept": (TimeFolds, without("window")),
    "folds go backward": (TimeFolds, changed(TimeFolds, lambda rows, found: found[::-1])),
    "a key is on both sides": (HashFolds, renumbered(HashFolds, first_moves)),
    "chance decides": (RandomFolds, renumbered(RandomFolds, lambda rows, numbers, count: np.random.default_rng().permutation(numbers))),
    "the number of rows decides": (HashFolds, renumbered(HashFolds, lambda rows, numbers, count: (numbers + rows.height) % count)),
    "the seed does not count": (StratifiedFolds, renumbered(StratifiedFolds, lambda rows, numbers, count: np.arange(rows.height) % count)),
    "the project's seed is taken in place of its own": (HashFolds, (NumberedFolds, "seeded", lambda self, seed: type(self)(**{**vars(self), "seed": seed}))),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cls, patch = FAULTS[fault]
    monkeypatch.setattr(*patch)
    with pytest.raises((AssertionError, pl.exceptions.PolarsError)):
        check(cls, 40)
