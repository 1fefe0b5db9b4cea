from __future__ import annotations

import hashlib
import itertools
import json
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.data.faults import failure_lines
from mlbuild.data.splits.hash import key_hash
from mlbuild.diagnostics import Failed, Rejected
from mlbuild.params import write
from tests.budget import examples
from tests.data.tables import SPLIT, failure_of, split, table, told

ROWS = pl.DataFrame({"row": range(1000), "key": [f"k{row % 300}" for row in range(1000)]})


def parts(rows: pl.DataFrame, project_seed: int = 0, /, **definition: Any) -> dict[str, list[Any]]:
    """Return the first column of each part, split as by a task from canonical JSON."""
    canonical = json.loads(json.dumps(write(split(**definition).seeded(project_seed))))
    made = SPLIT.read(canonical).parts(rows)
    assert list(made) == ["train", "valid", "test"]
    assert all(part.columns == rows.columns for part in made.values())
    return {name: part.to_series(0).to_list() for name, part in made.items()}


@pytest.mark.parametrize("kind", [{"type": "hash", "key": ["key"]}, {"type": "random"}])
def test_every_row_is_in_one_part_and_in_order(kind: dict[str, Any]) -> None:
    made = parts(ROWS, **kind, valid=0.2, test=0.1)
    assert sorted(row for part in made.values() for row in part) == list(range(1000))
    assert all(part == sorted(part) for part in made.values())


@pytest.mark.parametrize("kind", [{"type": "hash", "key": "key"}, {"type": "random"}])
def test_a_seed_of_its_own_or_the_project_s_divides_otherwise(kind: dict[str, Any]) -> None:
    shares = {"valid": 0.2, "test": 0.2}
    assert parts(ROWS, 7, **kind, **shares) == parts(ROWS, 0, **kind, **shares, seed=7)
    assert parts(ROWS, 7, **kind, **shares) != parts(ROWS, 8, **kind, **shares)


@pytest.mark.parametrize("kind", [{"type": "hash", "key": "key"}, {"type": "random"}])
def test_without_shares_all_rows_are_for_training(kind: dict[str, Any]) -> None:
    assert parts(ROWS, **kind) == {"train": list(range(1000)), "valid": [], "test": []}


def test_rows_that_agree_in_the_key_stay_together_wherever_they_stand() -> None:
    made = split(type="hash", key="key", valid=0.3, test=0.3, seed=1).parts(ROWS)
    keys = [set(part["key"]) for part in made.values()]
    assert not (keys[0] & keys[1] or keys[0] & keys[2] or keys[1] & keys[2])
    turned = split(type="hash", key="key", valid=0.3, test=0.3, seed=1).parts(ROWS.reverse())
    assert [set(part["key"]) for part in turned.values()] == keys


def test_shares_of_keys_are_near_what_was_asked() -> None:
    rows = pl.DataFrame({"id": range(20_000)})
    made = parts(rows, type="hash", key="id", valid=0.1, test=0.25)
    assert len(made["valid"]) == pytest.approx(2_000, rel=0.05)
    assert len(made["test"]) == pytest.approx(5_000, rel=0.05)


def test_another_share_of_valid_leaves_the_test_rows_alone() -> None:
    one = parts(ROWS, type="hash", key="key", valid=0.1, test=0.2)
    other = parts(ROWS, type="hash", key="key", valid=0.4, test=0.2)
    assert one["test"] == other["test"]
    assert set(one["valid"]) < set(other["valid"])


def test_the_hash_is_what_its_page_says() -> None:
    key = [None, True, 15, 2.5, "Zürich", date(2013, 10, 1), datetime(2013, 10, 1, 5)]
    text = '[7,null,true,15,2.5,"Zürich","2013-10-01","2013-10-01T05:00:00"]'
    digest = hashlib.sha256(text.encode()).digest()
    assert key_hash(7, key) == int.from_bytes(digest[:8], "big")
    assert key_hash(0, [-0.0]) == key_hash(0, [0.0])
    assert key_hash(0, ["a"]) == 8377945124198355113


def test_missing_values_are_a_key_like_any_other() -> None:
    rows = pl.DataFrame({"row": [0, 1, 2, 3], "a": [None, None, 1, 1], "b": [0.0, -0.0, None, None]})
    made = parts(rows, type="hash", key=["a", "b"], valid=0.5, seed=3)
    assert {0, 1} <= set(made["train"]) or {0, 1} <= set(made["valid"])
    assert {2, 3} <= set(made["train"]) or {2, 3} <= set(made["valid"])


@given(
    st.lists(
        st.tuples(st.none() | st.integers(-5, 5), st.none() | st.text(max_size=2)), min_size=1, max_size=30
    ),
    st.integers(0, 2**31 - 1),
)
@settings(max_examples=examples(60, 5_000), deadline=None)
def test_a_hash_split_asks_nothing_but_the_key(keys: list[tuple[int | None, str | None]], seed: int) -> None:
    schema = {"a": pl.Int64, "b": pl.String}
    rows = pl.DataFrame(keys, schema=schema, orient="row").with_columns(row=pl.int_range(pl.len()))
    definition = {"type": "hash", "key": ["a", "b"], "valid": 0.3, "test": 0.3, "seed": seed}
    expected = []
    for key in keys:
        share = key_hash(seed, key) / 2**64
        expected.append("test" if share < 0.3 else "valid" if share >= 0.7 else "train")
    if "train" not in expected:
        with pytest.raises(Failed):
            split(**definition).parts(rows)
        return
    made = split(**definition).parts(rows)
    for name, part in made.items():
        assert part["row"].to_list() == [row for row, where in enumerate(expected) if where == name]


def test_a_random_split_rounds_shares_to_whole_rows() -> None:
    made = parts(ROWS, type="random", valid=0.15, test=0.1)
    assert [len(part) for part in made.values()] == [750, 150, 100]
    assert parts(ROWS[:1], type="random", valid=0.4)["train"] == [0]


def test_a_random_split_is_the_same_on_every_day() -> None:
    assert parts(ROWS[:12], type="random", valid=0.25, test=0.25, seed=5) == {
        "train": [0, 1, 2, 6, 9, 10],
        "valid": [3, 5, 11],
        "test": [4, 7, 8],
    }


@pytest.mark.parametrize("span", [2**64, 7])
def test_a_random_split_sorts_rows_by_the_numbers_that_are_drawn(
    monkeypatch: pytest.MonkeyPatch, span: int
) -> None:
    """As its documentation says, also where numbers are equal."""
    drawn = np.random.PCG64(3).random_raw(1000) % np.uint64(span - 1)
    monkeypatch.setattr(
        np.random, "PCG64", lambda seed: SimpleNamespace(random_raw=lambda rows: drawn[:rows])
    )
    for rows, valid, test in itertools.product((1, 2, 3, 10, 999), (0.0, 0.1, 0.5), (0.0, 0.3, 0.499)):
        order = np.argsort(drawn[:rows], kind="stable").tolist()
        tests, valids = round(test * rows), round(valid * rows)
        wanted = {
            "train": order[tests + valids :],
            "valid": order[tests : tests + valids],
            "test": order[:tests],
        }
        if not wanted["train"]:
            continue
        made = parts(ROWS[:rows], type="random", valid=valid, test=test)
        assert made == {name: sorted(places) for name, places in wanted.items()}


DAYS = pl.DataFrame({"row": range(5), "day": [date(2013, month, 1) for month in (11, 9, 10, 12, 1)]})


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"valid_from": "2013-10-01", "test_from": "2013-11-01"}, ([1, 4], [2], [0, 3])),
        ({"valid_from": "2013-10-01"}, ([1, 4], [0, 2, 3], [])),
        ({"test_from": "2013-11-01"}, ([1, 2, 4], [], [0, 3])),
        ({"valid_from": "2013-10-01T02:00+02:00"}, ([1, 4], [0, 2, 3], [])),
    ],
)
@pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime("us")])
def test_a_time_split_puts_train_before_valid_before_test(
    bounds: dict[str, Any], expected: tuple[list[int], ...], dtype: Any
) -> None:
    rows = DAYS.with_columns(pl.col("day").cast(dtype))
    assert tuple(parts(rows, type="time", column="day", **bounds).values()) == expected


def test_a_row_without_a_time_is_a_failure() -> None:
    rows = DAYS.with_columns(day=pl.when(pl.col("row") != 2).then("day"))
    with pytest.raises(Failed) as caught:
        parts(rows, type="time", column="day", valid_from="2013-10-01")
    failure = failure_of(caught)
    assert (failure.kind, failure.message) == ("data", "the column of the time split has missing values")
    assert failure_lines(failure) == ["column 'day' violates 'not null' in 1 row: null (row 3)"]


def test_a_split_that_leaves_nothing_to_train_on_is_a_failure() -> None:
    with pytest.raises(Failed) as caught:
        parts(DAYS, type="time", column="day", valid_from="2000-01-01", test_from="2013-12-01")
    assert (
        failure_of(caught).message
        == "the split leaves no rows for training: 5 rows in total, 4 valid, 1 test"
    )
    with pytest.raises(Failed, match="no rows for training: 0 rows"):
        parts(ROWS.clear(), type="random")


@pytest.mark.parametrize(
    ("definition", "message", "at"),
    [
        (
            {"type": "hash", "key": "k", "valid": 0.5, "test": 0.5},
            "'valid' and 'test' leave no rows for training: 0.5 + 0.5 is not less than 1",
            ("test",),
        ),
        (
            {"type": "random", "valid": 0.9, "test": 0.2},
            "'valid' and 'test' leave no rows for training: 0.9 + 0.2 is not less than 1",
            ("test",),
        ),
        ({"type": "time", "column": "t"}, "a time split needs 'valid_from' or 'test_from'", ()),
        (
            {"type": "time", "column": "t", "valid_from": "1.10.2013"},
            "'1.10.2013' is not an ISO date or datetime",
            ("valid_from",),
        ),
        (
            {"type": "time", "column": "t", "valid_from": "2013-10-01", "test_from": "2013-10-01"},
            "'valid_from' must be before 'test_from'",
            ("valid_from",),
        ),
    ],
)
def test_what_a_split_cannot_be_is_told(
    definition: dict[str, Any], message: str, at: tuple[str, ...]
) -> None:
    assert told(split(**definition).check()) == [(message, at)]


@pytest.mark.parametrize(
    ("definition", "message", "at"),
    [
        ({"type": "hash", "key": ["id", "idd"]}, "unknown column 'idd'", ("key", 1)),
        ({"type": "time", "column": "tim", "test_from": "2013-10-01"}, "unknown column 'tim'", ("column",)),
        (
            {"type": "time", "column": "id", "test_from": "2013-10-01"},
            "a time split needs a date or datetime column, but 'id' is of dtype int",
            ("column",),
        ),
    ],
)
def test_columns_that_do_not_suit_are_refused(
    definition: dict[str, Any], message: str, at: tuple[Any, ...]
) -> None:
    with pytest.raises(Rejected) as caught:
        split(**definition).infer(table({"id": "int", "time": "datetime"}))
    assert told(caught.value.problems) == [(message, at)]


def test_a_split_that_suits_is_accepted() -> None:
    here = table({"id": "int", "time": "datetime", "day": "date"})
    split(type="hash", key=["id", "day"]).infer(here)
    split(type="time", column="day", test_from="2013-10-01").infer(here)
    split(type="random").infer(here)
