"""The model card of an output: a program can read it, and a person can use it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import built
from tests.reports.projects import houses, loans


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    files = loans(tmp_path_factory.mktemp("loans")), houses(tmp_path_factory.mktemp("houses"))
    for file in files:
        built(file)
    return [file.parent / "dist" / name for file, name in zip(files, ("trees", "price"), strict=True)]


def card(output: Path) -> tuple[dict[str, Any], str]:
    """Return the front matter and the text."""
    start, front, text = (output / "MODEL_CARD.md").read_text().split("---\n", 2)
    assert start == ""
    told = yaml.safe_load(front)
    assert isinstance(told, dict)
    return told, text


def test_the_front_matter_is_a_model_index(outputs: list[Path]) -> None:
    for output, kind in zip(outputs, ("tabular-classification", "tabular-regression"), strict=True):
        told, _ = card(output)
        assert (told["library_name"], told["pipeline_tag"]) == ("onnx", kind)
        assert "license" not in told, "nobody said which"
        ((one,), name) = told["model-index"][0]["results"], told["model-index"][0]["name"]
        assert name == output.name and one["task"] == {"type": kind} and one["dataset"]["type"]
        metrics = json.loads((output / "metrics.json").read_text())
        split, ends = one["dataset"]["split"], metrics["intervals"]["splits"][one["dataset"]["split"]]
        found = {metric["type"]: metric for metric in one["metrics"]}
        assert {name: metric["value"] for name, metric in found.items()} == {
            name: value for name, value in metrics["metrics"][split].items() if name != "rows"
        }
        for name, metric in found.items():
            assert [metric["args"]["low"], metric["args"]["high"]] == ends[name]


def test_a_constant_that_can_be_perfect_is_no_reason_to_call_a_model_worse(outputs: list[Path]) -> None:
    text = card(outputs[0])[1]
    cells = {line.split("|")[1].strip(" `"): line for line in text.splitlines() if line.startswith("| ")}
    assert "better" in cells["log_loss"], "it is compared"
    assert not {"better", "worse", "chance"} & {*re.findall("[a-z]+", cells["recall"])}
    assert "A constant can be perfect in recall, so" in text


def test_the_example_runs(outputs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for output in outputs:
        (code,) = re.findall(r"```python\n(.*?)```", card(output)[1], re.DOTALL)
        monkeypatch.chdir(output)
        names: dict[str, Any] = {}
        exec(code, names)
        contract = json.loads(Path("contract.json").read_text())
        assert all(names[one["name"]].shape == (1, one["shape"][1]) for one in contract["outputs"])


def test_what_nobody_knows_is_listed(outputs: list[Path]) -> None:
    for output, purpose in zip(
        outputs, ("Is a loan paid back?", "The spec has no `description`"), strict=True
    ):
        text = card(output)[1]
        headings = re.findall("^## (.*)$", text, re.MULTILINE)
        assert headings[0] == "Intended use" and headings[-1] == "To be filled in"
        assert {"Metrics", "Data", "Limits", "How to use it"} < {*headings}
        assert purpose in text and "- the license" in text


def test_tables_have_as_many_cells_as_columns(outputs: list[Path]) -> None:
    for output in outputs:
        tables = re.findall(r"(?:^\|.*\|\n)+", card(output)[1], re.MULTILINE)
        assert len(tables) > 1
        for table in tables:
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table
