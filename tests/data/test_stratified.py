"""A stratified split gives each part nearly the same mix of the values of a column."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.diagnostics import Rejected
from tests.budget import examples
from tests.data.tables import split, table, told

SHARES = st.floats(0, 0.99).map(lambda share: round(share, 2))


@given(
    st.lists(st.sampled_from(["a", "a", "a", "b", "c", None]), min_size=1, max_size=200),
    SHARES,
    SHARES,
    st.integers(0, 2**31 - 1),
)
@settings(max_examples=examples(100, 5_000), deadline=None)
def test_each_value_has_its_share_and_a_train_row(
    values: list[str | None], valid: float, test: float, seed: int
) -> None:
    if valid + test >= 1:
        valid, test = valid / 2.1, test / 2.1
    rows = pl.DataFrame({"kind": pl.Series(values, dtype=pl.String)})
    made = split(type="stratified", column="kind", valid=valid, test=test, seed=seed).parts(rows)
    counts = {name: Counter(part["kind"].to_list()) for name, part in made.items()}
    for value, count in Counter(values).items():
        assert counts["train"][value] >= 1
        for name, share in (("valid", valid), ("test", test)):
            assert counts[name][value] <= share * count + 0.5
            assert counts[name][value] >= share * count - 1.5
    assert sum(part.height for part in made.values()) == len(values)


def test_shares_are_rounded_to_whole_rows_of_each_value() -> None:
    rows = pl.DataFrame({"row": range(112), "kind": ["a"] * 90 + ["b"] * 20 + ["c", None]})
    made = split(type="stratified", column="kind", valid=0.1, test=0.2, seed=0).parts(rows)
    counts = {name: dict(Counter(part["kind"].to_list())) for name, part in made.items()}
    assert counts == {
        "train": {"a": 63, "b": 14, "c": 1, None: 1},
        "valid": {"a": 9, "b": 2},
        "test": {"a": 18, "b": 4},
    }


def test_the_rows_of_a_part_are_the_same_on_every_day() -> None:
    rows = pl.DataFrame({"row": range(12), "kind": ["a", "b", "b"] * 4})
    made = split(type="stratified", column="kind", valid=0.25, test=0.25, seed=5).parts(rows)
    assert {name: part["row"].to_list() for name, part in made.items()} == {
        "train": [0, 1, 2, 5, 9, 10],
        "valid": [4, 6, 11],
        "test": [3, 7, 8],
    }


def test_a_column_of_numbers_or_times_has_no_classes() -> None:
    here = table({"size": "float", "day": "date", "kind": "string"})
    for name, dtype in (("size", "float"), ("day", "date")):
        with pytest.raises(Rejected) as caught:
            split(type="stratified", column=name, test=0.2).infer(here)
        message = f"a stratified split needs a bool, int or string column, but '{name}' is of dtype {dtype}"
        assert told(caught.value.problems) == [(message, ("column",))]
    with pytest.raises(Rejected) as caught:
        split(type="stratified", column="kid", test=0.2).infer(here)
    assert told(caught.value.problems) == [("unknown column 'kid'", ("column",))]
    split(type="stratified", column="kind", test=0.2).infer(here)
