"""What a build says of folds: printed, as JSON, in its record, in the folder of the output, and in answers of `why`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command
from tests.cli.small import small

NUMBER = r"[0-9.e-]+"


@pytest.fixture
def folded(mlbuild: Command) -> Command:
    """The small project with a model that is cross-validated; it is not built yet."""
    spec = small(mlbuild.folder)
    text = spec.read_text()
    text = text.replace(
        "split: {type: random}", "split: {type: random, test: 0.2}, folds: {type: random, count: 3}"
    )
    text = text.replace("target: y", "target: y, cross_validation: true, metrics: [roc_auc, accuracy]")
    spec.write_text(text)
    return mlbuild


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "mlbuild.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def document(text: str) -> Any:
    return json.loads(text)


def test_the_summary_stands_beside_the_other_metrics(folded: Command) -> None:
    out = folded("build").out
    for metric in ("roc_auc", "accuracy"):
        line = rf"^  {metric}: train {NUMBER}  test {NUMBER}(?: \[.*\])?  \(constant: {NUMBER}  {NUMBER}\); 3 folds {NUMBER} \+/- {NUMBER}$"
        assert re.search(line, out, re.MULTILINE), out
    again = folded("build")
    assert again.out == out and "reused" in again.err
    assert folded("build", "evaluate:one").out.count("folds") == 0
    (first, *lines) = folded("build", "cross_validate:one").out.splitlines()
    assert first == "model one"
    assert [re.sub("[0-9.]+", "N", line) for line in lines] == [
        "  roc_auc: N folds N +/- N",
        "  accuracy: N folds N +/- N",
    ]


def test_a_change_since_the_last_build_is_told(folded: Command) -> None:
    edit(folded.folder, "[roc_auc, accuracy]", "log_loss")
    pattern = rf"; 3 folds ({NUMBER})(?: \(was ({NUMBER})\))? \+/- {NUMBER}$"
    (first,) = re.findall(pattern, folded("build").out, re.MULTILINE)
    assert first[0] and not first[1]
    edit(folded.folder, "num_iterations: 3", "num_iterations: 9")
    (second,) = re.findall(pattern, folded("build").out, re.MULTILINE)
    assert second[0] != first[0] and second[1] == first[0]
    (again,) = re.findall(pattern, folded("build").out, re.MULTILINE)
    assert again == (second[0], ""), "an answer from a snapshot has no changes"
    former = document(folded("build", "--json").out)["models"][0]["former"]
    assert [*former] == ["build", "metrics", "cross_validation"]
    assert f"{former['cross_validation']['log_loss']['mean']:.6g}" == second[0]


def test_the_file_the_document_and_the_record_agree(folded: Command) -> None:
    (model,) = document(folded("build", "--json").out)["models"]
    file = document((folded.folder / "dist/one/cross_validation.json").read_text())
    assert model["cross_validation"] == file
    assert [*file] == ["format", "metrics", "rows", "folds", "findings"]
    assert [*file["metrics"]["roc_auc"]] == ["mean", "std", "folds", "pooled"]
    assert [(one["fold"], one["rows"]["held_out"]) for one in file["folds"]] == [(1, 16), (2, 16), (3, 16)]
    assert file["rows"] == 48 and all(one["rows"]["train"] == 32 for one in file["folds"])
    (record,) = (folded.folder / ".mlbuild/runs").iterdir()
    body = document(record.read_text())["body"]
    assert body["cross_validation"] == {"one": file["metrics"]}
    edit(folded.folder, ", cross_validation: true", "")
    (model,) = document(folded("build", "--json").out)["models"]
    assert model["cross_validation"] is None


def test_a_model_that_is_not_validated_has_no_tasks_for_it(folded: Command) -> None:
    assert folded("query", "kind:fold").out.split() == ["fold:one@1", "fold:one@2", "fold:one@3"]
    edit(folded.folder, ", cross_validation: true", "")
    assert "fold:one@1" not in folded("plan").out


def test_why_names_the_line_that_changed(folded: Command) -> None:
    folded("build")
    edit(folded.folder, "count: 3", "count: 4")
    out = folded("why", "folds:all").out
    assert "datasets.all.folds.count: 3 -> 4" in out and "mlbuild.yaml:5" in out
    edit(folded.folder, "num_leaves: 4", "num_leaves: 3")
    out = folded("why", "fold:one@1").out
    assert "models.one.params.num_leaves: 4 -> 3" in out and "mlbuild.yaml:6" in out


def test_a_failure_names_the_fold_and_where_it_is_asked_for(folded: Command) -> None:
    edit(folded.folder, "{type: random, count: 3}", "{type: hash, key: y, count: 2, seed: 1}")
    ran = folded("build", "-k")
    assert ran.code == 3, ran.err
    assert "fold 1: all " in ran.err and "training rows have the same class" in ran.err
    assert not (folded.folder / "dist/one").exists()


def test_folds_that_lack_a_class_are_a_warning_at_the_key(folded: Command) -> None:
    edit(folded.folder, "{type: random, count: 3}", "{type: random, count: 24}")
    ran = folded("build")
    assert ran.code == 0, ran.err
    found = re.search(r"mlbuild.yaml:6:\d+: warning\[absent-class\]: (.*)", ran.err)
    assert found and re.fullmatch(
        r"\d+ of 24 folds lack rows of a class, so their metrics say nothing about it", found[1]
    )
    assert re.search(r"roc_auc: .*; \d+ of 24 folds ", ran.out)
    assert "without rows in some fold" in ran.err
    assert "without rows in some fold" not in folded("build", "--no-samples").err
