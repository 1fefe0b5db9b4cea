"""`rows` prints or writes the rows of sources and datasets."""

from __future__ import annotations

import json
import os

import polars as pl
import pytest

from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: shop
warnings: {unused: ignore}
sources: {orders: {path: orders.csv, contract: order}}
contracts: {order: {columns: {id: int, paid: {dtype: float, nullable: true}, state: string}}}
datasets:
  large: {from: orders, steps: [{op: filter, where: id >= 5}, {op: derive, columns: {twice: id * 2}}]}
  parts: {from: large, split: {type: column, column: state, valid: [new], test: [done]}}
"""


@pytest.fixture
def shop(mlbuild: Command) -> Command:
    (mlbuild.folder / "mlbuild.yaml").write_text(SPEC)
    rows = "".join(f"{i},{i / 2 if i % 4 else ''},{['new', 'done', 'old'][i % 3]}\n" for i in range(10))
    (mlbuild.folder / "orders.csv").write_text(f"id,paid,state\n{rows}")
    return mlbuild


#: What is printed for a table.
PRINTED = {
    "orders": "id,paid,state\n"
    + "".join(f"{i},{i / 2 if i % 4 else ''},{['new', 'done', 'old'][i % 3]}\n" for i in range(10)),
    "large": "id,paid,state,twice\n5,2.5,old,10\n6,3.0,new,12\n7,3.5,done,14\n8,,old,16\n9,4.5,new,18\n",
    "parts:train": "id,paid,state,twice\n5,2.5,old,10\n8,,old,16\n",
    "parts": "id,paid,state,twice\n5,2.5,old,10\n8,,old,16\n6,3.0,new,12\n9,4.5,new,18\n7,3.5,done,14\n",
}


@pytest.mark.parametrize("table", PRINTED)
def test_the_rows_of_a_table_are_printed(shop: Command, table: str) -> None:
    ran = shop("-q", "rows", table)
    assert (ran.code, ran.out, ran.err) == (0, PRINTED[table], "")
    ran = shop("-q", "rows", table, "-o", "out.parquet")
    assert (ran.code, ran.out) == (0, "")
    assert pl.read_parquet(shop.folder / "out.parquet").write_csv() == PRINTED[table]
    told = json.loads(shop("rows", table, "-o", "out.csv", "--json").out)
    assert (told["rows"], told["file"]) == (PRINTED[table].count("\n") - 1, "out.csv")
    assert told["violations"] == []
    assert (shop.folder / "out.csv").read_text() == PRINTED[table]


def test_a_changed_file_is_read_again(shop: Command) -> None:
    assert shop("-q", "rows", "orders").code == 0
    (shop.folder / "orders.csv").write_text("id,paid,state\n7,1,new\n")
    assert shop("-q", "rows", "orders").out == "id,paid,state\n7,1.0,new\n"


WRONG = {
    "no such table": (["order"], "there is no source or dataset 'order'\n  help: did you mean 'orders'?"),
    "no such part": (["parts:tests"], "'parts' has no part 'tests'\n  help: its parts: train, valid, test"),
    "no parts": (["orders:train"], "'orders' has no part 'train'\n  help: it is not split"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_printed_is_said(shop: Command, case: str) -> None:
    words, message = WRONG[case]
    ran = shop("-q", "rows", *words)
    assert (ran.code, ran.out, ran.err) == (2, "", f"mlbuild: {message}\n")


def test_a_violation_is_reported(shop: Command) -> None:
    (shop.folder / "orders.csv").write_text("id,paid,state\nseven,1,new\n")
    ran = shop("-q", "rows", "large")
    assert ran.code == 3 and "column 'id' violates 'parses as int' in 1 row: 'seven' (line 2)" in ran.err
    why = "the table violates its contract: 1 rule is violated"
    assert ran.err.endswith(f"mlbuild: 'large' cannot be built: {why}\n")
    assert not os.path.lexists(shop.folder / "dist")


#: What is lost of a file, its rows, and the notes.
LOST = {
    "a value": (
        "id,paid,state\n0x10,1,new\n2,?,new\n3,x,old\n",
        ",1.0,new\n2,,new\n3,,old\n",
        [
            "column 'id' violates 'parses as int' in 1 row: '0x10' (line 2)",
            "column 'paid' violates 'parses as float' in 2 rows: '?' (line 3), 'x' (line 4)",
        ],
    ),
    "a misspelled header": ("id,payd,state\n1,1,new\n", "1,,new\n", ["column 'paid' is missing"]),
    "a header twice": ("id,paid,paid,state\n1,1,2,new\n", "1,1.0,new\n", ["column 'paid' appears twice"]),
}


@pytest.mark.parametrize("case", LOST)
def test_what_could_not_be_read_of_a_source_is_said(shop: Command, case: str) -> None:
    content, rows, notes = LOST[case]
    (shop.folder / "orders.csv").write_text(content)
    for words in ([], ["-o", "out.csv"]):
        ran = shop("-q", "rows", "orders", *words)
        assert ran.code == 0
        instead = "only one of them is read" if "twice" in case else "these count as missing"
        assert ran.err == "".join(f"orders: {note}; {instead}\n" for note in notes)
        assert (ran.out or (shop.folder / "out.csv").read_text()) == f"id,paid,state\n{rows}"
    ran = shop("rows", "orders", "--json")
    found = [(one["columns"], one["rule"], one["count"]) for one in json.loads(ran.out)["violations"]]
    assert len(found) == len(notes)
    for note, (columns, rule, count) in zip(notes, found, strict=True):
        assert (
            columns[0] in note
            and rule.removeprefix("column ") in note
            and (not count or f"in {count} row" in note)
        )
    unquoted = shop("-q", "--no-samples", "rows", "orders").err
    assert "0x10" not in unquoted and unquoted.count("\n") == len(notes)


def test_what_could_not_be_read_of_a_private_column_is_only_counted(shop: Command) -> None:
    spec = shop.folder / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace("nullable: true", "private: true"))
    (shop.folder / "orders.csv").write_text("id,paid,state\n1,s3cret,new\n")
    note = "orders: column 'paid' violates 'parses as float' in 1 row: line 2; these count as missing\n"
    ran = shop("-q", "rows", "orders")
    assert (ran.code, ran.err) == (0, note)
    assert "s3cret" not in shop("rows", "orders", "--json").out


@pytest.mark.parametrize("name", ["MLBUILD_THREADS", "MLBUILD_JOBS"])
@pytest.mark.parametrize("words", ["rows large", "contract infer orders", "describe large"])
def test_tables_are_built_with_as_many_cores_as_a_build_uses(
    shop: Command, words: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    ran = shop(*words.split())
    assert ran.code == 2 and ran.err.splitlines()[-1].startswith(f"mlbuild: {name}: ")
