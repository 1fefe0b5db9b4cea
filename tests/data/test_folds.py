"""What folds compute, next to scikit-learn, and what they refuse."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

from mlbuild.data.faults import failure_lines
from mlbuild.data.folds.folds import HELD_OUT, TRAIN, UNUSED
from mlbuild.diagnostics import Failed, Rejected
from tests.budget import examples, seed
from tests.data.tables import failure_of, folds, split, table, told

ROWS = pl.DataFrame({"row": range(103), "key": [f"k{row % 40}" for row in range(103)]})
DAYS = pl.DataFrame({"day": [date(2020, 1, 1) + timedelta(days=7 * row % 30) for row in range(30)]})


def sizes(roles: list[np.ndarray[Any, Any]]) -> list[int]:
    return [int((one == HELD_OUT).sum()) for one in roles]


def test_random_folds_are_as_large_as_those_of_scikit_learn() -> None:
    made = folds(type="random", count=4, seed=3).divide(ROWS)
    assert sizes(made) == [len(test) for _, test in KFold(4).split(ROWS)]
    assert not (np.diff(np.flatnonzero(made[0] == HELD_OUT)) == 1).all(), "the rows are not shuffled"


def test_stratified_folds_have_the_mix_of_those_of_scikit_learn() -> None:
    values = ["a"] * 61 + ["b"] * 23 + ["c"] * 5 + ["d"] * 14
    np.random.default_rng(0).shuffle(values)
    rows = pl.DataFrame({"kind": values})
    made = folds(type="stratified", column="kind", count=5, seed=3).divide(rows)
    mine = [Counter(rows.filter(roles == HELD_OUT)["kind"].to_list()) for roles in made]
    theirs = [Counter(rows[test]["kind"].to_list()) for _, test in StratifiedKFold(5).split(values, values)]
    for value in "abcd":
        assert sorted(one[value] for one in mine) == sorted(one[value] for one in theirs)
    assert sorted(sizes(made)) == sorted(one.total() for one in theirs)


@pytest.mark.parametrize("values", [[True, False, None] * 5, [1, 2, None] * 5])
def test_missing_values_are_a_value_of_their_own(values: list[Any]) -> None:
    rows = pl.DataFrame({"kind": values})
    for roles in folds(type="stratified", column="kind", count=5, seed=0).divide(rows):
        held_out = rows.filter(roles == HELD_OUT)["kind"].to_list()
        assert Counter(held_out) == dict.fromkeys(values, 1)


@pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime("us")])
@pytest.mark.parametrize("count", [2, 3, 7])
def test_time_folds_are_those_of_scikit_learn(count: int, dtype: Any) -> None:
    rows = DAYS.with_columns(pl.col("day").cast(dtype))
    order = rows["day"].arg_sort().to_numpy()
    made = folds(type="time", column="day", count=count).divide(rows)
    for roles, (train, test) in zip(made, TimeSeriesSplit(count).split(order), strict=True):
        assert sorted(order[train]) == np.flatnonzero(roles == TRAIN).tolist()
        assert sorted(order[test]) == np.flatnonzero(roles == HELD_OUT).tolist()


def test_a_window_rolls_and_a_gap_stays_free() -> None:
    rows = pl.DataFrame({"day": [date(2020, 1, 1 + row) for row in range(12)]})
    made = folds(type="time", column="day", count=3, window="4d", gap="2d").divide(rows)
    roles = {UNUSED: ".", TRAIN: "t", HELD_OUT: "h"}
    assert ["".join(roles[int(role)] for role in one) for one in made] == [
        "t..hhh......",
        "tttt..hhh...",
        "...tttt..hhh",
    ]


def test_rows_of_one_time_are_in_one_fold() -> None:
    rows = pl.DataFrame({"day": [date(2020, 1, day) for day in (1, 1, 1, 1, 2, 2, 3, 3, 3, 3)]})
    made = folds(type="time", column="day", count=2).divide(rows)
    assert [rows.filter(one == HELD_OUT)["day"].dt.day().to_list() for one in made] == [[2] * 2, [3] * 4]


@pytest.mark.parametrize(
    ("days", "count", "held_out"),
    [
        ([1] * 20 + [2, 3, 4], 3, [[2], [3], [4]]),
        ([1, *[2] * 20, 3], 2, [[2] * 20, [3]]),
        ([1, 2, 3, *[4] * 20], 3, [[2], [3], [4] * 20]),
        ([1, 2, *[3] * 9, *[4] * 9, 5, 6], 3, [[3] * 9, [4] * 9, [5, 6]]),
        ([*[1] * 9, *[2] * 9, 3], 2, [[2] * 9, [3]]),
    ],
)
def test_a_time_of_many_rows_leaves_no_fold_empty(
    days: list[int], count: int, held_out: list[list[int]]
) -> None:
    rows = pl.DataFrame({"day": [date(2020, 1, day) for day in days]})
    made = folds(type="time", column="day", count=count).divide(rows)
    assert [rows.filter(one == HELD_OUT)["day"].dt.day().to_list() for one in made] == held_out


def test_time_folds_need_only_enough_different_times() -> None:
    for number in range(examples(60, 5_000)):
        chance = random.Random(f"{seed()} {number}")
        weights = [chance.random() ** 4 for _ in range(chance.randint(2, 9))]
        days = chance.choices(range(1, len(weights) + 1), weights, k=chance.randint(8, 40))
        rows = pl.DataFrame({"day": [date(2020, 1, day) for day in days]})
        count, times = chance.randint(2, 7), len({*days})
        if times <= count:
            with pytest.raises(Failed, match=f"{count} time folds need at least {count + 1} different times"):
                folds(type="time", column="day", count=count).divide(rows)
            continue
        found = [
            {*rows.filter(roles == HELD_OUT)["day"].to_list()}
            for roles in folds(type="time", column="day", count=count).divide(rows)
        ]
        later = sorted({*rows["day"].to_list()})[-len({*chain(*found)}) :]
        assert sorted(chain(*found)) == later, "a time is in two folds or none"


def test_hash_folds_are_what_their_page_says() -> None:
    made = folds(type="hash", key=["key", "day"], count=5, seed=7)
    rows = pl.DataFrame({"key": [f"k{row}" for row in range(60)], "day": [datetime(2020, 1, 1)] * 60})
    for row, key in enumerate(rows["key"]):
        text = f'[7,"fold","{key}","2020-01-01T00:00:00"]'
        share = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
        assert [int(roles[row]) for roles in made.divide(rows)].index(HELD_OUT) == int(share * 5)


def test_hash_folds_do_not_follow_the_parts_of_a_split_by_the_same_key() -> None:
    rows = pl.DataFrame({"key": range(3_000)})
    train = split(type="hash", key="key", valid=0.3, test=0.3, seed=0).parts(rows)["train"]
    made = folds(type="hash", key="key", count=5, seed=0).divide(train)
    assert sizes(made) == pytest.approx([train.height / 5] * 5, rel=0.2)


def test_a_fold_without_rows_is_a_failure() -> None:
    few = pl.DataFrame({"key": ["a", "b", "c"] * 10, "other": [1] * 30})
    cases: list[tuple[dict[str, Any], pl.DataFrame, str]] = [
        (
            {"type": "hash", "key": "key"},
            few,
            "fold 2 of 5 has no rows to predict: the 30 training rows have 3 different values of 'key'; use at most 3 folds",
        ),
        (
            {"type": "hash", "key": ["other"], "count": 2, "seed": 1},
            few,
            "fold 1 of 2 has no rows to train on: the 30 training rows have 1 different value of 'other'",
        ),
        (
            {"type": "hash", "key": ["key"], "count": 3, "seed": 1},
            few,
            "fold 3 of 3 has no rows to predict: the 30 training rows have 3 different values of 'key', whose hashes"
            " leave it empty; use fewer folds, or another 'seed'",
        ),
        ({"type": "random"}, few[:4], "5 folds need at least 5 training rows, but there are 4"),
        ({"type": "random"}, few[:0], "5 folds need at least 5 training rows, but there are 0"),
        (
            {"type": "time", "column": "day"},
            DAYS[:5],
            "5 folds need at least 6 training rows, but there are 5",
        ),
        (
            {"type": "time", "column": "day", "count": 3},
            pl.DataFrame({"day": [date(2020, 1, 1)] * 8}),
            "3 time folds need at least 4 different times, but the 8 training rows have 1; use fewer folds",
        ),
        (
            {"type": "time", "column": "day", "count": 3, "gap": "90d", "window": "1d"},
            DAYS,
            "fold 1 of 3 has no rows to train on: the 30 training rows have 30 different times;"
            " use fewer folds, or change 'window' and 'gap'",
        ),
    ]
    for definition, rows, message in cases:
        with pytest.raises(Failed) as caught:
            folds(**definition).seeded(0).divide(rows)
        assert (failure_of(caught).kind, failure_of(caught).message) == ("data", message)


def test_a_row_without_a_time_is_a_failure() -> None:
    rows = DAYS.with_columns(day=pl.when(pl.int_range(pl.len()) != 2).then("day"))
    with pytest.raises(Failed) as caught:
        folds(type="time", column="day").divide(rows)
    failure = failure_of(caught)
    assert (failure.kind, failure.message) == ("data", "the column of the time folds has missing values")
    assert failure_lines(failure) == ["column 'day' violates 'not null' in 1 row: null (row 3)"]


@pytest.mark.parametrize(
    ("definition", "message", "at"),
    [
        ({"type": "hash", "key": ["id", "idd"]}, "unknown column 'idd'", ("key", 1)),
        ({"type": "time", "column": "tim"}, "unknown column 'tim'", ("column",)),
        (
            {"type": "time", "column": "id"},
            "time folds need a date or datetime column, but 'id' is of dtype int",
            ("column",),
        ),
        (
            {"type": "stratified", "column": "day"},
            "stratified folds need a bool, int or string column, but 'day' is of dtype date",
            ("column",),
        ),
    ],
)
def test_columns_that_do_not_suit_are_refused(
    definition: dict[str, Any], message: str, at: tuple[Any, ...]
) -> None:
    with pytest.raises(Rejected) as caught:
        folds(**definition).infer(table({"id": "int", "time": "datetime", "day": "date"}))
    assert told(caught.value.problems) == [(message, at)]


def test_a_window_without_length_is_refused() -> None:
    refused = told(folds(type="time", column="day", window="0d").check())
    assert refused == [("'window' leaves no rows to train on", ("window",))]
