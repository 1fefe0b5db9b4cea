"""Gates are judged before an output is published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlbuild.cli import snapshot
from mlbuild.cli.exits import GATE, OK
from mlbuild.engine.decide import machine as measuring
from mlbuild.process import machine
from tests.cli.running import Command
from tests.verdicts.loans import edited, loans, rows

PLAIN = "  trees: {model: trees}\n"
GATES = """\
  trees:
    model: trees
    baseline: {type: model, model: line}
    gates:
      - {gate: metric, metric: roc_auc, min: 0.8}
      - {gate: better, metric: log_loss, by: 0.05}
      - {gate: no_worse, metric: log_loss, margin: 0.5}
      - {gate: churn, max: 0.3}
      - {gate: size, max: 1MB}
"""


#: The tasks that run if something else was found out about an output.
_VERDICT = ("judge:trees", "gate:trees", "report:trees", "publish:trees")


def ran(mlbuild: Command, *words: str) -> list[str]:
    """Build, and return the tasks that ran."""
    told = json.loads(mlbuild("build", "-j", "1", "--json", *words).out)
    return [one["task"] for one in told["tasks"] if one["outcome"] in ("ran", "failed")]


def test_gates_that_pass_are_told_and_published(tmp_path: Path, mlbuild: Command) -> None:
    loans(tmp_path, "", None, (PLAIN, GATES))
    for _ in range(2):
        done = mlbuild("build", "-j", "1")
        assert done.code == OK, done.err
        assert "  gates: 5 passed" in done.out.splitlines()
    told = json.loads((tmp_path / "dist/trees/gates.json").read_text())
    assert [one["verdict"] for one in told["gates"]] == ["pass"] * 5
    assert not (tmp_path / "dist/line/gates.json").exists()


def test_a_gate_that_fails_keeps_the_former_folder_and_is_remembered(
    tmp_path: Path, mlbuild: Command
) -> None:
    file = loans(tmp_path, "", None, (PLAIN, GATES))
    assert mlbuild("build", "-j", "1").code == OK
    before = (tmp_path / "dist/trees/model.onnx").read_bytes()
    edited(file, ("num_iterations: 20", "num_iterations: 2, learning_rate: 0.01"))
    failed = mlbuild("build", "-j", "1")
    assert failed.code == GATE
    assert "dist/trees/model.onnx: out of date, not changed" in failed.out
    assert "gate:trees: 3 of 5 gates failed" in failed.err, failed.err
    assert "FAIL  better log_loss than constant by 0.05: better by 0." in failed.err
    assert (tmp_path / "dist/trees/model.onnx").read_bytes() == before
    again = mlbuild("build", "-j", "1")
    assert again.code == GATE and "nothing has changed since" in again.err
    edited(file, ("by: 0.05", "by: 0.0001"), ("max: 0.3", "max: 0.9"), ("margin: 0.5", "margin: 5"))
    assert ran(mlbuild) == ["judge:trees", "gate:trees", "report:trees", "publish:trees"], (
        "a loosened gate trains nothing"
    )
    assert (tmp_path / "dist/trees/model.onnx").read_bytes() != before


def test_a_warning_and_a_few_rows_are_told(tmp_path: Path, mlbuild: Command) -> None:
    gates = GATES.replace("margin: 0.5", "margin: 0.0001, severity: warn, inconclusive: pass")
    loans(tmp_path, "", rows(90), (PLAIN, gates.replace("min: 0.8", "min: 0.99, severity: warn")))
    done = mlbuild("build", "-j", "1")
    assert "warning[failed-gate]: FAIL  metric roc_auc >= 0.99: 0." in done.err, done.err
    place = next(line for line in done.err.splitlines() if "warning[failed-gate]" in line)
    assert place.startswith("mlbuild.yaml:38:9: ")


def test_a_baseline_is_a_file_that_predicts_the_rows_of_today(tmp_path: Path, mlbuild: Command) -> None:
    file = loans(tmp_path, "")
    assert mlbuild("build", "-j", "1").code == OK
    shutil.copy(tmp_path / "dist/line/model.onnx", tmp_path / "production.onnx")
    gates = GATES.replace("{type: model, model: line}", "{type: file, path: production.onnx}")
    edited(file, (PLAIN, gates))
    assert ran(mlbuild) == [
        "baseline:trees",
        "compare:trees",
        "judge:trees",
        "gate:trees",
        "report:trees",
        "publish:trees",
    ]
    with_file = json.loads((tmp_path / "dist/trees/gates.json").read_text())["gates"]
    edited(file, ("{type: file, path: production.onnx}", "{type: model, model: line}"))
    assert ran(mlbuild) == ["compare:trees"], "the same scores, and so the same findings"
    with_model = json.loads((tmp_path / "dist/trees/gates.json").read_text())["gates"]
    assert [one["text"] for one in with_file] == [one["text"] for one in with_model]
    edited(file, ("{type: model, model: line}", "{type: file, path: production.onnx}"))
    shutil.copy(tmp_path / "dist/trees/model.onnx", tmp_path / "production.onnx")
    assert mlbuild("build", "-j", "1").code == OK
    found = json.loads((tmp_path / "dist/trees/gates.json").read_text())["gates"]
    assert found[2]["text"] == "the predictions are those of the baseline"
    assert found[3]["text"] == "0 of the predicted classes differ"


def test_slices_are_compared(tmp_path: Path, mlbuild: Command) -> None:
    gates = "  trees:\n    model: trees\n    gates:\n      - {gate: spread, metric: accuracy, slice: city, max_difference: 0.5}\n"
    sliced = (
        "    metrics: [roc_auc, log_loss, accuracy]\n    params",
        "    metrics: [roc_auc, log_loss, accuracy]\n    slices: [city]\n    params",
    )
    file = loans(tmp_path, "", None, (PLAIN, gates), sliced)
    assert mlbuild("build", "-j", "1").code == OK
    (found,) = json.loads((tmp_path / "dist/trees/gates.json").read_text())["gates"]
    assert found["verdict"] == "pass" and found["text"].endswith(", 2 of 2 groups have enough rows")
    edited(file, ("max_difference: 0.5", "max_difference: 0"))
    assert mlbuild("build", "-j", "1").code == GATE


def test_gates_are_judged_in_the_groups_of_slices(tmp_path: Path, mlbuild: Command) -> None:
    gates = """\
  trees:
    model: trees
    baseline: {type: model, model: line}
    gates:
      - {gate: metric, metric: accuracy, min: 0.6, slices: [city, member]}
      - {gate: better, metric: log_loss, slices: [member]}
      - {gate: no_worse, metric: log_loss, margin: 0.5, slices: [city]}
"""
    sliced = (
        "    metrics: [roc_auc, log_loss, accuracy]\n    params",
        "    metrics: [roc_auc, log_loss, accuracy]\n    slices: [city, member]\n    params",
    )
    file = loans(tmp_path, "", None, (PLAIN, gates), sliced)
    done = mlbuild("build", "-j", "1")
    assert done.code == OK, done.err
    told = json.loads((tmp_path / "dist/trees/gates.json").read_text())["gates"]
    assert [(one["verdict"], one["text"]) for one in told] == [
        ("pass", "all 4 groups pass"),
        ("pass", "all 2 groups pass"),
        ("pass", "all 2 groups pass"),
    ]
    edited(file, ("min: 0.6, slices: [city, member]", "min: 0.999, slices: [city]"))
    assert ran(mlbuild) == ["judge:trees", "report:trees", "gate:trees"], "the metrics of slices are there"
    failed = mlbuild("build", "-j", "1")
    assert "FAIL  metric accuracy >= 0.999 in city: 2 of 2 groups fail: city=Oslo: 0." in failed.err, (
        failed.err
    )
    edited(file, ("min: 0.999", "min: 0.6"), ("margin: 0.5, slices: [city]", "margin: 0.5, slices: [member]"))
    assert ran(mlbuild) == ["compare:trees", "judge:trees", "gate:trees", "report:trees", "publish:trees"]
    edited(file, ("margin: 0.5, slices: [member]", "margin: 0.5"))
    assert "train:trees" not in ran(mlbuild)


LATENCY = """\
  trees:
    model: trees
    gates:
      - {gate: latency, median: 30s}
      - {gate: latency, rows: 100, median: 30s}
"""


def test_a_model_is_timed_once_per_machine(
    tmp_path: Path, mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu = "a fast CPU"
    for module in (measuring, snapshot, machine):
        monkeypatch.setattr(module, "cpu", lambda: cpu)
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(tmp_path / "cache"))
    folders = [tmp_path / name for name in ("one", "other")]
    files = []
    for folder in folders:
        folder.mkdir()
        files.append(loans(folder, "", None, (PLAIN, LATENCY)))
    one, other = (["-C", str(folder)] for folder in folders)
    done = mlbuild("build", "-j", "1", *one)
    assert done.code == OK and "  gates: 2 passed" in done.out.splitlines(), done.err
    gates = json.loads((folders[0] / "dist/trees/gates.json").read_text())["gates"]
    assert (
        gates[0]["words"] == "latency of 1 row <= 30s" and gates[1]["words"] == "latency of 100 rows <= 30s"
    )
    assert all(one["text"].endswith(" runs on one thread of a fast CPU") for one in gates)
    assert ran(mlbuild, *one) == ran(mlbuild, *one, "--offline") == ran(mlbuild, *one, "--refresh") == []
    assert " reused in " in mlbuild("build", "-j", "1", *one).err
    edited(files[0], ("rows: 100, median: 30s", "rows: 100, median: 29s"))
    assert ran(mlbuild, *one) == ["judge:trees", "gate:trees", "report:trees", "publish:trees"], (
        "a loosened gate measures nothing"
    )
    edited(files[0], ("rows: 100", "rows: 10"))
    assert ran(mlbuild, *one) == [
        "latency:trees",
        "judge:trees",
        "gate:trees",
        "report:trees",
        "publish:trees",
    ]
    cpu = "another CPU"
    assert "latency:trees" in mlbuild("plan", *one).out.split("RUN")[1]
    assert "this is another machine: a fast CPU -> another CPU" in mlbuild("why", *one, "latency:trees").out
    assert ran(mlbuild, *one)[0] == "latency:trees", "and not for an answer of the snapshot"
    assert mlbuild("build", "-j", "1", *one, "--check-determinism", "--force").code == OK
    # A project that shares the cache trains nothing, but it measures on its own.
    assert {"latency:trees", "judge:trees"} <= {*ran(mlbuild, *other)} <= {"latency:trees", *_VERDICT}
    edited(files[1], ("rows: 100, median: 30s", "rows: 100, median: 1us"))
    failed = mlbuild("build", "-j", "1", *other)
    assert failed.code == GATE and "FAIL  latency of 100 rows <= 1us: " in failed.err


def test_a_threshold_decides_what_is_compared(tmp_path: Path, mlbuild: Command) -> None:
    gates = """\
  trees:
    model: trees
    baseline: {type: file, path: production.onnx}
    gates:
      - {gate: no_worse, metric: accuracy, margin: 0.01}
      - {gate: churn, max: 0.01}
"""
    file = loans(tmp_path, "")
    assert mlbuild("build", "-j", "1").code == OK
    shutil.copy(tmp_path / "dist/trees/model.onnx", tmp_path / "production.onnx")
    edited(file, (PLAIN, gates))
    assert mlbuild("build", "-j", "1").code == OK
    same = json.loads((tmp_path / "dist/trees/gates.json").read_text())["gates"]
    assert [one["text"] for one in same] == [
        "the predictions are those of the baseline",
        "0 of the predicted classes differ",
    ]
    edited(file, ("    params: {num_iterations", "    threshold: 0.95\n    params: {num_iterations"))
    failed = mlbuild("build", "-j", "1")
    assert failed.code == GATE
    assert "no_worse accuracy, margin 0.01: worse by 0." in failed.err
    assert "FAIL  churn <= 0.01: 0." in failed.err
    shutil.copy(tmp_path / "dist/trees/model.onnx", tmp_path / "other.onnx")
    edited(file, ("path: production.onnx}", "path: other.onnx}"), ("threshold: 0.95", "threshold: 0.5"))
    assert mlbuild("build", "-j", "1").code == OK


def test_a_baseline_that_needs_another_input_is_none(tmp_path: Path, mlbuild: Command) -> None:
    file = loans(tmp_path, "")
    assert mlbuild("build", "-j", "1").code == OK
    shutil.copy(tmp_path / "dist/trees/model.onnx", tmp_path / "production.onnx")
    line = "  line:\n    model: line\n    baseline: {type: file, path: production.onnx}\n    gates:\n"
    edited(file, ("  line: {model: line}\n", f"{line}      - {{gate: churn, max: 0.5}}\n"))
    done = mlbuild("build", "-j", "1")
    assert done.code == OK
    assert "    NO_BASELINE  churn <= 0.5: it needs 'city', which is not an input of this model" in done.out
    edited(file, ("max: 0.5}", "max: 0.5, no_baseline: fail}"))
    assert mlbuild("build", "-j", "1").code == GATE
    (tmp_path / "production.onnx").write_bytes(b"no model")
    edited(file, (", no_baseline: fail", ""))
    assert "NO_BASELINE  churn <= 0.5: the file was not written by mlbuild" in mlbuild("build", "-j", "1").out
