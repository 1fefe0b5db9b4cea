"""Datasets of many steps, from the rows to the verified artifact: what the steps make, and what a client sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mlbuild import api
from mlbuild.diagnostics import FOUND_IN_BUILDS
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from tests.projects import built

SPEC = """\
mlbuild: 1
project: shop
sources:
  orders: {path: orders.csv, contract: order}
  old: {path: old.csv, contract: order}
  customers: {path: customers.csv, contract: customer}
contracts:
  order:
    columns: {id: int, customer: int, at: datetime, amount: float, late: {dtype: bool, serving: false}}
  customer:
    columns: {id: int, seen: date, size: {dtype: float, nullable: true}}
datasets:
  known:
    from: customers
    steps:
      - {op: deduplicate, by: id, order: seen, keep: last}
  all:
    from: orders
    steps:
STEPS
    split: {type: hash, key: customer, valid: 0.2, test: 0.2}
models:
  m: {type: lightgbm.classifier, dataset: all, features: [FEATURES], target: late, params: {num_iterations: 5}}
outputs:
  o: {model: m, verify: {rows: all}}
"""


def project(folder: Path, features: str, *steps: str, backwards: bool = False) -> Path:
    """Write a project with 400 orders of 40 customers, half of which are in another file."""
    orders = [
        f"{i},{i * 37 % 40},2020-0{i % 6 + 1}-{i % 28 + 1:02}T{i % 3:02}:00:00,{i * 53 % 97 / 8},{'true' if i % 3 else 'false'}"
        for i in range(400)
    ]
    head = "id,customer,at,amount,late"
    for name, lines in (("orders", orders[:200]), ("old", orders[200:])):
        (folder / f"{name}.csv").write_text("\n".join([head, *(lines[::-1] if backwards else lines), ""]))
    customers = [f"{i % 35},2020-01-{i % 9 + 1:02},{i % 7 if i % 5 else ''}" for i in range(50)]
    (folder / "customers.csv").write_text("\n".join(["id,seen,size", *customers, ""]))
    file = folder / "mlbuild.yaml"
    text = "\n".join(f"      - {{{step}}}" for step in steps)
    file.write_text(SPEC.replace("STEPS", text).replace("FEATURES", features))
    return file


def report(folder: Path, result: BuildResult, dataset: str = "all") -> list[tuple[str, int, int]]:
    """Return the op of each step, and the number of rows before and after it."""
    content = DiskStore.at(folder).contents.get(result.actions[f"dataset:{dataset}"].digests["report.json"])
    steps: list[dict[str, Any]] = json.loads(content or b"")["steps"]
    return [(step["op"], step["rows_before"], step["rows_after"]) for step in steps]


def inputs(folder: Path) -> list[str]:
    contract = json.loads((folder / "dist/o/contract.json").read_text())
    return [one["name"] for one in contract["inputs"]]


def test_rows_of_several_tables_are_sampled_and_joined_and_counted(tmp_path: Path) -> None:
    steps = [
        "op: concat, with: [old]",
        "op: derive, columns: {big: amount > 6}",
        "op: sample, fraction: 0.5, key: customer",
        "op: sort, by: [at, id], descending: at",
        "op: join, with: known, on: {customer: id}, how: left",
        "op: join, with: customers, on: {customer: id}, how: semi",
    ]
    result = built(project(tmp_path, "amount, big, size", *steps))
    assert inputs(tmp_path) == ["amount", "size"]
    counts = report(tmp_path, result)
    kept = counts[2][2]
    assert 100 < kept < 300
    assert counts[:5] == [
        ("concat", 200, 400),
        ("derive", 400, 400),
        ("sample", 400, kept),
        ("sort", kept, kept),
        ("join", kept, kept),
    ]
    assert counts[5][2] < kept
    # `known` has no split and no task of its own: its rows are those that another dataset reads.
    assert report(tmp_path, result, "known") == [("deduplicate", 50, 35)]


def test_aggregates_are_joined_and_sent_by_the_client(tmp_path: Path) -> None:
    file = project(
        tmp_path,
        "amount, each, orders",
        "op: join, with: totals, using: customer",
        "op: derive, columns: {each: total / orders}",
    )
    totals = (
        "{from: old, steps: [{op: aggregate, by: customer, columns: {total: SUM(amount), orders: COUNT(*)}}]}"
    )
    file.write_text(file.read_text().replace("datasets:\n", f"datasets:\n  totals: {totals}\n"))
    result = built(file)
    assert inputs(tmp_path) == ["amount", "total", "orders"]
    assert report(tmp_path, result, "totals") == [("aggregate", 200, 40)]
    # The same rows in another order are the same totals.
    (tmp_path / "old.csv").write_text(
        "\n".join([*(lines := (tmp_path / "old.csv").read_text().splitlines())[:1], *lines[:0:-1], ""])
    )
    again = built(file)
    assert {name for name in again.ran if name.startswith(("dataset:", "fit:", "train:"))} == {
        "dataset:totals"
    }


def test_the_latest_earlier_row_of_another_table_is_joined(tmp_path: Path) -> None:
    steps = [
        "op: asof_join, with: visits, by: customer, time: at, their_time: seen, tolerance: 90d",
        "op: derive, columns: {both: size + amount}",
    ]
    file = project(tmp_path, "both, size", *steps)
    visits = "{from: known, steps: [{op: rename, columns: {id: customer}}]}"
    file.write_text(file.read_text().replace("  all:\n", f"  visits: {visits}\n  all:\n"))
    built(file)
    assert inputs(tmp_path) == ["size", "amount"]


def test_windows_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    steps = [
        "op: window, by: customer, time: at, last: 60d, columns: {spend: SUM(amount), orders: COUNT(*), before: LAG(amount)}",
        "op: window, by: customer, time: at, known_after: 1d, columns: {late_before: AVG(CAST(late AS BIGINT))}",
        "op: derive, columns: {each: spend / orders}",
        "op: sort, by: id",
    ]
    result = built(project(tmp_path, "amount, each, before, late_before", *steps))
    assert inputs(tmp_path) == ["amount", "spend", "orders", "before", "late_before"]
    assert report(tmp_path, result)[0] == ("window", 200, 200)
    parts = result.actions["dataset:all"].digests
    again = built(project(tmp_path, "amount, each, before, late_before", *steps, backwards=True))
    assert again.actions["dataset:all"].digests == parts


def test_mistakes_in_steps_are_each_one_error(tmp_path: Path) -> None:
    steps = [
        "op: join, with: known",
        "op: concat, with: [old, known]",
        "op: sort, by: [att]",
        "op: sample, fraction: 0.5, key: [id, custmer]",
    ]
    spec, problems = api.check(project(tmp_path, "amount", *steps[1:]))
    assert spec is None
    assert [problem.message for problem in problems] == [
        "'known' has no columns 'customer', 'at', 'amount', 'late', which the table before this step has",
        "'known' has the columns 'seen', 'size', which the table before this step does not have",
        "unknown column 'att'",
        "unknown column 'custmer'",
    ]
    spec, problems = api.check(project(tmp_path, "amount", steps[0]))
    assert [(problem.message, problem.span.line) for problem in problems] == [
        ("a join needs 'using' or 'on'", 20)
    ]


def test_an_as_of_join_without_matches_is_a_warning(tmp_path: Path) -> None:
    step = "op: asof_join, with: visits, by: customer, time: at, their_time: seen, tolerance: 1s"
    file = project(tmp_path, "size", step)
    visits = "{from: known, steps: [{op: rename, columns: {id: customer}}]}"
    file.write_text(file.read_text().replace("  all:\n", f"  visits: {visits}\n  all:\n"))
    result = built(file)
    content = DiskStore.at(tmp_path).contents.get(result.actions["dataset:all"].digests["report.json"])
    (finding,) = json.loads(content or b"")["findings"]
    assert finding["code"] in FOUND_IN_BUILDS
    assert finding["message"] == "the join finds no match for 200 of 200 rows and adds no values to them"
