"""The properties of splits, for every split in the catalogue; and the tests find planted faults."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from mlbuild.data import SPLITS
from mlbuild.data.splits.by_column import ByColumn
from mlbuild.data.splits.from_sources import ORIGIN
from mlbuild.data.splits.hash import Hash
from mlbuild.data.splits.random import Random
from mlbuild.data.splits.split import TEST, TRAIN, VALID, Shares, Split
from mlbuild.data.splits.stratified import Stratified
from mlbuild.data.splits.time import Time
from mlbuild.diagnostics import Failed, Rejected
from mlbuild.params import Json, params_of, write
from tests.budget import examples, seed, tell
from tests.data.drawn import Drawn
from tests.data.tables import SPLIT, table
from tests.data.worlds import SOURCES, rows_of
from tests.spec.sampled import sampled

HERE = table(SOURCES["main"][0])
ROWS = 60
_ROW = "\0row"


def defined(cls: type[Split], chance: random.Random) -> Json | None:
    """Draw the definition of a split by the kinds of its fields."""
    draw = Drawn(HERE.trained, ("later", "latest"), chance).of
    return sampled(cls, chance, {"type": cls.named_by()[1]}, share=0.7, draw=draw)


def made(cls: type[Split], chance: random.Random) -> Split | None:
    """Return a random split that is valid for the table, as a task runs it."""
    for _ in range(200):
        definition = defined(cls, chance)
        if definition is None:
            continue
        split: Split = SPLIT.read(definition)
        try:
            split.infer(HERE)
        except Rejected:
            continue
        read: Split = SPLIT.read(json.loads(json.dumps(write(split.seeded(chance.randint(0, 3))))))
        return read
    return None


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with their numbers, and with the part of the source that each comes from."""
    if ORIGIN not in rows.columns:
        origins = [(TRAIN, TEST, TRAIN, None, VALID)[row % 5] for row in range(rows.height)]
        rows = rows.with_columns(pl.Series(ORIGIN, origins, pl.String))
    return rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(_ROW))


def parts_of(split: Split, rows: pl.DataFrame) -> dict[str, list[int]] | None:
    """Return the numbers of the rows of each part; None if the split fails on these rows."""
    try:
        parts = split.parts(rows)
    except Failed as failed:
        assert failed.failure.kind == "data"
        return None
    assert [*parts] == [TRAIN, VALID, TEST]
    for part in parts.values():
        assert part.schema == rows.schema
        assert part.equals(rows.filter(pl.col(_ROW).is_in(part[_ROW].to_list()))), "a part holds other rows"
    return {name: part[_ROW].to_list() for name, part in parts.items()}


def law(cls: type[Split], chance: random.Random) -> Split | None:
    """Check one random split; None if none was found, or if none is valid for these rows."""
    split = made(cls, chance)
    if split is None:
        return None
    rows = numbered(rows_of(HERE.trained, HERE.promises(), chance, ROWS))
    try:
        split.parts(rows.clear())
        raise AssertionError("no rows are no rows to train on")
    except Failed as failed:
        assert failed.failure.kind == "data"
    found = parts_of(split, rows)
    if found is None:
        return None
    held = sorted(row for part in found.values() for row in part)
    assert held == sorted({*held}) and (split.partial or held == [*range(rows.height)]), (
        "a row is in no part, or in two"
    )
    assert all(part == sorted(part) for part in found.values()), "rows are in another order"
    assert found == parts_of(split, rows), "the same rows are divided otherwise"
    assert split.seeded(9) == split, "a split with a seed takes another"
    assert split.has_valid or not found[VALID], "there are validation rows"
    turned = rows[chance.sample(range(rows.height), rows.height)]
    if not split.ordered:
        moved = parts_of(split, turned)
        assert moved is not None
        assert {name: sorted(part) for name, part in moved.items()} == found, "the order of rows decides"
        grown = parts_of(
            split,
            numbered(
                pl.concat([rows, rows, rows_of(HERE.trained, HERE.promises(), chance, 20)], how="diagonal")
            ),
        )
        # The new rows can be ones that the split refuses, such as those without a time.
        for name, part in (grown or {}).items():
            old = [row for row in part if row < rows.height]
            assert old == found[name], "more rows move old ones"
            again = [row - rows.height for row in part if rows.height <= row < 2 * rows.height]
            assert again == old, "equal rows are in two parts"
    return split


def check(cls: type[Split], count: int) -> int:
    """Check many random splits of a class, and properties that only many can show."""
    chances = [random.Random(f"{seed()} {cls.__name__} {number}") for number in range(count)]
    found = [split for chance in chances if (split := law(cls, chance)) is not None]
    assert len(found) > count / 4, "too few splits that suit"
    rows = numbered(rows_of(HERE.trained, HERE.promises(), random.Random(0), 400))
    divided = [(split, parts_of(split, rows)) for split in found]
    can_be_valid = any(split.has_valid for split in found)
    assert any(parts and parts[VALID] for _, parts in divided) == can_be_valid, "no split has validation rows"
    assert any(parts and parts[TEST] for _, parts in divided), "no split has test rows"
    assert any(parts and not split.has_valid for split, parts in divided)
    if "seed" in params_of(cls):
        plain = [{key: value for key, value in write(split).items() if key != "seed"} for split in found[:20]]
        seeds: list[Split] = [SPLIT.read(split | {"valid": 0.3, "test": 0.2}) for split in plain]
        parts = [[parts_of(split.seeded(one), rows) for one in (1, 2)] for split in seeds]
        assert any(one != other for one, other in parts), "the project's seed does not count"
    return len(found)


@pytest.mark.parametrize("cls", SPLITS, ids=lambda cls: cls.named_by()[1])
def test_every_row_has_one_part(cls: type[Split]) -> None:
    checked = check(cls, examples(40, 2_000))
    tell(f"{cls.named_by()[1]}: {checked} splits of random tables")


def parts(change: Callable[[Split, pl.DataFrame, dict[str, pl.DataFrame]], Any]) -> tuple[Any, str, Any]:
    """Plant a fault in what a split returns."""
    right = Split.parts

    def parts(self: Split, rows: pl.DataFrame) -> Any:
        return change(self, rows, right(self, rows))

    return Split, "parts", parts


def assigned(cls: Any, change: Callable[[pl.DataFrame, pl.Series], pl.Series]) -> tuple[Any, str, Any]:
    """Plant a fault in the part of each row."""
    right = cls._assign

    def assign(self: Split, rows: pl.DataFrame) -> pl.Series:
        return change(rows, right(self, rows))

    return cls, "_assign", assign


def by_place(rows: pl.DataFrame, part: pl.Series) -> pl.Series:
    """The first row is always for training."""
    return part.scatter([0], [TRAIN]) if len(part) else part


def by_count(rows: pl.DataFrame, part: pl.Series) -> pl.Series:
    """The number of rows decides whether there are test rows."""
    return part.replace(TEST, TRAIN) if len(part) % 3 == 0 else part


def by_luck(rows: pl.DataFrame, part: pl.Series) -> pl.Series:
    return part.shuffle() if len(part) else part


def without_failure(self: Split, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    part = self._assign(rows)
    return {name: rows.filter(part == name) for name in (TRAIN, VALID, TEST)}


#: Planted faults, and the split whose test must find each.
FAULTS: dict[str, tuple[type[Split], tuple[Any, str, Any]]] = {
    "a row is lost": (Hash, parts(lambda s, r, p: p | {VALID: p[VALID][1:]})),
    "a row is in two parts": (Hash, parts(lambda s, r, p: p | {VALID: p[TEST]})),
    "rows are turned around": (Time, parts(lambda s, r, p: p | {TRAIN: p[TRAIN].reverse()})),
    "a column is lost": (Random, parts(lambda s, r, p: p | {TEST: p[TEST].drop("size")})),
    "a value changes": (Random, parts(lambda s, r, p: p | {TRAIN: p[TRAIN].with_columns(size=pl.col("size") + 1)})),
    "a part has no name": (Time, assigned(Time, lambda rows, part: part.replace(VALID, "holdout"))),
    "hash: where a row stands decides": (Hash, assigned(Hash, by_place)),
    "time: where a row stands decides": (Time, assigned(Time, by_place)),
    "hash: luck decides": (Hash, assigned(Hash, by_luck)),
    "random: luck decides": (Random, assigned(Random, by_luck)),
    "no row to train on is no failure": (Random, (Split, "parts", without_failure)),
    "the seed of the project is not taken": (Random, (Shares, "seeded", lambda self, seed: replace(self, seed=0))),
    "a split's own seed is not kept": (Hash, (Shares, "seeded", lambda self, seed: replace(self, seed=seed))),
    "stratified: the seed does not count": (Stratified, assigned(Stratified, lambda rows, part: part.sort())),
    "column: a value is for another part": (ByColumn, assigned(ByColumn, lambda rows, part: part.replace(TEST, VALID))),
    "hash: more rows move old ones": (Hash, assigned(Hash, by_count)),
    "column: equal rows are in two parts": (ByColumn, assigned(ByColumn, by_place)),
    "there is never said to be a valid row": (Hash, (Shares, "has_valid", False)),
    "validation rows are for the test": (Time, assigned(Time, lambda rows, part: part.replace(VALID, TEST))),
    "no row is for the test": (Random, assigned(Random, lambda rows, part: part.replace(TEST, TRAIN))),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cls, patch = FAULTS[fault]
    monkeypatch.setattr(*patch)
    with pytest.raises((AssertionError, pl.exceptions.PolarsError)):
        check(cls, 60)
