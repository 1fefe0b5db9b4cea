"""Legal projects that are unlike the examples build, are proven, and answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import built

HEAD = """\
mlbuild: 1
project: odd
sources: {rows: {path: rows.csv, contract: row}}
"""


def project(folder: Path, columns: str, rows: str, model: str, dataset: str = "") -> Path:
    """Write a project of one model on the rows of a CSV file; returns the spec file."""
    (folder / "rows.csv").write_text(rows, encoding="utf-8")
    spec = HEAD + f"contracts: {{row: {{columns: {{{columns}}}}}}}\n"
    spec += f"datasets: {{all: {{from: rows, {dataset} split: {{type: random}}}}}}\n"
    spec += f"models: {{one: {{dataset: all, {model}}}}}\noutputs: {{one: {{model: one}}}}\n"
    file = folder / "mlbuild.yaml"
    file.write_text(spec, encoding="utf-8")
    return file


NUMBERS = "x,y\n" + "".join(f"{i % 7},{i % 7 > 3}\n" for i in range(60))


@pytest.mark.parametrize("learner", ["lightgbm.classifier", "sklearn.logistic_regression"])
def test_raw_numbers_without_any_step(tmp_path: Path, learner: str) -> None:
    model = f"type: {learner}, features: [x], target: y"
    built(project(tmp_path, "x: float, y: bool", NUMBERS, model))
    assert (tmp_path / "dist/one/model.onnx").is_file()
