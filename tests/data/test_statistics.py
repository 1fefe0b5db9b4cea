"""Statistics of columns: what they say, and that those of two halves are those of the whole."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlbuild.columns import DTYPES
from mlbuild.data.casts import polars_type
from mlbuild.data.statistics import FAMILIES
from mlbuild.data.statistics.association import associations
from mlbuild.data.statistics.distance import Distance, distances
from mlbuild.data.statistics.numbers import QUANTILES, Numbers
from mlbuild.data.statistics.statistics import Statistics
from mlbuild.data.statistics.table import TableStatistics

BY_DTYPE = {dtype: family for family in FAMILIES for dtype in family.dtypes}
#: Fields that cannot be computed exactly from the statistics of parts.
ESTIMATED = ("mean", "sd", "mean_length")


def described(values: pl.Series, dtype: str) -> Statistics:
    return TableStatistics.of(pl.DataFrame([values.alias("x")]), {"x": dtype}).columns["x"]


def column(dtype: str, values: list[Any]) -> pl.Series:
    return pl.Series("x", values, polars_type(dtype))


def drawn(dtype: str, rows: int, chance: random.Random) -> pl.Series:
    """Draw a column: with few or many distinct values, and the extremes of its dtype."""
    most = chance.choice([1, 3, 90, 10**6])

    def one() -> Any:
        match dtype:
            case "bool":
                return chance.random() < 0.3
            case "int":
                return chance.choice([chance.randint(-most, most), chance.randint(-(2**63), 2**63 - 1)])
            case "float":
                wide = math.exp(chance.gauss(0, 100))
                number = chance.choice([wide, -wide, 0.0, -0.0, 5e-324, chance.randint(-most, most) / 7])
                return number if chance.random() < 0.98 else chance.choice([math.inf, -math.inf])
            case "string":
                return (
                    f"v{chance.randint(0, most)}" if chance.random() < 0.99 else "é" * chance.randint(0, 100)
                )
            case "date":
                return date.fromordinal(chance.randint(1, 3652059)) if most > 3 else date(2020, 1, 1)
        return datetime(chance.randint(1, 9999), chance.randint(1, 12), 3, 4, 5, 6)

    return column(dtype, [None if chance.random() < 0.1 else one() for _ in range(rows)])


def worlds() -> Iterator[tuple[str, pl.Series, random.Random]]:
    chance = random.Random(0)
    for dtype in DTYPES:
        for rows in (0, 1, 2, 10, 300, 300, 1500):
            yield dtype, drawn(dtype, rows, chance), chance


# Laws of all families


def test_each_dtype_has_statistics() -> None:
    assert sorted(dtype for family in FAMILIES for dtype in family.dtypes) == sorted(DTYPES)


def test_statistics_do_not_depend_on_the_order_of_the_rows_or_on_being_stored() -> None:
    for dtype, values, _ in worlds():
        found = described(values, dtype)
        assert described(values.shuffle(seed=1), dtype) == found
        assert described(values.reverse().rechunk(), dtype) == found
        stored = json.loads(json.dumps(found.to_json(), allow_nan=False))
        assert BY_DTYPE[dtype].from_json(stored) == found
        assert (found.dtype, found.rows, found.missing) == (dtype, len(values), values.null_count())


def test_the_statistics_of_two_halves_merge_to_those_of_the_whole() -> None:
    compared = 0
    for dtype, values, chance in worlds():
        cut = chance.randint(0, len(values))
        one, two = described(values[:cut], dtype), described(values[cut:], dtype)
        whole, merged = described(values, dtype).to_json(), one.merged(two).to_json()
        complete = getattr(one, "complete", True) and getattr(two, "complete", True)
        for name, value in merged.items():
            if name in ESTIMATED:
                scale = abs(whole["sd"] or 0) if name != "mean_length" else 1
                close = value is None or math.isclose(value, whole[name], rel_tol=1e-6, abs_tol=1e-6 * scale)
                assert close or not math.isfinite(value), (dtype, name)
            elif value is not None and (complete or name not in ("values", "others")):
                assert value == whole[name], (dtype, name)
                compared += 1
    assert compared > 200


def test_bars_count_every_value() -> None:
    for dtype, values, _ in worlds():
        found = described(values, dtype)
        bars = found.bars(10)
        whole = found.present - getattr(found, "infinite", 0) - getattr(found, "others", 0)
        assert len(bars) <= 10 and min(bars, default=0) >= 0
        assert sum(bars) == whole or (dtype == "string" and sum(bars) < whole)


# What each family says


def test_numbers() -> None:
    found = described(column("float", [1.0, 2.0, 2.0, 7.0, None, math.inf]), "float").to_json()
    assert {name: found[name] for name in ("missing", "distinct", "infinite", "min", "max", "mean")} == {
        "missing": 1,
        "distinct": 4,
        "infinite": 1,
        "min": 1.0,
        "max": 7.0,
        "mean": 3.0,
    }
    assert found["sd"] == pytest.approx(np.std([1, 2, 2, 7], ddof=1))
    assert found["quantiles"] == (1.0, 1.0, 2.0, 2.0, 7.0)


def test_the_sign_of_zero_does_not_count() -> None:
    one, other = (described(column("float", values), "float") for values in ([0.0, -0.0], [-0.0, 0.0]))
    assert repr(one) == repr(other) and "-0.0" not in repr(one)


def test_large_ints_share_a_bin_and_are_all_counted() -> None:
    found = described(column("int", [2**53, 2**53 + 1, 2**53 + 1]), "int")
    assert isinstance(found, Numbers)
    assert found.distinct == 2 and [*found.histogram.counts.values()] == [3]


def test_an_int_is_exact() -> None:
    found = described(column("int", [2**62 + 1, 2**62 + 1, -(2**63)]), "int").to_json()
    assert (found["min"], found["max"]) == (-(2**63), 2**62 + 1)
    assert found["quantiles"][2:] == (2**62 + 1,) * 3


@pytest.mark.parametrize("share", QUANTILES)
def test_a_quantile_is_the_smallest_value_that_enough_values_do_not_exceed(share: float) -> None:
    values = np.random.default_rng(0).integers(0, 50, 777)
    found = described(column("int", values.tolist()), "int")
    assert isinstance(found, Numbers) and found.quantiles is not None
    quantile = found.quantiles[QUANTILES.index(share)]
    assert (values <= quantile).mean() >= share > (values < quantile).mean()


def test_each_bin_of_a_histogram_contains_its_values() -> None:
    chance = random.Random(3)
    for _ in range(20):
        values = drawn("float", 2000, chance).drop_nulls()
        finite = np.sort(values.filter(values.is_finite()).to_numpy())
        found = described(values, "float")
        assert isinstance(found, Numbers)
        edges, counts = found.histogram.edges(), found.histogram.counts
        assert len(counts) <= 256
        for (low, high), key in zip(edges, sorted(counts), strict=True):
            inside = (finite >= low) & (finite <= high) if math.isfinite(low + high) else None
            assert inside is None or inside.sum() == counts[key]


def test_flags() -> None:
    assert described(column("bool", [True, None, False, True]), "bool").to_json() == {
        "dtype": "bool",
        "rows": 4,
        "missing": 1,
        "true": 2,
    }


def test_texts() -> None:
    assert described(column("string", ["b", "a", "b", None, "", "x" * 81]), "string").to_json() == {
        "dtype": "string",
        "rows": 6,
        "missing": 1,
        "distinct": 4,
        "values": {"b": 2, "": 1, "a": 1},
        "others": 1,
        "complete": False,
        "shortest": 0,
        "longest": 81,
        "mean_length": 84 / 5,
    }


def test_only_the_most_frequent_of_many_texts_are_counted() -> None:
    found = described(column("string", [f"v{n}" for n in range(200) for _ in range(n)]), "string").to_json()
    assert found["values"] == {f"v{n}": n for n in range(199, 179, -1)}
    assert found["others"] == sum(range(180))


def test_times() -> None:
    values = [datetime(2024, 1, 31, 5), datetime(2024, 3, 1), datetime(2024, 1, 1), None]
    found = described(column("datetime", values), "datetime").to_json()
    assert {name: found[name] for name in ("missing", "distinct", "first", "last")} == {
        "missing": 1,
        "distinct": 3,
        "first": "2024-01-01T00:00:00",
        "last": "2024-03-01T00:00:00",
    }


@pytest.mark.parametrize("dtype", ["date", "datetime"])
def test_bars_of_times_have_the_same_length(dtype: str) -> None:
    every = [datetime(1960, 1, 1) + timedelta(days=day) for day in range(1000)]
    values = column(dtype, [one.date() if dtype == "date" else one for one in every])
    assert described(values, dtype).bars(10) == pytest.approx([100] * 10, abs=8)


# Distances


def test_samples_of_one_distribution_have_no_distance() -> None:
    chance = np.random.default_rng(0)
    one, two = (described(pl.Series(chance.normal(size=5000)), "float") for _ in range(2))
    found = Distance.between(one, two)
    assert found.psi is not None and found.psi < 0.01
    assert found.largest is not None and found.largest < 0.04
    assert found.shift is not None and abs(found.shift) < 0.1


def test_the_distances_of_two_normal_distributions_are_what_theory_says() -> None:
    """Of N(0, 1) and N(d, 1): the index is d^2, the cumulative distributions differ by 2 Phi(d / 2) - 1."""
    chance = np.random.default_rng(0)
    one = described(pl.Series(chance.normal(size=100_000)), "float")
    two = described(pl.Series(chance.normal(0.5, 1, size=100_000)), "float")
    found = Distance.between(one, two)
    assert found.psi == pytest.approx(0.25, abs=0.02)  # groups lose a little of it
    assert found.largest == pytest.approx(math.erf(0.25 / math.sqrt(2)), abs=0.01)
    assert found.shift == pytest.approx(0.5, abs=0.02)


def test_the_distance_of_categories_and_of_missing_values() -> None:
    one = described(column("string", ["a"] * 50 + ["b"] * 50), "string")
    two = described(column("string", ["a"] * 80 + ["b"] * 20), "string")
    found = Distance.between(one, two)
    shares = [(50.5 / 101, 80.5 / 101), (50.5 / 101, 20.5 / 101)]
    index = sum((q - p) * math.log(q / p) for p, q in shares)
    assert found.psi == pytest.approx(index - 2 / 101)
    assert found.largest == pytest.approx(0.3)
    assert found.shift is None
    gone = described(column("string", ["a"] * 50 + [None] * 50), "string")
    assert (Distance.between(one, gone).psi or 0) > 1


@pytest.mark.parametrize("dtype", ["date", "datetime"])
def test_days_of_one_month_differ(dtype: str) -> None:
    days = [[date(2024, 1, day) if dtype == "date" else datetime(2024, 1, day)] * 60 for day in (2, 20)]
    one, two = (described(column(dtype, values), dtype) for values in days)
    found = Distance.between(one, two)
    assert found.largest == 1 and (found.psi or 0) > 1


def test_a_new_frequent_text_is_found_among_many_values() -> None:
    many = [f"v{number}" for number in range(3000)]
    one = described(column("string", [*many, *["A"] * 3000]), "string")
    two = described(column("string", [*many, *["A"] * 1800, *["NEW"] * 1200]), "string")
    for distance in (Distance.between(one, two), Distance.between(two, one)):
        assert distance.largest == pytest.approx(0.2, abs=0.01) and (distance.psi or 0) > 0.25


def test_samples_of_many_texts_have_no_distance() -> None:
    chance = np.random.default_rng(0)
    rows = (chance.zipf(1.3, 20_000) % 5000, chance.zipf(1.3, 5_000) % 5000)
    one, two = (described(column("string", [f"v{value}" for value in part]), "string") for part in rows)
    assert (Distance.between(one, two).psi or 0) < 0.02


def test_a_column_that_lost_all_values_has_a_distance() -> None:
    full = described(column("string", ["a", "b"] * 50), "string")
    gone = described(column("float", [None] * 100), "float")
    found = distances({"x": full}, {"x": gone})["x"]
    assert found is not None and (found.psi or 0) > 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_distance_of_no_rows_is_not_defined_and_of_equal_columns_is_0(dtype: str) -> None:
    values = drawn(dtype, 500, random.Random(1))
    found = described(values, dtype)
    assert Distance.between(found, described(values[:0], dtype)) == Distance(None, None, None)
    same = Distance.between(found, found)
    assert (same.psi, same.largest, same.shift or 0) == (0, 0, 0)


# Association


def test_a_copy_determines_a_target_and_noise_does_not() -> None:
    chance = np.random.default_rng(0)
    number = chance.normal(size=3000)
    rows = pl.DataFrame(
        {
            "target": number,
            "copy": -3 * number,
            "sign": number > 0,
            "noise": chance.normal(size=3000),
            "text": chance.choice(["a", "b", "c"], 3000),
            "constant": ["k"] * 3000,
        }
    )
    dtypes = {"target": "float", "copy": "float", "sign": "bool", "noise": "float", "text": "string", "constant": "string"}  # fmt: skip
    found = associations(rows, dtypes, "target")
    assert found["copy"] == pytest.approx(1, abs=0.03)
    assert found["sign"] == pytest.approx(math.log(2) / math.log(16), abs=0.02)
    assert found["noise"] == pytest.approx(0, abs=0.02)
    assert found["text"] == pytest.approx(0, abs=0.02)
    assert found["constant"] == 0
    assert set(associations(rows, dtypes, "constant").values()) == {None}


def test_missing_values_can_determine_a_target() -> None:
    rows = pl.DataFrame({"target": [True, False] * 500, "gone": [None, 1] * 500})
    assert associations(rows, {"target": "bool", "gone": "int"}, "target")["gone"] == pytest.approx(
        1, abs=0.01
    )
