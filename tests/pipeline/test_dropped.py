"""Columns that steps drop and rename, from the rows to the artifact: its inputs are kept once, and verified."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlbuild import api
from mlbuild.bundle.session import Session
from mlbuild.engine.execution.events import BuildResult
from tests.pipeline.stored import stored
from tests.projects import built

SPEC = """\
mlbuild: 1
project: dropped
sources:
  rows: {path: rows.csv, contract: row}
  sizes: {path: sizes.csv, contract: size}
contracts:
  row:
    columns: {id: int, a: float, b: {dtype: float, nullable: true}, note: string, y: {dtype: int, serving: false}}
  size:
    unique: [key]
    columns: {key: int, a: float}
datasets:
  all:
    from: rows
    steps:
STEPS
    split: {type: hash, key: FIRST, valid: 0.2, test: 0.2}
models:
  m: {type: lightgbm.classifier, dataset: all, features: [FEATURES], target: target, params: {num_iterations: 5}}
outputs:
  o: {model: m, verify: {rows: all}}
"""


def project(folder: Path, features: str, *steps: str, first: str = "id") -> Path:
    rows = "".join(
        f"{i},{i * 37 % 101 / 7},{i * 53 % 97 if i % 9 else ''},n{i},{i % 2}\n" for i in range(200)
    )
    (folder / "rows.csv").write_text("id,a,b,note,y\n" + rows)
    (folder / "sizes.csv").write_text("key,a\n" + "".join(f"{i},{i % 13 / 2}\n" for i in range(0, 200, 3)))
    text = "\n".join(f"      - {{{step}}}" for step in ["op: derive, columns: {target: y = 1}", *steps])
    file = folder / "mlbuild.yaml"
    file.write_text(SPEC.replace("STEPS", text).replace("FEATURES", features).replace("FIRST", first))
    return file


def parts(result: BuildResult) -> set[str]:
    """Return the parts of the training rows."""
    return {
        part.removeprefix("train")
        for part in result.actions["dataset:all"].digests
        if part.startswith("train")
    }


def column(folder: Path, result: BuildResult, part: str) -> list[Any]:
    return stored(folder, result, "all", part).to_list()


def inputs(folder: Path) -> list[str]:
    contract = json.loads((folder / "dist/o/contract.json").read_text())
    return [one["name"] for one in contract["inputs"]]


def test_what_a_feature_needs_is_kept_when_it_is_dropped(tmp_path: Path) -> None:
    steps = ["op: derive, columns: {f: b * 2 + a}", "op: select, columns: {except: [b, note, y]}"]
    result = built(project(tmp_path, "f, a", *steps))
    assert parts(result) == {"/id", "/a", "/f", "/target", ".serve/b"}
    assert inputs(tmp_path) == ["b", "a"]
    parity = json.loads((tmp_path / "dist/o/parity.json").read_text())
    assert parity["rows"]["real"] == 200
    answers = Session((tmp_path / "dist/o/model.onnx").read_bytes()).run(
        {"a": np.array([[1.5]]), "b": np.array([[3.0]])}
    )
    assert set(answers) == {"label", "probabilities"}


def test_what_is_kept_is_filtered_and_split_as_the_rows_are(tmp_path: Path) -> None:
    steps = [
        "op: derive, columns: {f: b * 2}",
        "op: select, columns: {except: b}",
        "op: filter, where: f > 20",
    ]
    result = built(project(tmp_path, "f", *steps))
    kept = column(tmp_path, result, "train.serve/b")
    assert column(tmp_path, result, "train/f") == [2 * b for b in kept]
    assert kept and min(kept) > 10


def test_columns_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    steps = [
        "op: derive, columns: {f: a + 1}",
        "op: select, columns: {except: a}",
        "op: rename, columns: {id: key}",
        "op: join, with: sizes, using: key",
        "op: derive, columns: {g: a * 2}",
        "op: select, columns: {except: [a, y]}",
    ]
    file = project(tmp_path, "g", *steps, first="key")
    result = built(file)
    assert parts(result) == {"/key", "/b", "/note", "/target", "/f", "/g", ".serve/a", ".serve2/a"}
    assert column(tmp_path, result, "train/f") == [a + 1 for a in column(tmp_path, result, "train.serve/a")]
    assert inputs(tmp_path) == ["a"]
    file.write_text(file.read_text().replace("features: [g]", "features: [f]"))
    again = built(file)
    assert not any(task.startswith("dataset:") for task in again.ran)
    assert inputs(tmp_path) == ["a"]
    file.write_text(file.read_text().replace("features: [f]", "features: [f, g]"))
    spec, (problem,) = api.check(file)
    assert spec is None
    assert problem.message == "with these features, the artifact would have two inputs named 'a'"


def test_a_column_is_replaced_by_what_is_computed_of_it(tmp_path: Path) -> None:
    steps = [
        "op: derive, columns: {log_a: LN(a + 1)}",
        "op: select, columns: {except: a}",
        "op: rename, columns: {log_a: a}",
    ]
    result = built(project(tmp_path, "a", *steps))
    assert parts(result) >= {"/a", ".serve/a"}
    assert inputs(tmp_path) == ["a"]
    raw, seen = (column(tmp_path, result, part) for part in ("train.serve/a", "train/a"))
    assert seen == pytest.approx([np.log(a + 1) for a in raw])


def test_a_dataset_that_is_joined_and_learned_from_keeps_for_its_own_artifact_only(tmp_path: Path) -> None:
    file = project(tmp_path, "f", "op: derive, columns: {f: b * 2}", "op: select, columns: [id, f, target]")
    text = file.read_text().replace(
        "models:\n",
        "  other:\n    from: sizes\n    steps:\n      - {op: rename, columns: {key: id}}\n"
        "      - {op: join, with: all, using: id, prefix: its_}\n"
        "      - {op: filter, where: its_target IS NOT NULL}\n"
        "    split: {type: random, valid: 0.2}\n"
        "models:\n  n: {type: lightgbm.classifier, dataset: other, features: [its_f], target: its_target}\n",
    )
    file.write_text(
        text.replace("outputs:\n", "outputs:\n  p: {model: n}\n").replace(
            "  row:\n", "  row:\n    unique: [id]\n"
        )
    )
    result = built(file)
    assert set(result.actions["dataset:all@rows"].digests) == {"all/id", "all/f", "all/target", "report.json"}
    assert parts(result) == {"/id", "/f", "/target", ".serve/b"}
    contract = json.loads((tmp_path / "dist/p/contract.json").read_text())
    assert [one["name"] for one in contract["inputs"]] == ["its_f"]
