"""Columns whose values must occur in another source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import Command

SPEC = """\
mlbuild: 1
project: shop
sources:
  orders: {path: orders.csv, contract: order}
  customers: {path: customers.csv, contract: customer}
contracts:
  order:
    columns:
      number: int
      customer: {dtype: string, nullable: true, references: {source: customers, column: id}}
  customer:
    columns: {id: string, name: string}
"""
BUILD = ("build", "contract:orders", "-j", "1")


@pytest.fixture
def shop(mlbuild: Command) -> Command:
    write(mlbuild.folder, SPEC)
    (mlbuild.folder / "orders.csv").write_text("number,customer\n1,b\n2,\n3,a\n4,a\n")
    (mlbuild.folder / "customers.csv").write_text("id,name\na,Ann\nb,Bob\nb,Bea\nd,Dan\n")
    return mlbuild


def write(folder: Path, spec: str, *changes: tuple[str, str]) -> None:
    for before, after in changes:
        assert before in spec
        spec = spec.replace(before, after)
    (folder / "mlbuild.yaml").write_text(spec)


def test_every_value_must_occur_in_the_other_source(shop: Command) -> None:
    assert shop("check").code == 0
    assert shop(*BUILD).code == 0
    (shop.folder / "orders.csv").write_text("number,customer\n1,b\n2,\n3,c\n4,A\n")
    ran = shop(*BUILD)
    assert ran.code == 3
    assert (
        "  column 'customer' violates 'references customers.id' in 2 rows: 'c' (row 3), 'A' (row 4)\n"
        in ran.err
    )
    (failure,) = json.loads(shop(*BUILD, "--json").out)["failures"].values()
    (violation,) = failure["details"]["violations"]
    assert (violation["columns"], violation["count"], violation["share"]) == (["customer"], 2, 0.5)


def test_a_change_of_the_other_source_counts_if_it_is_in_that_column(shop: Command) -> None:
    def ran() -> set[str]:
        tasks = json.loads(shop(*BUILD, "--json").out)["tasks"]
        return {one["task"] for one in tasks if one["outcome"] == "ran"}

    assert ran() == {"source:orders", "source:customers", "contract:orders"}
    names = shop.folder / "customers.csv"
    names.write_text("id,name\na,Anna\nb,Bob\nb,Bea\nd,Dan\n")
    assert ran() == {"source:customers"}
    names.write_text("id,name\na,Anna\nb,Bob\nb,Bea\nd,Dan\ne,Eve\n")
    assert ran() == {"source:customers", "contract:orders"}
    names.write_text("id,name\na,Anna\n")
    done = shop(*BUILD)
    assert done.code == 3 and "'references customers.id' in 1 row: 'b' (row 1)" in done.err


def test_some_rows_may_refer_to_nothing(shop: Command) -> None:
    (shop.folder / "orders.csv").write_text("number,customer\n1,b\n2,\n3,c\n4,A\n")
    rule = "references: {source: customers, column: id}"
    write(shop.folder, SPEC, (rule, f"{rule}, max_share: {{references: 0.5}}"))
    assert shop(*BUILD).code == 0
    write(
        shop.folder, SPEC, (rule, f"{rule}, severity: {{references: warn}}, max_share: {{references: 0.4}}")
    )
    done = shop(*BUILD)
    assert (
        done.code == 0
        and "violates 'references customers.id' in 2 rows (50%, at most 40% allowed)" in done.err
    )


def test_a_column_can_refer_to_another_one_of_its_own_table(shop: Command) -> None:
    """Such as an employee's manager; and two sources can refer to each other."""
    own = "name: {dtype: string, references: {source: customers, column: id}}"
    write(
        shop.folder,
        SPEC,
        ("name: string", own),
        ("id: string", "id: {dtype: string, references: {source: orders, column: customer}}"),
    )
    done = shop("build", "contract:customers", "-j", "1")
    assert done.code == 3
    assert "column 'id' violates 'references orders.customer' in 1 row: 'd' (row 4)\n" in done.err
    assert "column 'name' violates 'references customers.id' in 4 rows: 'Ann' (row 1)" in done.err


REFUSED = {
    "an unknown source": (
        [("source: customers", "source: costumers")],
        "error[unknown-table]: unknown source 'costumers'",
        "did you mean 'customers'?",
    ),
    "a dataset": (
        [
            ("source: customers", "source: some"),
            ("contracts:\n", "datasets: {some: {from: customers}}\ncontracts:\n"),
        ],
        "error[unknown-table]: 'some' is a dataset, not a source",
        "choose one of the sources: orders, customers",
    ),
    "an unknown column": (
        [("column: id", "column: ids")],
        "error[unknown-column]: unknown column 'ids' in the contract of 'customers'",
        "did you mean 'id'?",
    ),
    "another dtype": (
        [("id: string", "id: int")],
        "error[type-mismatch]: column 'customer' is of dtype string, but 'id' of 'customers' is of dtype int",
        "note: it is defined here, at mlbuild.yaml:12:19",
    ),
    "itself": (
        [("source: customers, column: id", "source: orders, column: customer")],
        "error[no-effect]: the column refers to itself",
        "help: remove the rule",
    ),
    "a number with a point": (
        [("customer: {dtype: string", "customer: {dtype: float")],
        "error[no-effect]: 'references' has no effect on a column of dtype float",
        "help: it applies only to int, string, date, datetime",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_referred_to_is_an_error_of_check(shop: Command, case: str) -> None:
    changes, message, more = REFUSED[case]
    write(shop.folder, SPEC, *changes)
    done = shop("check")
    assert done.code == 2 and done.err.count("error[") == 1
    assert message in done.err and more in done.err


def test_a_source_that_is_only_referred_to_is_used(shop: Command) -> None:
    assert "nothing uses the source 'customers'" not in shop("check").err
    write(shop.folder, SPEC, (", references: {source: customers, column: id}", ""))
    assert "nothing uses the source 'customers'" in shop("check").err
