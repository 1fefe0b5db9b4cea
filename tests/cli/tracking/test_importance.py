"""`mlbuild importance` shows how much a model relies on each input, and what contributes to the predictions for rows."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mlbuild.models.sklearn.logistic_regression import LogisticRegression
from tests.cli.running import Command
from tests.cli.tracking.project import SPEC, told, visits
from tests.projects import SPECS, delays

PENGUINS = """\
mlbuild: 1
project: penguins
sources:
  penguins: {path: penguins.csv, null_values: [NA], contract: penguin}
contracts:
  penguin:
    columns:
      species: {dtype: string, categories: [Adelie, Chinstrap, Gentoo]}
      bill_length_mm: {dtype: float, nullable: true}
      body_mass_g: {dtype: float, nullable: true}
datasets:
  birds: {from: penguins, split: {type: random, valid: 0.2, test: 0.2}}
models:
  species:
    type: lightgbm.classifier
    dataset: birds
    features: [bill_length_mm, body_mass_g]
    target: species
    params: {num_iterations: 20}
outputs:
  species: {model: species}
"""


def test_the_importance_is_that_of_the_published_file(mlbuild: Command) -> None:
    visits(mlbuild.folder)
    assert mlbuild("build").code == 0
    shipped = json.loads((mlbuild.folder / "dist/one/importance.json").read_text())
    found = told(mlbuild("importance", "one", "--json").out)
    assert (found["output"], found["importance"]) == ("one", shipped)
    done = mlbuild("importance", "one")
    title, head, first, second, *notes = done.out.splitlines()
    rows = f"{shipped['rows']:,} rows, {shipped['clusters']:,} clusters"
    assert title == f"one: loss of log_loss on valid if an input is shuffled ({rows})"
    assert head.split() == ["input", "loss", "95%", "interval"]
    for line, one in zip((first, second), shipped["columns"], strict=True):
        low, high = one["interval"]
        mark = ["*"] if one["outside_chance"] else []
        wanted = [one["column"], f"{one['importance']:+.3g}", *mark, f"[{low:.3g},", f"{high:.3g}]"]
        assert line.split() == wanted
    assert notes == ["* the loss is statistically significant, corrected for the number of inputs"]


def test_trees_have_a_gain_and_groups(mlbuild: Command) -> None:
    delays(mlbuild.folder)
    done = mlbuild("importance", "late")
    assert done.code == 0 and "share of gain" in done.out.splitlines()[1]
    assert any(
        line.startswith("plane_year, plane_seats ") and line.endswith("together, because of join")
        for line in done.out.splitlines()
    )
    assert not (mlbuild.folder / "dist").exists(), "nothing is published"


def test_contributions_add_up_to_the_log_odds_of_the_published_file(mlbuild: Command) -> None:
    delays(mlbuild.folder)
    assert mlbuild("build").code == 0
    found = told(mlbuild("importance", "late", "--row", "3", "--row", "70", "--row", "3", "--json").out)[
        "contributions"
    ]
    assert (found["split"], found["scale"]) == ("test", "log-odds")
    assert [one["row"] for one in found["rows"]] == [3, 70]
    rows = [*csv.DictReader(io.StringIO(mlbuild("rows", "departures:test").out))]
    session = onnxruntime.InferenceSession(mlbuild.folder / "dist/late/model.onnx")
    for one in found["rows"]:
        row = rows[one["row"] - 1]
        assert one["inputs"]["carrier"] == row["carrier"] and one["target"] == (row["late"] == "true")
        (positive,) = session.run(None, _sent(session, one["inputs"]))[1][:, 1]
        assert one["outputs"]["probabilities"][1] == pytest.approx(positive, abs=1e-9)
        assert one["sum"] == pytest.approx(math.log(positive / (1 - positive)), abs=1e-9)
        parts = {tuple(part["inputs"]): part["value"] for part in one["contributions"]}
        assert sum(parts.values()) + found["expected"] == pytest.approx(one["sum"], abs=1e-9)
        assert ("distance", "plane_seats") in parts, "a feature combines them"
        assert {name for names in parts for name in names} == {*one["inputs"]}
        sizes = [*map(abs, parts.values())]
        assert sizes == sorted(sizes, reverse=True)


def _sent(session: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return a row as a client sends it."""
    sent = {}
    for one in session.get_inputs():
        value = inputs[one.name]
        if one.type == "tensor(string)":
            sent[one.name] = np.array([[value or ""]], dtype=object)
        elif one.type == "tensor(int64)":
            sent[one.name] = np.array([[np.datetime64(value, "us")]]).astype(np.int64)
        else:
            sent[one.name] = np.array([[np.nan if value is None else float(value)]])
    return sent


def test_a_linear_model_compares_values_with_their_means(mlbuild: Command) -> None:
    visits(mlbuild.folder)
    assert mlbuild("build").code == 0
    learned = json.loads((mlbuild.folder / "dist/one/metrics.json").read_text())["learner"]
    train = [*csv.DictReader(io.StringIO(mlbuild("rows", "all:train").out))]
    found = told(mlbuild("importance", "one", "--row", "2", "--split", "train", "--json").out)[
        "contributions"
    ]
    ((row,), scale) = found["rows"], found["scale"]
    assert scale == "log-odds" and row["inputs"] == {name: float(train[1][name]) for name in ("x", "z")}
    means = {name: np.mean([float(one[name]) for one in train]) for name in ("x", "z")}
    for part in row["contributions"]:
        (name,) = part["inputs"]
        wanted = learned["coefficients"][name] * (row["inputs"][name] - means[name])
        assert part["value"] == pytest.approx(wanted, abs=1e-9)


def test_each_class_has_its_own_sum(mlbuild: Command) -> None:
    (mlbuild.folder / "penguins.csv").write_bytes((SPECS / "penguins/data/penguins.csv").read_bytes())
    (mlbuild.folder / "mlbuild.yaml").write_text(PENGUINS)
    found = told(mlbuild("importance", "species", "--row", "1", "--json").out)["contributions"]
    ((row,), names) = found["rows"], ["Adelie", "Chinstrap", "Gentoo"]
    assert [*row["sum"]] == names == [*found["expected"]] and found["scale"] == "logits"
    for name in names:
        parts = sum(part["value"][name] for part in row["contributions"])
        assert parts + found["expected"][name] == pytest.approx(row["sum"][name], abs=1e-9)
    powers = np.exp([row["sum"][name] for name in names])
    assert row["outputs"]["probabilities"] == pytest.approx(powers / powers.sum(), abs=1e-9)
    lines = mlbuild("importance", "species", "--row", "1").out.splitlines()
    assert lines[0].startswith("species, row 1 of test: label ") and "; target " in lines[0]
    assert lines[1] == "contributions to the logits:"
    assert lines[2].split() == ["input", "value", *names]
    assert [line.split()[0] for line in lines[3:]] == ["average", *_inputs(row), "sum"]


def _inputs(row: Any) -> list[str]:
    return [", ".join(part["inputs"]) for part in row["contributions"]]


def test_a_missing_value_is_shown_as_missing(mlbuild: Command) -> None:
    (mlbuild.folder / "penguins.csv").write_bytes((SPECS / "penguins/data/penguins.csv").read_bytes())
    spec = PENGUINS.replace("split: {type: random, valid: 0.2, test: 0.2}", "split: {type: random}")
    (mlbuild.folder / "mlbuild.yaml").write_text(spec)
    rows = mlbuild("rows", "birds:train").out.splitlines()[1:]
    missing = next(place for place, line in enumerate(rows, 1) if line.endswith(",,"))
    out = mlbuild("importance", "species", "--row", str(missing), "--split", "train").out
    assert out.count("  missing  ") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["oone"], "there is no output 'oone'\n  help: did you mean 'one'?"),
        (["one", "--split", "valid"], "--split needs --row"),
        (["one", "--row", "0"], "argument --row: '0' is not an integer >= 1"),
        (["one", "--row", "901"], "there is no row 901: the test part has 228 rows"),
        (["one", "--row", "1", "--split", "all"], "argument --split: invalid choice: 'all'"),
        (
            ["silent"],
            "output 'silent' has 'importance: false'\n  help: remove this key from the output",
        ),
    ],
)
def test_mistakes(mlbuild: Command, words: list[str], said: str) -> None:
    visits(mlbuild.folder, SPEC + "  silent: {model: one, importance: false}\n")
    done = mlbuild("importance", *words)
    assert done.code == 2 and f"mlbuild: {said}" in done.err, done.err


def test_an_output_without_importance_has_contributions(mlbuild: Command) -> None:
    visits(mlbuild.folder, SPEC.replace("{model: one}", "{model: one, importance: false}"))
    assert mlbuild("importance", "one", "--row", "1").code == 0


def test_a_learner_can_be_unable_to_explain_itself(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    visits(mlbuild.folder)
    monkeypatch.setattr(LogisticRegression, "explains", False)
    done = mlbuild("importance", "one", "--row", "1")
    assert done.code == 2 and done.err == (
        "mlbuild: 'sklearn.logistic_regression' cannot tell what inputs contribute to a prediction\n"
        "  help: leave out --row to see how much the model relies on each input\n"
    )
    assert not (mlbuild.folder / ".mlbuild/runs").exists(), "it is known without data"


def test_what_cannot_be_built_cannot_be_explained(mlbuild: Command) -> None:
    visits(mlbuild.folder)
    Path(mlbuild.folder / "visits.csv").write_text("id,person,x,z\n")
    for words, what in (
        (["--row", "1"], "the predictions of 'one' cannot be explained"),
        ([], "the importance of the inputs of 'one' cannot be measured"),
    ):
        done = mlbuild("importance", "one", *words)
        assert done.code == 3 and f"mlbuild: {what}: " in done.err
