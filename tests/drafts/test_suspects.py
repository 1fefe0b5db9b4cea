"""`init` names features that may give the target away, in its output and in the draft, and keeps them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable

import polars as pl
import pytest

from tests.cli.running import Command

ROWS = 200
Row = dict[str, object]


def rows(make: Callable[[random.Random], Row]) -> pl.DataFrame:
    chance = random.Random(0)
    return pl.DataFrame([make(chance) for _ in range(ROWS)])


def churned(chance: random.Random, **more: object) -> Row:
    size = round(chance.gauss(0, 1), 3)
    return {"size": size, "y": int(size + chance.gauss(0, 1) > 0), **more}


def by_value(chance: random.Random) -> Row:
    row = churned(chance)
    return row | {"reason": chance.choice(["moved", "price"] if row["y"] else ["none", "new"])}


def by_threshold(chance: random.Random) -> Row:
    row = churned(chance)
    return row | {"last_seen": round((40 if row["y"] else 1) + chance.random() * 30, 3)}


def of_three_classes(chance: random.Random) -> Row:
    grade = chance.choice("abc")
    return {
        "size": chance.random(),
        "points": round("abc".index(grade) * 10 + chance.random() * 9, 3),
        "y": grade,
    }


def copied(chance: random.Random) -> Row:
    wage = round(20 + chance.random() * 300, 4)
    return {"size": chance.random(), "logwage": round(math.log(wage), 4), "y": wage}


def reversed_(chance: random.Random) -> Row:
    price = round(5 + chance.random() * 10, 3)
    return {"size": chance.random(), "per_euro": round(1 / price, 5), "y": price}


def summed(chance: random.Random) -> Row:
    casual, registered = chance.randrange(100), chance.randrange(400)
    return {"size": chance.random(), "casual": casual, "registered": registered, "y": casual + registered}


def subtracted(chance: random.Random) -> Row:
    end, start = round(chance.random() * 60, 2), round(chance.random() * 60, 2)
    return {"size": chance.random(), "end": end, "start": start, "y": round(2 * end - start, 3)}


def of_a_code(chance: random.Random) -> Row:
    plan = chance.randrange(5)
    return {
        "size": chance.random(),
        "plan": "aebdc"[plan],
        "y": [310.5, 5.25, 720.0, 55.5, 60.0][plan] + chance.random() / 100,
    }


def with_gaps(chance: random.Random) -> Row:
    row = by_threshold(chance)
    return row | {"last_seen": None if chance.random() < 0.2 else row["last_seen"]}


def known_afterwards(chance: random.Random) -> Row:
    row = churned(chance)
    return row | {"left_after": round(chance.random() * 30, 1) if row["y"] else None}


LEAKS = {
    "a threshold, with missing values": (with_gaps, "last_seen", "alone separates the values of 'y' at 40"),
    "missing values": (known_afterwards, "left_after", "is missing only where 'y' has one of its two values"),
    "each value has one class": (by_value, "reason", "has 4 values, each of which occurs with only one value of 'y'"),
    "a threshold": (by_threshold, "last_seen", "alone separates the values of 'y' at 40"),
    "thresholds": (of_three_classes, "points", "alone separates the values of 'y' at 2 thresholds"),
    "the logarithm": (copied, "logwage", "is in the same or the reverse order as 'y' in nearly all rows"),
    "the reciprocal": (reversed_, "per_euro", "is in the same or the reverse order as 'y' in nearly all rows"),
    "the sum of two": (summed, "casual", "with 'registered' determines 'y', nearly as casual + registered"),
    "the difference of two": (subtracted, "end", "with 'start' determines 'y', nearly as 2 * end - start"),
    "each value has one number": (of_a_code, "plan", "has nearly one value of 'y' for each of its values"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "name", "why"), LEAKS.values(), ids=list(LEAKS))
def test_a_leak_is_named_and_stays(
    mlbuild: Command, make: Callable[[random.Random], Row], name: str, why: str
) -> None:
    rows(make).write_csv(mlbuild.folder / "rows.csv")
    ran = mlbuild("init", "rows.csv", "--target", "y")
    (mlbuild.folder / "mlbuild.yaml").unlink()
    (line,) = [one for one in ran.out.splitlines() if "give the target away" in one]
    assert line.startswith(f"  may give the target away: '{name}' {why}")
    told = json.loads(mlbuild("init", "rows.csv", "--target", "y", "--json").out)
    assert list(told["suspects"]) == [name] and name in told["features"]
    text = (mlbuild.folder / "mlbuild.yaml").read_text()
    assert f"      - {name}\n" in text
    assert f"    #   {name}: {why}"[:100] in text
    assert mlbuild("check").code == 0


def good(chance: random.Random) -> Row:
    """A number that predicts another one well, but not for sure."""
    size = chance.gauss(0, 1)
    return {"size": size, "other": chance.gauss(0, 1), "y": size + chance.gauss(0, 0.1)}


def often_right(chance: random.Random) -> Row:
    row = churned(chance)
    reason = chance.choice(["moved", "price"] if row["y"] else ["none", "new"])
    return row | {"reason": chance.choice(["moved", "none"]) if chance.random() < 0.02 else reason}


def twins(chance: random.Random) -> Row:
    """Two columns that are nearly the same say nothing about a third one."""
    size = chance.gauss(0, 1)
    return {"size": size, "again": size + chance.gauss(0, 1e-6), "y": chance.gauss(0, 1)}


@pytest.mark.parametrize("make", [churned, good, often_right, twins], ids=lambda make: make.__name__)
def test_a_feature_that_does_not_determine_the_target_is_not_named(
    mlbuild: Command, make: Callable[[random.Random], Row]
) -> None:
    rows(make).write_csv(mlbuild.folder / "rows.csv")
    assert json.loads(mlbuild("init", "rows.csv", "--target", "y", "--json").out)["suspects"] == {}


def test_few_rows_prove_nothing(mlbuild: Command) -> None:
    rows(by_threshold).head(20).write_csv(mlbuild.folder / "rows.csv")
    assert json.loads(mlbuild("init", "rows.csv", "--target", "y", "--json").out)["suspects"] == {}


def test_zeros_and_ones_are_flags_and_classes(mlbuild: Command) -> None:
    rows(lambda chance: churned(chance, paid=int(chance.random() < 0.3))).write_csv(
        mlbuild.folder / "rows.csv"
    )
    assert "  target 'y' (2 classes)" in mlbuild("init", "rows.csv", "--target", "y").out
    text = (mlbuild.folder / "mlbuild.yaml").read_text()
    assert "    type: lightgbm.classifier  # predicts the probability of 1\n" in text
    assert "      paid:\n        dtype: int\n        categories: [0, 1]\n" in text
    assert "      'y':\n        dtype: int\n        serving: false\n        categories: [0, 1]\n" in text
