"""What judges a model trains nothing, and a changed column changes nothing about others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlbuild import api
from mlbuild.engine.execution.events import BuildResult
from mlbuild.engine.store.store import DiskStore
from tests.verdicts.loans import TESTS, edited, loans, rows

METRICS = "    metrics: [roc_auc, log_loss, accuracy]\n    params"
GATES = """\
    gates:
      - {gate: metric, metric: roc_auc, min: 0.8}
      - {gate: no_worse, metric: log_loss, margin: 0.5}
"""
#: What is changed, and the kinds of tasks that run.
CHANGES: dict[str, tuple[tuple[str, str], set[str]]] = {
    "a slice": ((METRICS, METRICS.replace("    params", "    slices: [city]\n    params")), {"evaluate"}),
    "a metric": ((METRICS, METRICS.replace("accuracy", "accuracy, recall")), {"evaluate", "compare"}),
    "a looser gate": (("roc_auc, min: 0.8", "roc_auc, min: 0.7"), set()),
    "another margin": (("margin: 0.5", "margin: 0.6"), set()),
    "one gate more": (
        ("      - {gate: metric,", "      - {gate: size, max: 1MB}\n      - {gate: metric,"),
        set(),
    ),
    "a gate on another metric": (("metric: log_loss, margin", "metric: accuracy, margin"), set()),
    "a test": (
        ("tests:\n", "tests:\n  more: {output: trees, test: invariant, columns: member, within: 0.5}\n"),
        {"try"},
    ),
    "a stricter test": (("within: 0.2", "within: 0.19"), {"try"}),
    "another name of a test": (("  rich:\n", "  wealthy:\n"), set()),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loans")
    output = f"  trees:\n    model: trees\n    baseline: {{type: model, model: line}}\n{GATES}"
    file = loans(folder, TESTS, None, ("  trees: {model: trees}\n", output))
    assert build(file).ok
    return file


def build(file: Path, *targets: str) -> BuildResult:
    return api.build(api.load(file), targets, threads=1)


@pytest.mark.parametrize("name", CHANGES)
def test_what_judges_a_model_trains_nothing(built: Path, name: str) -> None:
    change, kinds = CHANGES[name]
    before = built.read_text()
    try:
        edited(built, change)
        result = build(built)
    finally:
        built.write_text(before)
    assert result.ok
    verdicts = {"judge", "gate", "test", "report", "publish"}
    assert {task.partition(":")[0] for task in result.ran} - verdicts == kinds


def test_a_changed_column_changes_nothing_about_others(tmp_path: Path) -> None:
    found: list[Any] = []
    for table in (rows(), rows().with_columns(income=pl.col("income") / 2)):
        file = loans(tmp_path, "", table)
        result = build(file, "describe:rows")
        content = DiskStore.at(tmp_path).contents.get(
            result.actions["describe:rows"].digests["statistics.json"]
        )
        found.append(json.loads(content or b""))
    one, other = (next(iter(told["tables"].values()))["columns"] for told in found)
    assert {name for name in one if one[name] != other[name]} == {"income"}
