"""`contract infer` writes a contract from data, and `contract diff` compares the contracts of two specs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlbuild import api
from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: shop
sources: {orders: {path: orders.csv, null_values: [NA], contract: order}}
contracts:
  order:
    columns:
      id: {dtype: int, min: 0}
      paid: {dtype: float, nullable: true, description: "In EUR.", serving: false}
      state: string
"""
ROWS = "id,paid,state,note\n" + "".join(
    f"{i},{'NA' if i == 3 else i * 2.5 - 5},{'new done'.split()[i % 2]},n{i}\n" for i in range(20)
)


@pytest.fixture
def shop(mlbuild: Command) -> Command:
    (mlbuild.folder / "mlbuild.yaml").write_text(SPEC)
    (mlbuild.folder / "orders.csv").write_text(ROWS)
    return mlbuild


def test_a_contract_is_inferred_from_a_file(shop: Command) -> None:
    ran = shop("contract", "infer", "orders.csv", "--name", "found")
    assert (ran.code, ran.out) == (
        0,
        "contracts:  # rules for every row; a violation fails the build\n"
        "  found:\n"
        "    columns:\n"
        "      id:\n"
        "        dtype: int\n"
        "        unique: true\n"
        "      paid:\n"
        "        dtype: float\n"
        "        nullable: true\n"
        "      state:\n"
        "        dtype: string\n"
        "        categories: [done, new]\n"
        "      note:\n"
        "        dtype: string\n"
        "        unique: true\n",
    )
    assert ran.err == "reading 'orders.csv' with null_values [NA]\n"
    told = json.loads(shop("contract", "infer", "orders.csv", "--json").out)
    assert (told["name"], told["columns"], told["left_out"]) == (
        "orders",
        ["id", "paid", "state", "note"],
        {},
    )
    assert told["yaml"].startswith("contracts:")


def test_a_contract_is_inferred_from_a_source(shop: Command) -> None:
    """Its columns keep what rows cannot tell."""
    ran = shop("-q", "contract", "infer", "orders")
    assert ran.code == 0
    assert ran.out == (
        "contracts:  # rules for every row; a violation fails the build\n"
        "  order:\n"
        "    columns:\n"
        "      id:\n"
        "        dtype: int\n"
        "        unique: true\n"
        "      paid:\n"
        "        dtype: float\n"
        "        serving: false\n"
        "        description: In EUR.\n"
        "        nullable: true\n"
        "      state:\n"
        "        dtype: string\n"
        "        categories: [done, new]\n"
    )


def test_rows_satisfy_what_was_inferred_from_them(shop: Command) -> None:
    head, _, _ = SPEC.partition("contracts:")
    for table in ("orders", "orders.csv"):
        contract = shop("-q", "contract", "infer", table, "--name", "order").out
        (shop.folder / "again.mlbuild.yaml").write_text(head + contract)
        spec = api.load(shop.folder / "again.mlbuild.yaml")
        assert api.build(spec, ["contract:orders"]).ok


WRONG = {
    "no such table": (
        ["infer", "order"],
        "there is no source or file 'order'\n  help: did you mean 'orders'?",
    ),
    "two tables": (
        ["infer", "orders", "x"],
        "'contract infer' reads one table\n  help: compare two specs with 'contract diff'",
    ),
    "a bad name": (
        ["infer", "orders.csv", "--name", "a b"],
        "'a b' cannot be the name of a contract\n  help: use letters, digits, _ and -",
    ),
    "no such spec": (
        ["diff", "HEAD~1"],
        "there is no spec 'HEAD~1'\n  help: name a file, a git revision of this spec (HEAD~1), or a file in a revision (main:mlbuild.yaml)",
    ),
    "no such contract": (
        ["diff", "mlbuild.yaml", "--name", "ordr"],
        "there is no contract 'ordr'\n  help: did you mean 'order'?",
    ),
    "errors in a contract": (
        ["diff", "wrong.yaml"],
        "wrong.yaml:3:31: unknown key 'mim' in column 'x'\n  help: did you mean 'min'?",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_done_is_said(shop: Command, case: str) -> None:
    (shop.folder / "wrong.yaml").write_text(
        "mlbuild: 1\nproject: p\ncontracts: {a: {columns: {x: {mim: 1, dtype: int}}}}\n"
    )
    words, message = WRONG[case]
    ran = shop("-q", "contract", *words)
    assert (ran.code, ran.out, ran.err) == (2, "", f"mlbuild: {message}\n")


def test_violations_while_a_source_is_read_end_the_command(shop: Command) -> None:
    (shop.folder / "orders.csv").unlink()
    assert shop("contract", "infer", "orders").code == 2


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, timeout=60)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-m", message)


def test_two_files_are_compared(shop: Command) -> None:
    (shop.folder / "old.yaml").write_text(SPEC)
    assert shop("contract", "diff", "old.yaml").out == "no changes\n"
    changed = SPEC.replace("id: {dtype: int, min: 0}", "id: {dtype: int, min: 1, unique: true}")
    (shop.folder / "mlbuild.yaml").write_text(changed)
    ran = shop("contract", "diff", "old.yaml")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "compatible  order.id: min 0 -> min 1\ncompatible  order.id: added unique\ncompatible: 2 changes\n"
    )
    # In the other direction, rows that the new contract allows were impossible before.
    ran = shop("contract", "diff", "mlbuild.yaml", "old.yaml")
    assert ran.code == 3
    assert ran.out == (
        "breaking    order.id: min 1 -> min 0\nbreaking    order.id: removed unique\nbreaking: 2 of 2 changes\n"
    )
    told = json.loads(shop("contract", "diff", "mlbuild.yaml", "old.yaml", "--json").out)
    assert (told["exit_code"], told["compatible"], told["old"], told["new"]) == (
        3,
        False,
        "mlbuild.yaml",
        "old.yaml",
    )
    assert told["changes"][0] == {
        "contract": "order",
        "column": "id",
        "what": "min",
        "old": "min 1",
        "new": "min 0",
        "compatible": False,
    }


def test_revisions_are_compared(shop: Command) -> None:
    """Contracts can be in included files, and data files need not exist in a revision."""
    folder = shop.folder / "project"
    folder.mkdir()
    head, _, contracts = SPEC.partition("contracts:")
    (folder / "mlbuild.yaml").write_text(head + "include: [more/contracts.yaml]\n")
    (folder / "more").mkdir()
    (folder / "more/contracts.yaml").write_text("contracts:" + contracts)
    git(shop.folder, "init", "-b", "main")
    commit(shop.folder, "first")
    (folder / "more/contracts.yaml").write_text("contracts:" + contracts.replace("min: 0", "min: -1"))
    commit(shop.folder, "second")
    line = "breaking    order.id: min 0 -> min -1\nbreaking: 1 of 1 change\n"
    before = {*shop.folder.rglob("*")}
    for words in (
        ["HEAD~1"],
        ["HEAD~1", "HEAD"],
        ["main~1:mlbuild.yaml"],
        ["main~1:project/mlbuild.yaml", "main"],
        ["HEAD~1", "mlbuild.yaml"],
    ):
        ran = shop("-C", "project", "contract", "diff", *words)
        assert (ran.code, ran.out, ran.err) == (3, line, ""), words
    assert shop("-C", "project", "contract", "diff", "HEAD").out == "no changes\n"
    for words in (["HEAD~2"], ["nowhere"], ["HEAD:nowhere.yaml"], ["--", "-x"]):
        ran = shop("-C", "project", "contract", "diff", *words)
        assert ran.code == 2 and "there is no spec" in ran.err, words
    assert {*shop.folder.rglob("*")} == before
