"""What is reported about sources, contracts, datasets and splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.checking import changed, checked, diagnosed

DATASET = "  departures:\n    from: flights\n"
BEHIND = "preprocessing:\n  tabular"

CASES = {
    "a contract that is not there": (
        [("contract: plane}", "contract: plan}")],
        ["6:40 unknown-contract unknown contract 'plan' | did you mean 'plane'?"],
    ),
    "an empty text that is missing in any case": (
        [("{path: planes.csv, ", "{path: planes.csv, null_values: [NA, ''], ")],
        ["6:48 no-effect an empty string is always a missing value | remove it"],
    ),
    "an empty text that one column would keep": (
        [
            ("{path: planes.csv, ", "{path: planes.csv, null_values: [''], "),
            ("columns: {tailnum: string,", "columns: {tailnum: {dtype: string, empty_is_null: false},"),
        ],
        [],
    ),
    "an empty text beside a column of which nothing is known": (
        [
            ("{path: planes.csv, ", "{path: planes.csv, null_values: [''], "),
            ("columns: {tailnum: string,", "columns: {tailnum: blob,"),
        ],
        [
            "17:24 not-allowed 'tailnum' must be one of bool, int, float, string, date, datetime or a map, not 'blob'"
        ],
    ),
    "a contract unlike any": (
        [("contract: plane}", "contract: zzz}")],
        ["6:40 unknown-contract unknown contract 'zzz' | defined: flight, plane"],
    ),
    "a folder for a file": (
        [("{path: planes.csv, ", "{path: ., type: csv, ")],
        ["6:18 missing-file '.' is a folder, not a file"],
    ),
    "a file in a folder that is not there": (
        [("path: planes.csv", "path: data/planes.csv")],
        [
            "6:18 missing-file there is no file 'data/planes.csv' | paths are relative to the folder of the spec"
        ],
    ),
    "a path that leads nowhere": (
        [("path: planes.csv", 'path: "a\\0b.csv"'), ("path: flights.csv", f"path: {'f' * 300}.csv")],
        [
            f"5:19 missing-file there is no file '{'f' * 53}…{'f' * 22}.csv' | paths are relative to the folder of the spec",
            "6:18 missing-file there is no file 'a\\x00b.csv' | paths are relative to the folder of the spec",
        ],
    ),
    "a source that starts from nothing": (
        [("from: flights", "from: flight")],
        ["20:11 unknown-table unknown source or dataset 'flight' | did you mean 'flights'?"],
    ),
    "a join with nothing": (
        [("with: planes", "with: plane")],
        ["23:15 unknown-table unknown source or dataset 'plane' | did you mean 'planes'?"],
    ),
    "a join by an unknown column": (
        [("using: [tailnum]", "using: [tailnumber]")],
        ["24:17 unknown-column unknown column 'tailnumber' | did you mean 'tailnum'?"],
    ),
    "a dataset with the name of a source": (
        [("  departures:\n", "  planes: {from: flights}\n  departures:\n")],
        [
            "19:3 duplicate-name a source is already named 'planes'"
            " | rename one of them: sources and datasets share a namespace"
        ],
    ),
    "a cycle through a join": (
        [
            (DATASET, "  departures:\n    from: b\n"),
            (
                BEHIND,
                "  b: {from: c}\n  c: {from: flights, steps: [{op: join, with: departures, using: day}]}\n"
                + BEHIND,
            ),
        ],
        [
            "20:11 cycle datasets depend on each other in a cycle: departures -> b -> c -> departures"
            " | make one of them start from a source"
        ],
    ),
    "two cycles, and a dataset behind one": (
        [
            (DATASET, "  a: {from: b}\n  b: {from: a}\n  departures:\n    from: a\n"),
            (BEHIND, "  c: {from: d}\n  d: {from: c}\n" + BEHIND),
        ],
        [
            "19:13 cycle datasets depend on each other in a cycle: a -> b -> a | make one of them start from a source",
            "34:13 cycle datasets depend on each other in a cycle: c -> d -> c | make one of them start from a source",
        ],
    ),
    "a mistake in a dataset that another continues": (
        [("late: arr_delay > 15", "late: arr_dely > 15"), (BEHIND, "  more: {from: departures}\n" + BEHIND)],
        ["29:17 unknown-column unknown column 'arr_dely' | did you mean 'arr_delay'?"],
    ),
    "a derived column that is there already": (
        [("far: distance > 1000", "distance: 2 * distance")],
        [
            "30:11 duplicate-column there is already a column 'distance'"
            " | choose another name for the new column"
        ],
    ),
    "a split by an unknown column": (
        [("column: day", "column: dai")],
        ["31:33 unknown-column unknown column 'dai' | did you mean 'day'?"],
    ),
    "no split where a model needs one": (
        [("    split: {type: time, column: day, valid_from: 2013-10-01}\n", "")],
        [
            "19:3 missing-split dataset 'departures' needs a split, because a model is trained on it"
            " | add one, such as 'split: {type: random, valid: 0.2}'"
        ],
    ),
    "folds without a split": (
        [("    split: {type: time, column: day, valid_from: 2013-10-01}\n", "    folds: {type: random}\n")],
        [
            "19:3 missing-split dataset 'departures' needs a split, because 'folds' divides its training rows"
            " | add one, such as 'split: {type: random, valid: 0.2}'"
        ],
    ),
    "folds that do not suit, and a mistake behind them": (
        [
            ("    split:", "    folds: {type: stratified, column: distance}\n    split:"),
            ("    target: late\n", "    target: lat\n"),
        ],
        [
            "31:39 wrong-dtype stratified folds need a bool, int or string column, but 'distance' is of dtype float",
            "43:13 unknown-column unknown column 'lat' | did you mean 'late'?",
        ],
    ),
    "clusters of unknown columns": (
        [("    split:", "    cluster: [carrer, day]\n    split:")],
        ["31:15 unknown-column unknown column 'carrer' | did you mean 'carrier'?"],
    ),
    "clusters by a period of no time": (
        [("    split:", "    cluster: {column: distance, every: 1d}\n    split:")],
        ["31:23 wrong-dtype 'every' needs a date or datetime column, but 'distance' is of dtype float"],
    ),
    "clusters that contradict themselves": (
        [("    split:", "    cluster: {column: [carrier, day], every: 1d}\n    split:")],
        ["31:39 contradiction 'every' needs a single column"],
    ),
    "clusters by a period of no length, and a mistake behind them": (
        [
            ("    split:", "    cluster: {column: day, every: 0d}\n    split:"),
            ("    target: late\n", "    target: lat\n"),
        ],
        [
            "31:35 contradiction 'every' must be longer than 0",
            "43:13 unknown-column unknown column 'lat' | did you mean 'late'?",
        ],
    ),
    "folds that cannot be read, and a mistake behind them": (
        [
            ("    split:", "    folds: {type: time, column: day, count: 1, window: 3}\n    split:"),
            ("    target: late\n", "    target: lat\n"),
        ],
        [
            "31:45 out-of-range 'count' must be an integer >= 2 and <= 100, not 1",
            "31:56 wrong-type 'window' must be a duration such as 7d, with the unit s, min, h, d or w, not 3"
            " | put it in quotes: '3'",
            "43:13 unknown-column unknown column 'lat' | did you mean 'late'?",
        ],
    ),
    "folds that contradict themselves": (
        [("    split:", "    folds: {type: time, column: day, window: 0d}\n    split:")],
        ["31:46 contradiction 'window' leaves no rows to train on"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_of_tables(case: str, tmp_path: Path) -> None:
    changes, said = CASES[case]
    assert checked(tmp_path, changed(*changes)) == said


def test_a_file_misspelt_in_another_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("planes.csv", "plane.yaml"):
        (tmp_path / "data" / name).touch()
    assert checked(tmp_path, changed(("path: planes.csv", "path: data/plane.csv"))) == [
        "6:18 missing-file there is no file 'data/plane.csv' | did you mean 'data/planes.csv'?"
    ]
    assert checked(tmp_path, changed(("path: planes.csv", "path: data/plans.parquet"))) == [
        "6:18 missing-file there is no file 'data/plans.parquet' | paths are relative to the folder of the spec"
    ]


def test_a_cycle_names_each_of_its_links(tmp_path: Path) -> None:
    text = changed((DATASET, "  a: {from: b}\n  b: {from: a}\n  departures:\n    from: flights\n"))
    _, (cycle,) = diagnosed(tmp_path, text)
    assert [(one.message, one.span.line, one.span.column) for one in cycle.related] == [
        ("'b' reads 'a' here", 20, 13)
    ]


def test_datasets_can_be_defined_in_any_order(tmp_path: Path) -> None:
    text = changed((DATASET, "  departures:\n    from: all\n"), (BEHIND, "  all: {from: flights}\n" + BEHIND))
    assert checked(tmp_path, text) == []


def test_a_long_chain_of_datasets_is_followed(tmp_path: Path) -> None:
    chain = "".join(f"  d{index}: {{from: d{index + 1}}}\n" for index in range(1_500))
    text = changed((DATASET, f"{chain}  d1500: {{from: flights}}\n  departures:\n    from: d0\n"))
    assert checked(tmp_path, text) == []
