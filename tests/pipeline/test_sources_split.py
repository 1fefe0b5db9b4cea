"""A split by source: the valid and the test rows come from files of their own, and go through the same steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlbuild import api
from mlbuild.engine.decide.records import find_action, find_record
from mlbuild.engine.store.store import open_store
from tests.projects import built
from tests.spec.written import told

SPEC = """\
mlbuild: 1
project: shops
sources:
  old: {path: old.csv, contract: sale}
  later: {path: later.csv, contract: sale}
  latest: {path: latest.csv, contract: sale}
  shops: {path: shops.csv, contract: shop}
contracts:
  sale: {unique: [id], columns: {id: int, shop: string, n: int, y: float}}
  shop: {unique: [shop], columns: {shop: string, size: float}}
datasets:
  all:
    from: old
    steps:
      - {op: filter, where: n >= 0}
      - {op: join, with: shops, using: shop, how: left}
      - {op: derive, columns: {twice: n * 2}}
      - {op: select, columns: {except: n}}
    split: {type: sources, valid: later, test: latest}
models:
  one: {type: sklearn.linear_regression, dataset: all, features: [twice, size], target: y, preprocessing: [{op: impute, columns: size, strategy: mean}]}
outputs: {one: {model: one}}
"""


def write(folder: Path, text: str = SPEC) -> Path:
    for number, (name, rows) in enumerate((("old", 40), ("later", 10), ("latest", 20))):
        sales = [f"{number * 100 + row},s{row % 5},{row},{row * 2 + number}.5" for row in range(rows)]
        (folder / f"{name}.csv").write_text(
            "\n".join(["id,shop,n,y", *sales, f"{number * 100 + 99},s0,-1,0", ""])
        )
    (folder / "shops.csv").write_text("shop,size\n" + "".join(f"s{row},{row}\n" for row in range(4)))
    (folder / "mlbuild.yaml").write_text(text)
    return folder / "mlbuild.yaml"


def result(folder: Path, task: str, part: str) -> bytes:
    store = open_store(folder)
    record = find_record(store.local, task)
    action = find_action(store.actions, record.key) if record else None
    content = store.contents.get(action.digests[part]) if action else None
    assert content is not None
    return content


def test_each_part_has_the_rows_of_its_source(tmp_path: Path) -> None:
    assert built(write(tmp_path)).failures == {}
    report = json.loads(result(tmp_path, "dataset:all", "report.json"))
    assert report["rows"] == {"train": 40, "valid": 10, "test": 20}
    assert report["steps"][0] == {"op": "filter", "rows_before": 73, "rows_after": 70}
    metrics = json.loads((tmp_path / "dist/one/metrics.json").read_text())["metrics"]
    assert {split: values["rows"] for split, values in metrics.items()} == report["rows"]
    parity = json.loads((tmp_path / "dist/one/parity.json").read_text())
    assert parity["rows"]["real"] == 70
    contract = json.loads((tmp_path / "dist/one/contract.json").read_text())
    assert [one["name"] for one in contract["inputs"]] == ["n", "size"], "where a row comes from is no input"


def test_a_renamed_source_reruns_nothing_and_a_changed_one_what_reads_its_part(tmp_path: Path) -> None:
    file = write(tmp_path)
    built(file)
    file.write_text(SPEC.replace("latest", "newest").replace("newest.csv", "latest.csv"))
    assert built(file).ran == ()
    text = (tmp_path / "latest.csv").read_text()
    (tmp_path / "latest.csv").write_text(text.replace(",0.5\n", ",7.5\n").replace(",2.5\n", ",7.5\n"))
    ran = {*built(file).ran}
    assert "evaluate:one" in ran and "dataset:all" in ran
    assert not {"fit:one", "train:one", "artifact:one"} & ran


def test_another_dataset_joins_the_rows_of_all_sources(tmp_path: Path) -> None:
    other = "  sold: {from: shops, steps: [{op: join, with: all, using: shop, how: semi}]}\n"
    text = SPEC.replace("models:\n", other + "models:\n") + "warnings: {unused: ignore}\n"
    assert built(write(tmp_path, text), "dataset:sold").failures == {}
    assert json.loads(result(tmp_path, "dataset:all@rows", "report.json"))["rows"] == {"all": 70}
    assert json.loads(result(tmp_path, "dataset:sold", "report.json"))["rows"] == {"all": 4}


def test_a_violated_contract_of_the_test_rows_ends_the_build_before_training(tmp_path: Path) -> None:
    file = write(tmp_path)
    (tmp_path / "latest.csv").write_text("id,shop,n,y\n1,a,2,3\n1,a,2,3\n")
    ran = api.build(api.load(file), threads=1)
    assert list(ran.failures) == ["contract:latest"]
    assert "dataset:all" not in ran.ran


MISTAKES: dict[str, tuple[tuple[str, str], list[str]]] = {
    "neither": ((", valid: later, test: latest", ""), ["19:12 missing-key a sources split needs 'valid' or 'test'"]),
    "both the same": (("valid: later", "valid: latest"), ["19:49 contradiction the rows of 'latest' cannot be both validation and test rows"]),
    "that of the training rows": (("test: latest", "test: old"), ["19:48 contradiction the rows of 'old' are for training"]),
    "no such source": (("test: latest", "test: latst"), ["19:48 unknown-table unknown source or dataset 'latst' | did you mean 'latest'?"]),
    "a dataset": (
        ("test: latest}\n", "test: other}\n  other: {from: old}\n"),
        ["19:48 unknown-table 'other' is a dataset, but a sources split needs sources | name a source"],
    ),
    "a dataset to start from": (
        ("  all:\n    from: old\n", "  other: {from: old}\n  all:\n    from: other\n"),
        ["14:11 unknown-table 'other' is a dataset, but a sources split needs sources | name a source"],
    ),
    "an aggregate": (
        ("      - {op: select, columns: {except: n}}\n", "      - {op: aggregate, by: shop, columns: {twice: SUM(twice), size: MIN(size), y: MAX(y)}}\n"),
        ["18:14 contradiction a sources split has no effect after 'aggregate', whose rows can come from several sources | aggregate each source in a dataset, or split by a column"],
    ),
    "another contract": (
        ("latest: {path: latest.csv, contract: sale}", "latest: {path: latest.csv, contract: shop}"),
        ["19:48 type-mismatch 'latest' must have the contract of 'old', which is 'sale'"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), MISTAKES.values(), ids=list(MISTAKES))
def test_what_is_wrong_is_told(tmp_path: Path, change: tuple[str, str], said: list[str]) -> None:
    assert change[0] in SPEC
    file = write(tmp_path, SPEC.replace(*change))
    spec, found = api.check(file)
    assert spec is None
    assert told([one for one in found if one.severity == "error"]) == said


def test_nothing_unique_in_each_source_counts_as_unique_in_all(tmp_path: Path) -> None:
    text = SPEC.replace("how: left}", "how: left, cardinality: one_to_one}").replace(
        "using: shop", "using: shop"
    )
    found: Any = api.check(write(tmp_path, text.replace("unique: [id]", "unique: [shop]")))[1]
    assert [one.code for one in found] == ["not-unique"]
