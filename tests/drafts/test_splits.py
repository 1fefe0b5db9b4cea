"""How the rows of a draft are split: by time, by groups, or at random with a remark; all of it is printed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from mlbuild.spec.check import check
from tests.cli.running import Command

ROWS = 60
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Drafted:
    """A draft: what `init` printed, and the split in the spec."""

    def __init__(self, mlbuild: Command, target: str = "y") -> None:
        ran = mlbuild("init", "rows.csv", "--target", target)
        assert ran.code == 0, ran.err
        self.lines = [line.strip() for line in ran.out.splitlines()]
        spec, found = check(mlbuild.folder / "mlbuild.yaml")
        assert spec is not None and found == []
        (dataset,) = spec.datasets.values()
        (self.model,) = list(spec.models.values())[:1]
        assert dataset.split is not None
        self.split = dataset.split
        self.text = (mlbuild.folder / "mlbuild.yaml").read_text()

    @property
    def kind(self) -> str:
        assert self.split.discriminator is not None
        return self.split.discriminator[1]

    @property
    def notes(self) -> list[str]:
        return [line.removeprefix("note: ") for line in self.lines if line.startswith("note: ")]

    @property
    def why(self) -> str:
        (line,) = [line for line in self.lines if line.startswith("split: ")]
        return line.removeprefix("split: ")


def drafted(mlbuild: Command, columns: dict[str, list[Any]], rows: int = ROWS, **more: list[Any]) -> Drafted:
    """Draft a table with these columns, a feature, and a target with two classes."""
    chance = random.Random(1)
    size = [round(chance.gauss(0, 1), 3) for _ in range(rows)]
    target = {"y": [chance.choice("ab") for _ in range(rows)]}
    pl.DataFrame({**columns, "size": size, **(target | more)}, strict=False).write_csv(
        mlbuild.folder / "rows.csv"
    )
    return Drafted(mlbuild)


def each(make: Callable[[int], Any]) -> list[Any]:
    return [make(row) for row in range(ROWS)]


def shuffled(values: list[Any]) -> list[Any]:
    return random.Random(2).sample(values, len(values))


TIMES: dict[str, tuple[dict[str, list[Any]], str]] = {
    "dates in order": (
        {"sold": each(lambda row: f"2013-{row // 12 + 1:02}-{row % 12 + 1:02}")},
        "      type: time\n      column: sold\n      test_from: '2013-05-01'\n",
    ),
    "dates in no order": (
        {"sold": shuffled(each(lambda row: f"2013-{row // 12 + 1:02}-{row % 12 + 1:02}"))},
        "      type: time\n      column: sold\n      test_from: '2013-05-01'\n",
    ),
    "dates in words": (
        {"sold": each(lambda row: f"{MONTHS[row % 12]} 1 {2000 + row // 12}")},
        "      type: time\n      column: sold\n      test_from: '2004-01-01'\n",
    ),
    "days before months": (
        {"sold": each(lambda row: f"{row % 28 + 1:02}-{row // 28 + 1:02}-1984")},
        "      type: time\n      column: sold\n      test_from: '1984-02-21'\n",
    ),
    "years": (
        {"year": shuffled(each(lambda row: 1990 + row // 4))},
        "CASE WHEN year >= 2002 THEN ''test'' ELSE ''train'' END",
    ),
    "years of two digits": (
        {"year": each(lambda row: 70 + row // 4)},
        "CASE WHEN year >= 82 THEN ''test'' ELSE ''train'' END",
    ),
    "years and months": (
        {"year": each(lambda row: 1990 + row // 12), "month": each(lambda row: row % 12 + 1)},
        "CASE WHEN year * 100 + month >= 199401 THEN ''test'' ELSE ''train'' END",
    ),
    "years, months and days": (
        {
            "year": each(lambda row: 2013),
            "month": each(lambda row: row // 10 + 1),
            "day": each(lambda row: row % 10 + 1),
        },
        "CASE WHEN month * 100 + day >= 509 THEN ''test'' ELSE ''train'' END",
    ),
    "a counter that is called time": (
        {"time": each(lambda row: row + 1)},
        "CASE WHEN time >= 49 THEN ''test'' ELSE ''train'' END",
    ),
    "an ordinal date": (
        {"ordinal_date": each(lambda row: 728000 + 7 * row)},
        "CASE WHEN ordinal_date >= 728336 THEN ''test'' ELSE ''train'' END",
    ),
    "numbers with a fraction": (
        {"time": each(lambda row: row / 4)},
        "CASE WHEN time >= 12.0 THEN ''test'' ELSE ''train'' END",
    ),
    "quarters": (
        {"when": each(lambda row: f"{1970 + row // 4} Q{row % 4 + 1}")},
        "      column: when\n      test:\n",
    ),
    "months without a day": (
        {"when": each(lambda row: f"{1990 + row // 12} {MONTHS[row % 12]}")},
        "      column: when\n      test:\n        - '1994 Jan'\n",
    ),
    "numbers that are dates": (
        {"date": each(lambda row: 19750100 + row % 28 + 1 + row // 28 * 100)},
        "      type: time\n      column: date\n      test_from: '1975-02-21'\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "split"), TIMES.values(), ids=list(TIMES))
def test_rows_with_a_time_are_split_by_it(
    mlbuild: Command, columns: dict[str, list[Any]], split: str
) -> None:
    made = drafted(mlbuild, columns)
    assert split in made.text
    assert made.why.startswith("by time ") and made.why.endswith("(48 train, 12 test)")


NOT_BY_TIME: dict[str, tuple[dict[str, list[Any]], str]] = {
    "two years": (
        {"year": each(lambda row: 1999 + row % 2 * 9)},
        "not split by time 'year': it has only 2 different values",
    ),
    "months of no year": (
        {"month": each(lambda row: row * 7 % 12 + 1)},
        "not split by time 'month': its values are not in order",
    ),
    "dates of birth": (
        {"born": each(lambda row: f"19{row + 20}-03-01")},
        "not split by time 'born': its name suggests a fixed property, such as a date of birth",
    ),
    "missing dates": (
        {"sold": each(lambda row: f"2013-01-{row % 28 + 1:02}" if row % 9 else None)},
        "not split by time 'sold': it is missing in 7 rows",
    ),
    "how long it took": (
        {"time": each(lambda row: row * 3 + 1), "status": each(lambda row: row % 2)},
        "not split by time 'time': another column says whether an event happened, so it may be a duration",
    ),
}


@pytest.mark.parametrize(("columns", "note"), NOT_BY_TIME.values(), ids=list(NOT_BY_TIME))
def test_rows_that_are_not_split_by_time_have_a_remark(
    mlbuild: Command, columns: dict[str, list[Any]], note: str
) -> None:
    made = drafted(mlbuild, columns)
    assert (made.kind, made.notes) == ("stratified", [note])
    assert f"    # {note}"[:90] in made.text


def test_the_future_must_hold_no_class_that_the_past_lacks(mlbuild: Command) -> None:
    days = each(lambda row: f"2013-{row // 28 + 1:02}-{row % 28 + 1:02}")
    made = drafted(mlbuild, {"day": days}, y=["a", "b"] * 25 + ["c"] * 10)
    assert made.kind == "stratified"
    assert made.notes == ["not split by time 'day': the rows before the last ones lack some of the classes"]


GROUPS: dict[str, tuple[str, list[Any]]] = {
    "an id": ("bird_id", each(lambda row: f"b{row % 30}")),
    "numbers of persons": ("subject", each(lambda row: 300 + row // 4)),
    "whole numbers with a point": ("Subject", each(lambda row: float(300 + row // 4))),
    "a number of a thing": ("patient_no", each(lambda row: row // 4)),
    "an id in one word": ("schoolid", each(lambda row: row % 12 * 7)),
    "more than 20 rows each": ("PID", each(lambda row: row % 8)),
    "beings": ("Animal", each(lambda row: f"R{row % 5}")),
    "repeated measurements": ("unit", each(lambda row: row // 3 + 1)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "values"), GROUPS.values(), ids=list(GROUPS))
def test_rows_of_one_thing_stay_together(mlbuild: Command, name: str, values: list[Any]) -> None:
    made = drafted(mlbuild, {name: values})
    assert made.kind == "hash" and made.split.key == (name,)  # type: ignore[attr-defined] # a hash has a key
    assert made.why.startswith(f"by group: rows with the same '{name}' stay in one part")
    assert name not in made.model.features


def test_the_coarser_of_two_keys_keeps_rows_together(mlbuild: Command) -> None:
    made = drafted(mlbuild, {"pupil_id": [row // 2 for row in range(200)], "school_id": [row // 8 for row in range(200)]}, rows=200)  # fmt: skip
    assert made.split.key == ("school_id",)  # type: ignore[attr-defined] # a hash has a key


def test_a_few_measurements_of_each_thing_are_split_by_thing(mlbuild: Command) -> None:
    columns = {"nr": each(lambda row: row // 4 + 13), "year": each(lambda row: 1980 + row % 4)}
    made = drafted(mlbuild, columns)
    assert made.kind == "hash"
    assert made.notes == ["not split by time 'year': each group has only a few times"]


def test_long_series_of_a_few_things_are_split_by_time_with_a_remark(mlbuild: Command) -> None:
    columns: dict[str, list[Any]] = {
        "state": [f"s{row // 20}" for row in range(200)],
        "year": [1980 + row % 20 for row in range(200)],
    }
    made = drafted(mlbuild, columns, rows=200)
    assert made.kind == "column" and "year >= " in made.text
    assert made.notes[0].startswith("rows with the same 'state' are in several parts")
    assert "state" in made.model.features


@pytest.mark.parametrize(
    "name", ["count", "income", "humid", "paid", "valid", "grid", "nr_rooms", "number_of_children", "Number"]
)
def test_numbers_that_repeat_are_no_groups(mlbuild: Command, name: str) -> None:
    made = drafted(mlbuild, {name: each(lambda row: row * 7 % 25)})
    assert made.kind == "stratified" and name in made.model.features


@pytest.mark.parametrize("name", ["zip", "industry_code", "category_id", "party id"])
def test_codes_are_categories(mlbuild: Command, name: str) -> None:
    made = drafted(mlbuild, {name: each(lambda row: [10115, 80331, 20095, 50667][row % 4])})
    assert "    - op: category" in made.text and f"        - {name}\n" in made.text


@pytest.mark.parametrize(
    "values", [each(lambda row: row * 7.0 + 3), [*each(lambda row: row // 2 * 7.0)[:-1], None]]
)
def test_ids_with_a_point_are_no_numbers(mlbuild: Command, values: list[Any]) -> None:
    assert "docno" not in drafted(mlbuild, {"docno": values}).model.features


def test_a_number_within_each_thing_is_no_key(mlbuild: Command) -> None:
    columns: dict[str, list[Any]] = {
        "family": [f"{row // 10:03}" for row in range(300)],
        "childNum": [row % 10 + 1 for row in range(300)],
    }
    made = drafted(mlbuild, columns, rows=300)
    assert made.split.key == ("family",)  # type: ignore[attr-defined] # a hash has a key
    assert "childNum" in made.model.features


def test_codes_with_a_point_and_a_few_years_each_are_groups(mlbuild: Command) -> None:
    columns = {"year": each(lambda row: 1987 + row % 3), "fcode": each(lambda row: 410032.0 + row // 3 * 7)}
    assert drafted(mlbuild, columns).split.key == ("fcode",)  # type: ignore[attr-defined] # a hash has a key


def test_things_that_are_all_known_are_split_by_time(mlbuild: Command) -> None:
    columns: dict[str, list[Any]] = {
        "State": each(lambda row: f"s{row // 6}"),
        "year": each(lambda row: 2010 + row % 6),
    }
    made = drafted(mlbuild, columns)
    assert made.kind == "column" and made.notes[0].startswith(
        "rows with the same 'State' are in several parts"
    )
    assert made.model.features == ("State", "year", "size")


def test_the_year_of_the_time_lets_numbers_follow_a_trend(mlbuild: Command) -> None:
    days = each(lambda row: f"{2000 + row // 12}-{row % 12 + 1:02}-01")
    made = drafted(mlbuild, {"day": days}, y=each(lambda row: row + row % 7 / 10))
    assert "parts: [year, month]" in made.text


def test_a_counter_of_time_stays_a_feature(mlbuild: Command) -> None:
    assert "time" in drafted(mlbuild, {"time": each(lambda row: row + 1)}).model.features


def test_a_column_that_says_where_rows_belong_is_the_split(mlbuild: Command) -> None:
    made = drafted(mlbuild, {"split": each(lambda row: "test" if row % 5 == 0 else "train")})
    assert "      type: column\n      column: split\n      test: [test]\n" in made.text
    assert made.why.startswith("by column 'split', which assigns each row to a part")
    assert "split" not in made.model.features


def test_rare_classes_leave_the_test_rows_in_place(mlbuild: Command) -> None:
    made = drafted(mlbuild, {}, y=["a", "b"] * 28 + ["c", "d", "e", "f"])
    assert made.kind == "stratified"
    assert made.why == "at random, with the same share of each class in all parts (48 train, 12 test)"


def test_without_test_rows_there_is_a_note(mlbuild: Command) -> None:
    made = drafted(mlbuild, {}, y=[f"c{row}" if row < 58 else "a" for row in range(ROWS)])
    assert made.notes == ["there are no test rows, so nothing measures how good the model is"]


def test_json_has_the_split_and_the_notes(mlbuild: Command) -> None:
    drafted(mlbuild, {"year": each(lambda row: 1999 + row % 2 * 9)})
    (mlbuild.folder / "mlbuild.yaml").unlink()
    told = json.loads(mlbuild("init", "rows.csv", "--target", "y", "--json").out)
    assert told["split"] == "at random, with the same share of each class in all parts"
    assert told["notes"] == ["not split by time 'year': it has only 2 different values"]


def test_valid_rows_are_for_early_stopping(mlbuild: Command) -> None:
    large = drafted(mlbuild, {}, rows=600).text
    (mlbuild.folder / "mlbuild.yaml").unlink()
    small = drafted(mlbuild, {}, rows=100).text
    assert "valid: 0.15\n      test: 0.15" in large and "early_stopping:" in large
    assert "valid:" not in small and "early_stopping" not in small
