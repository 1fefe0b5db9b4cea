"""Chooses how the rows of a draft are split: by time, by groups that belong together, or at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mlbuild.data.inference import Inferred
from mlbuild.data.splits.hash import Hash
from mlbuild.data.splits.random import Random
from mlbuild.data.splits.split import Shares, Split
from mlbuild.data.splits.time import Time
from mlbuild.diagnostics import Failed
from mlbuild.drafts.goal import Goal
from mlbuild.frozen import frozen

if TYPE_CHECKING:
    import polars as pl

#: With fewer rows there is no validation split, which only early stopping needs.
_FEWEST_FOR_VALID = 200
_VALID, _TEST, _TEST_ALONE = 0.15, 0.15, 0.2
_SEEDS = 50
#: Words in column names for the time of the row, as opposed to some other date.
_TIMES = frozenset("date datetime day hour month time timestamp week year".split())


@frozen
class Division:
    """A split, with the reason for choosing it."""

    split: Split
    why: str

    @property
    def has_valid(self) -> bool:
        return bool(getattr(self.split, "valid", 0) or getattr(self.split, "valid_from", None))


def time_of(inferred: Inferred) -> str | None:
    """Return the first date or datetime column that is clearly the time of the rows: by its name, or because it is
    sorted.
    """
    for name, column in inferred.columns.items():
        if column.dtype in ("date", "datetime") and not column.type.nullable:
            values = inferred.rows[name]
            ordered = values.is_sorted() or values.is_sorted(descending=True)
            if ordered or name.lower() in _TIMES:
                return name
    return None


def by_time(goal: Goal, time: str) -> Division | None:
    """Return the split by time, if each part has rows and the training rows contain every class."""
    moments = goal.rows[time].sort()
    valid, test = 1 - _VALID - _TEST, 1 - _TEST
    if goal.rows.height >= _FEWEST_FOR_VALID:
        split = Time(column=time, valid_from=_at(moments, valid), test_from=_at(moments, test))
    else:
        split = Time(column=time, test_from=_at(moments, 1 - _TEST_ALONE))
    sound = not list(split.check()) and holds(split, goal)
    return Division(split, "train on the past, test on what came later") if sound else None


def by_chance(goal: Goal, group: str | None) -> Division:
    """Return the split by groups, or else by rows, with the first seed that leaves every class in the training
    rows.
    """
    candidates = (*_by_group(goal, group), *_by_rows(goal))
    everything = Division(Random(), "all rows are for training: a class has too few rows to hold any out")
    return next((division for division in candidates if holds(division.split, goal)), everything)


def _by_group(goal: Goal, group: str | None) -> Iterator[Division]:
    if group is not None:
        valid, test = _shares(goal)
        why = "rows with the same key stay in one part, so the model is not tested on rows that it has seen"
        yield Division(Hash(key=(group,), valid=valid, test=test), why)


def _by_rows(goal: Goal) -> Iterator[Division]:
    valid, test = _shares(goal)
    why = "the file has no time and no groups to split by, so the split is random"
    yield Division(Random(valid=valid, test=test), why)
    for seed in range(1, _SEEDS):
        yield Division(
            Random(valid=valid, test=test, seed=seed), "with this seed, every class has train rows"
        )


def _shares(goal: Goal) -> tuple[float, float]:
    return (_VALID, _TEST) if goal.rows.height >= _FEWEST_FOR_VALID else (0.0, _TEST_ALONE)


def holds(split: Split, goal: Goal) -> bool:
    """Whether each requested part has rows, and the training rows contain every class."""
    if isinstance(split, Shares) and split.seed is None:
        split = replace(split, seed=0)  # that of the project
    try:
        parts = split.parts(goal.rows)
    except Failed:
        return False
    wanted = ["test"] + (["valid"] if Division(split, "").has_valid else [])
    if any(parts[name].is_empty() for name in wanted):
        return False
    return not goal.classes or parts["train"][goal.name].n_unique() == goal.classes


def _at(moments: pl.Series, share: float) -> str:
    return str(moments[int(len(moments) * share)].isoformat())
