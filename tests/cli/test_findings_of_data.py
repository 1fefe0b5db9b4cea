"""A build warns about lost data: joins without matches, parts of a split without rows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mlbuild.engine.decide.records import find_action, find_record
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: shops
sources: {{sales: {{path: sales.csv, contract: sale}}, shops: {{path: shops.csv, contract: shop}}}}
contracts:
  sale: {{columns: {{shop: string, day: date, n: int, y: float}}}}
  shop: {{unique: [shop], columns: {{shop: string, size: float}}}}
datasets:
  all:
    from: sales
    steps:
      - {{op: filter, where: n >= 0}}
      - {{op: join, with: shops, using: shop, how: {how}}}
    split: {split}
models: {{one: {{type: lightgbm.regressor, dataset: all, features: [n, size], target: y, params: {{num_iterations: 2}}}}}}
outputs: {{one: {{model: one}}}}
{level}
"""
ROWS = 200


def shops(
    folder: Path, known: int, how: str = "inner", split: str = "{type: random, test: 0.2}", level: str = ""
) -> None:
    """Write a project with 100 shops with two sales each, of which the given number is `known`."""
    (folder / "mlbuild.yaml").write_text(SPEC.format(how=how, split=split, level=level))
    sales = [f"s{row // 2},2020-{row % 12 + 1:02}-01,{row},{row % 7}" for row in range(ROWS)]
    (folder / "sales.csv").write_text("\n".join(["shop,day,n,y", *sales, "s0,2020-01-01,-1,0", ""]))
    listed = [f"s{row},{row}" for row in range(known)]
    (folder / "shops.csv").write_text("\n".join(["shop,size", *(listed or ["zz,1"]), ""]))


def report(folder: Path) -> Any:
    store = open_store(folder)
    record = find_record(store.local, "dataset:all")
    assert record is not None
    action = find_action(store.actions, record.key)
    assert action is not None
    return json.loads(store.contents.get(action.digests["report.json"]) or b"")


@pytest.mark.parametrize(
    ("how", "known", "message"),
    [
        ("inner", 100, ""),
        ("inner", 90, ""),
        ("inner", 89, "the join finds no match for 22 of 200 rows and drops them"),
        ("left", 89, ""),
        ("left", 1, ""),
        ("left", 0, "the join finds no match for 200 of 200 rows and adds no values to them"),
    ],
)
def test_a_join_that_loses_rows_is_told_each_time(
    tmp_path: Path, mlbuild: Command, how: str, known: int, message: str
) -> None:
    shops(tmp_path, known, how)
    for _ in range(2):
        ran = mlbuild("build", "dataset:all", "-j", "1")
        assert ran.code == 0
        if not message:
            assert "warning" not in ran.err
            continue
        assert f"mlbuild.yaml:12:14: warning[unmatched-join]: {message}\n" in ran.err
        there = "'s0', 's1', 's2'" if known else "'zz'"
        alone = ", ".join(f"'s{known + more}'" for more in range(3))
        assert f"  without a match, shop: {alone}\n  in the other table, shop: {there}\n" in ran.err
    matched = 2 * known
    assert report(tmp_path)["steps"] == [
        {"op": "filter", "rows_before": 201, "rows_after": 200},
        {
            "op": "join",
            "rows_before": 200,
            "rows_after": matched if how == "inner" else 200,
            "matched": matched,
        },
    ]


def test_the_rows_of_each_step_are_printed_with_v(tmp_path: Path, mlbuild: Command) -> None:
    shops(tmp_path, 90)
    assert "->" not in mlbuild("build", "dataset:all", "-j", "1").err
    told = mlbuild("build", "dataset:all", "-j", "1", "-v").err
    assert (
        "dataset:all starts with 201 rows\n"
        "  filter                201 -> 200\n"
        "  join                  200 -> 180, 180 matched\n"
    ) in told


def test_values_that_are_private_are_not_quoted(tmp_path: Path, mlbuild: Command) -> None:
    shops(tmp_path, 50)
    told = mlbuild("build", "dataset:all", "-j", "1", "--no-samples").err
    assert "unmatched-join" in told and "without a match" not in told and "'s5" not in told


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ("{type: hash, key: shop, test: 1e-9}", "the split leaves no test rows: 200 train, 0 valid, 0 test"),
        (
            "{type: time, column: day, test_from: 2021-01-01}",
            "the split leaves no test rows: 200 train, 0 valid, 0 test",
        ),
        (
            "{type: random, valid: 1e-9, test: 0.5}",
            "the split leaves no validation rows: 100 train, 0 valid, 100 test",
        ),
        ("{type: random}", ""),
        ("{type: random, valid: 0, test: 0}", ""),
        ("{type: time, column: day, test_from: 2020-12-01}", ""),
    ],
)
def test_a_part_without_rows_is_told(tmp_path: Path, mlbuild: Command, split: str, message: str) -> None:
    shops(tmp_path, 100, split=split)
    for _ in range(2):
        ran = mlbuild("build", "dataset:all", "-j", "1")
        assert ran.code == 0
        assert (f"mlbuild.yaml:13:5: warning[empty-part]: {message}\n" in ran.err) == bool(message)
    rows = report(tmp_path)["rows"]
    assert sum(rows.values()) == 200 and [*rows] == ["train", "valid", "test"]


def test_a_spec_refuses_to_go_on(tmp_path: Path, mlbuild: Command) -> None:
    shops(tmp_path, 50, level="warnings: {unmatched-join: error}")
    for _ in range(2):
        ran = mlbuild("build", "-j", "1")
        assert ran.code == 3 and not (tmp_path / "dist").exists()
        assert "failed  dataset:all: the join finds no match for 100 of 200 rows and drops them" in ran.err
        assert "without a match, shop: 's50', 's51', 's52'" in ran.err
        assert "'s50'" not in mlbuild("build", "-j", "1", "--no-samples").err
    shops(tmp_path, 50, level="warnings: {unmatched-join: ignore}")
    ran = mlbuild("build", "-j", "1")
    assert ran.code == 0 and "warning[join" not in ran.err


def test_no_model_is_made_anew_because_a_join_loses_less(tmp_path: Path, mlbuild: Command) -> None:
    shops(tmp_path, 100)
    mlbuild("build", "-j", "1")
    shops(tmp_path, 100, level="warnings: {empty-part: error}")
    tasks = json.loads(mlbuild("build", "-j", "1", "--json").out)["tasks"]
    assert [task["task"] for task in tasks if task["outcome"] == "ran"] == ["dataset:all"]


def visits(
    folder: Path,
    split: str,
    key: str = "shop_id",
    rows: int = 120,
    equal: int = 0,
    parts: bool = False,
    folds: str = "",
) -> None:
    """Write a project of shops with three visits each, of which the last `equal` rows are the first ones again."""
    (folder / "mlbuild.yaml").write_text(
        "mlbuild: 1\nproject: visits\nsources: {visits: {path: visits.csv, contract: visit}}\n"
        f"contracts: {{visit: {{columns: {{{key}: int, day: date, x: float, y: float}}}}}}\n"
        f"datasets:\n  all:\n    from: visits\n    split: {split}\n"
        + (f"    folds: {folds}\n" if folds else "")
        + "models: {one: {type: sklearn.linear_regression, dataset: all, features: [x], target: y}}\n"
        "outputs: {one: {model: one}}\n"
    )
    made = [f"{row // 3},2020-{row % 12 + 1:02}-01,{row},{row % 7}" for row in range(rows)]
    again = made[:equal]
    if parts:  # the key says which rows are the first ones again
        made, again = (
            [f"{number},{row.partition(',')[2]}" for row in some] for number, some in enumerate((made, again))
        )
    (folder / "visits.csv").write_text("\n".join([f"{key},day,x,y", *made, *again, ""]))


OVERLAPS = {
    "keys": ({"split": "{type: random, test: 0.3}"}, ["28 of 40 values of 'shop_id' have rows in several parts of the split"]),
    "keys of strata": (
        {"split": "{type: stratified, column: shop_id, test: 0.4}"},
        ["40 of 40 values of 'shop_id' have rows in several parts of the split"],
    ),
    "a group in one part": ({"split": "{type: hash, key: shop_id, test: 0.3}"}, []),
    "another group": (
        {"split": "{type: hash, key: x, test: 0.3}"},
        ["27 of 40 values of 'shop_id' have rows in several parts of the split"],
    ),
    "the future": ({"split": "{type: time, column: day, test_from: 2020-11-01}"}, []),
    "no key by its name": ({"split": "{type: random, test: 0.3}", "key": "shop"}, []),
    "many rows of a key": ({"split": "{type: random, test: 0.3}", "rows": 57}, []),
    "equal rows": (
        {"split": "{type: random, test: 0.3}", "key": "shop", "equal": 60},
        ["33 of 54 test rows are equal to a train row in all columns"],
    ),
    "equal rows of two files": (
        {"split": "{type: column, column: part, test: 1}", "key": "part", "equal": 60, "parts": True},
        ["60 of 60 test rows are equal to a train row in all columns"],
    ),
    "equal rows of a key": ({"split": "{type: hash, key: shop, test: 0.3}", "key": "shop", "equal": 60}, []),
}  # fmt: skip


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ("{type: random, count: 3}", "37 of 40 values of 'shop_id' have rows in several folds"),
        ("{type: stratified, column: shop_id, count: 3}", "40 of 40 values of 'shop_id' have rows in several folds"),
        ("{type: hash, key: x, count: 3}", "36 of 40 values of 'shop_id' have rows in several folds"),
        ("{type: hash, key: shop_id, count: 3}", ""),
        ("{type: time, column: day, count: 3}", ""),
    ],
)  # fmt: skip
def test_a_key_in_several_folds_is_a_warning(
    tmp_path: Path, mlbuild: Command, folds: str, message: str
) -> None:
    visits(tmp_path, "{type: random}", folds=folds)
    for _ in range(2):
        told = mlbuild("build", "folds:all", "-j", "1")
        assert told.code == 0
        if message:
            assert f"mlbuild.yaml:9:5: warning[split-overlap]: {message}\n" in told.err
            assert re.search(r"\n  in several folds, shop_id: \d+, \d+, \d+\n", told.err)
        else:
            assert "warning" not in told.err
    spec = tmp_path / "mlbuild.yaml"
    spec.write_text(spec.read_text() + "warnings: {split-overlap: error}\n")
    assert mlbuild("build", "folds:all", "-j", "1").code == (3 if message else 0)


@pytest.mark.parametrize(("given", "messages"), OVERLAPS.values(), ids=list(OVERLAPS))
def test_what_is_in_two_parts_is_told(
    tmp_path: Path, mlbuild: Command, given: dict[str, Any], messages: list[str]
) -> None:
    visits(tmp_path, **given)
    for _ in range(2):
        told = mlbuild("build", "dataset:all", "-j", "1", "--json")
        assert told.code == 0
        found = [one["message"] for one in json.loads(told.out)["warnings"]]
        assert found == messages


UNIQUE = {
    "all different": ("unique: [shop], ", "int", "{type: random, test: 0.3}", False),
    "some missing": ("unique: [shop], ", "{dtype: int, nullable: true}", "{type: random, test: 0.3}", True),
    "only a warning": (
        "unique: [shop], severity: {unique: warn}, ",
        "int",
        "{type: random, test: 0.3}",
        True,
    ),
    "different in the part": ("unique: [shop, part], ", "int", "{type: column, column: part, test: 1}", True),
    "not said": ("", "int", "{type: random, test: 0.3}", True),
}


@pytest.mark.parametrize(("unique", "shop", "split", "compared"), UNIQUE.values(), ids=UNIQUE)
def test_rows_are_compared_unless_a_contract_says_that_they_differ(
    tmp_path: Path, mlbuild: Command, unique: str, shop: str, split: str, compared: bool
) -> None:
    (tmp_path / "mlbuild.yaml").write_text(
        "mlbuild: 1\nproject: shops\nsources: {shops: {path: shops.csv, contract: shop}}\n"
        f"contracts: {{shop: {{{unique}columns: {{shop: {shop}, part: int, x: int}}}}}}\n"
        f"datasets: {{all: {{from: shops, split: {split}}}}}\n"
    )
    shops = ["" if "nullable" in shop else row for row in range(100)]
    pairs = [(name, part) for part in (0, int("column" in split)) for name in shops]
    rows = [f"{name if compared else row},{part},1" for row, (name, part) in enumerate(pairs)]
    (tmp_path / "shops.csv").write_text("\n".join(["shop,part,x", *rows, ""]))
    told = json.loads(mlbuild("build", "dataset:all", "-j", "1", "--json").out)
    assert ("split-overlap" in {one["code"] for one in told["warnings"]}) == compared
    note = json.loads((tmp_path / ".mlbuild/tasks/dataset%3Aall.json").read_bytes())
    assert ("distinct" in note["body"]["ingredients"]["params"]) != compared
