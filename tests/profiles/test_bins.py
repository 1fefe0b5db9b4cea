"""Bins: every value is in one of them, and those of other rows can be counted and added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbuild.profiles.bins import ALL, BINS, MOST, TOP, Bins, NumberBins, TextBins
from mlbuild.profiles.column import GROUPS, ColumnProfile

Array = np.ndarray[Any, Any]
NUMBERS = st.lists(st.floats(width=64), max_size=60)
TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=60)


def texts(values: Sequence[str | None]) -> Array:
    found = np.empty(len(values), object)
    found[:] = values
    return found


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_every_number_is_counted_where_it_lies(reference: list[float], values: list[float]) -> None:
    bins = NumberBins.of(np.array(reference, float))
    found = bins.places(np.array(values, float))
    for value, place in zip(values, found.tolist(), strict=True):
        if value != value:
            assert place == bins.number - 1
        else:
            assert place == sum(edge <= value for edge in bins.edges) - (value in bins.edges[-1:])
    known = [value for value in reference if np.isfinite(value)]
    counts = bins.count(np.array(known, float))
    assert counts[0] == counts[-2] == counts[-1] == 0  # none is outside, none is missing
    assert counts.sum() == len(known)


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_every_text_is_counted_as_itself_or_as_another_one(
    reference: list[str | None], values: list[str | None]
) -> None:
    bins = TextBins.of(texts(reference))
    named = [*bins.values, *[None] * 2]
    for value, place in zip(values, bins.places(texts(values)).tolist(), strict=True):
        if value is None:
            assert place == bins.number - 1
        elif value in bins.values:
            assert named[place] == value
        else:
            assert place == bins.number - 2


@pytest.mark.parametrize("family", BINS.values())
@settings(deadline=None)
@given(NUMBERS, TEXTS)
def test_bins_survive_json(family: type[Bins], numbers: list[float], strings: list[str | None]) -> None:
    bins = family.of(texts(strings) if family is TextBins else np.array(numbers, float))
    assert family.from_json(bins.to_json()) == bins


def test_numbers_have_bins_of_equal_mass() -> None:
    values = np.random.default_rng(0).lognormal(size=100_000)
    bins = NumberBins.of(values)
    counts = bins.count(values)[1:-2]
    assert len(counts) == MOST
    assert abs(counts / len(values) - 1 / MOST).max() < 0.25 / MOST


def test_frequent_values_have_a_bin_of_their_own() -> None:
    bins = NumberBins.of(np.array([0.0] * 900 + [1.0] * 60 + [5.0] * 40))
    assert bins.edges == (0.0, 0.5, 3.0, 5.0)
    assert bins.count(np.array([0.0, 0.4, 0.5, 1.0, 5.0, 5.1, -0.1])).tolist() == [1, 2, 2, 1, 1, 0]


def test_differences_in_the_last_bit_move_no_value_to_another_bin() -> None:
    values = np.random.default_rng(0).choice([0.1, 0.2, 0.7], 1_000)
    bins = NumberBins.of(values)
    assert (bins.places(np.nextafter(values, 0.5))[values != 0.1] == bins.places(values)[values != 0.1]).all()
    assert (bins.places(np.nextafter(values, 0)) == bins.places(values))[values != 0.1].all()


def test_only_frequent_and_short_texts_are_named() -> None:
    few = [f"t{index}" for index in range(ALL)]
    assert len(TextBins.of(texts([*few, "t0"])).values) == ALL
    many = [f"t{index % (ALL + 1)}" for index in range(3 * ALL)]
    assert len(TextBins.of(texts(many)).values) == TOP
    assert TextBins.of(texts(["a", "b", "b", "x" * 81])).values == ("b", "a")


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=300))
def test_groups_are_neighbors_and_missing_values_are_one(values: list[int]) -> None:
    column = ColumnProfile.of("n", "input", "int", np.array(values, float))
    groups = column.groups
    assert groups[-1] == groups[:-1].max() + 1
    assert (np.diff(groups[:-1]) >= 0).all() and (np.diff(groups[:-1]) <= 1).all()
    assert len({*groups.tolist()}) <= GROUPS + 1
    assert column.grouped(np.array(column.counts)).sum() == len(values)


def test_groups_have_about_the_same_number_of_rows() -> None:
    column = ColumnProfile.of("n", "input", "float", np.random.default_rng(1).normal(size=50_000))
    counts = column.grouped(np.array(column.counts))
    assert len(counts) == GROUPS + 1 and counts[-1] == 0
    assert abs(counts[:-1] / 50_000 - 1 / GROUPS).max() < 0.02


def test_rare_texts_are_one_group_each_only_up_to_a_limit() -> None:
    values = [f"t{index:02}" for index in range(40) for _ in range(40 - index)]
    column = ColumnProfile.of("t", "input", "string", texts(values))
    assert len(column.grouped(np.array(column.counts))) == GROUPS + 2


def test_private_values_are_only_counted() -> None:
    column = ColumnProfile.of("t", "input", "string", texts(["secret", None]), private=True)
    assert column.to_json() == {
        "name": "t",
        "role": "input",
        "dtype": "string",
        "counts": [1, 1],
        "mean": None,
        "sd": None,
    }
    assert not column.watched
