"""`mlbuild diff` names what differs between two builds, and where."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlbuild.engine.decide.records import Action, Part, find_record, keep_action
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command
from tests.cli.test_runs import git
from tests.cli.tracking.project import SPEC, WITHOUT_X, rows, told, visits


def two(mlbuild: Command, change: Callable[[Path], object]) -> Any:
    """Build before and after a change, and return how the builds differ."""
    visits(mlbuild.folder)
    assert mlbuild("build").code == 0
    change(mlbuild.folder)
    done = mlbuild("build")
    assert done.code == 0, done.err
    return told(mlbuild("diff", "--json", "--data", "--predictions").out)


def edit(old: str, new: str) -> Callable[[Path], object]:
    assert old in SPEC
    return lambda folder: (folder / "mlbuild.yaml").write_text(SPEC.replace(old, new))


def line_of(text: str) -> str:
    number = next(number for number, line in enumerate(SPEC.splitlines(), 1) if text in line)
    return f"mlbuild.yaml:{number}"


SETTINGS = {
    "a parameter": (edit("C: 1.0", "C: 0.5"), "models.one.params.C", 1.0, 0.5, line_of("C: 1.0")),
    "an added parameter": (
        edit("C: 1.0", "C: 1.0\n      max_iter: 500"),
        "models.one.params.max_iter",
        None,
        500,
        "mlbuild.yaml:22",
    ),
    "a removed feature": (
        edit("[x, z]", "[x]"),
        "models.one.features[1]",
        "z",
        None,
        f"was {line_of('[x, z]')}",
    ),
    "the contract": (
        edit("z: float", "z: {dtype: float, max: 99}"),
        "contracts.visit.columns.z",
        "float",
        {"dtype": "float", "max": 99},
        line_of("z: float"),
    ),
    "the seed": (edit("project: visits", "project: visits\nseed: 5"), "seed", None, 5, "mlbuild.yaml:3"),
    "the split": (edit("test: 0.4", "test: 0.3"), "datasets.all.split.test", 0.4, 0.3, line_of("test: 0.4")),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_named_with_its_place(mlbuild: Command, name: str) -> None:
    change, where, was, now, place = SETTINGS[name]
    found = two(mlbuild, change)
    assert found["changes"] == [{"what": "spec", "where": where, "was": was, "now": now, "place": place}]
    assert found["data"] == []
    (model,) = found["models"]
    assert model["same_rows"] == (name not in ("the split", "the seed")), "a hash split depends on the seed"
    lines = mlbuild("diff").out.splitlines()
    assert any(where in line and line.endswith(place) for line in lines)


def data(change: Callable[[list[list[str]]], object]) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        head, *body = [line.split(",") for line in rows().splitlines()]
        table = [head, *body]
        change(table)
        (folder / "visits.csv").write_text("\n".join(",".join(row) for row in table) + "\n")

    return write


def another_unit(table: list[list[str]]) -> None:
    for row in table[1:]:
        row[3] = f"{float(row[3]) * 10:.3f}"


def some_rows(table: list[list[str]]) -> None:
    for row in table[100:106]:
        row[2] = "0.125"


def another_row(table: list[list[str]]) -> None:
    table.pop(3)
    table.append(["9999", "9", "0.5", "0.5", "true"])


DATA = {
    "the unit of a column": (data(another_unit), ["z"], {"z": 600}, (0, 0, 600)),
    "1 % of the rows": (data(some_rows), ["x"], {"x": 6}, (0, 0, 6)),
    "rows that are gone and new": (
        data(another_row),
        ["id", "person", "x", "y", "z"],
        {"person": 0, "x": 0, "y": 0, "z": 0},
        (1, 1, 0),
    ),
    "the order of the rows": (
        data(lambda table: table.append(table.pop(1))),
        ["id", "person", "x", "y", "z"],
        {"person": 0, "x": 0, "y": 0, "z": 0},
        (0, 0, 0),
    ),
}


@pytest.mark.parametrize("name", DATA)
def test_changed_data_are_compared_by_the_key_of_the_contract(mlbuild: Command, name: str) -> None:
    change, columns, cells, (added, removed, changed) = DATA[name]
    found = two(mlbuild, change)
    assert [(one["what"], one["where"]) for one in found["changes"]] == [("data", "visits")]
    (table,) = found["data"]
    assert sorted(table["changed"]) == columns and (table["added"], table["removed"]) == ([], [])
    by_key = table["rows"]
    assert by_key["key"] == ["id"] and by_key["cells"] == cells
    assert (by_key["added"], by_key["removed"], by_key["changed"]) == (added, removed, changed)
    text = mlbuild("diff", "--data").out
    assert f"rows by id: {added} added, {removed} removed, {changed} changed; 600 -> 600" in text
    assert ("for example" in text) == bool(added or removed or changed)
    assert "for example" not in mlbuild("diff", "--data", "--no-samples").out
    assert "rows by id" not in mlbuild("diff").out


def test_a_library_is_named_with_its_versions(
    mlbuild: Command, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version of scikit-learn is installed in a folder that comes first."""
    site = tmp_path_factory.mktemp("site")
    (site / "scikit_learn-9.9.9.dist-info").mkdir()
    (site / "scikit_learn-9.9.9.dist-info/METADATA").write_text("Name: scikit-learn\nVersion: 9.9.9\n")
    old = importlib.metadata.version("scikit-learn")
    found = two(mlbuild, lambda _: monkeypatch.syspath_prepend(site))
    assert found["changes"] == [
        {"what": "library", "where": "scikit-learn", "was": old, "now": "9.9.9", "place": ""}
    ]
    assert found["models"][0]["same_rows"]
    (line,) = (line for line in mlbuild("diff").out.splitlines() if "scikit-learn" in line)
    assert line.split()[-2:] == [old, "9.9.9"]


def test_metrics_and_predictions_are_compared_on_the_same_rows(mlbuild: Command) -> None:
    visits(mlbuild.folder)
    for words in ((), ("--set", WITHOUT_X)):
        assert mlbuild("build", *words).code == 0
    found = told(mlbuild("diff", "previous..last", "--json", "--predictions").out)
    (model,) = found["models"]
    assert (model["model"], model["split"], model["same_rows"]) == ("one", "test", True)
    for one in model["metrics"]:
        low, high = one["difference"]["interval"]
        assert one["better"] is False and one["difference"]["beyond_chance"] and low < high
        assert one["difference"]["difference"] == pytest.approx(one["new"] - one["old"])
    flips, count = model["flips"], model["rows"]
    accuracy = next(one for one in model["metrics"] if one["metric"] == "accuracy")
    assert flips["to_right"] - flips["to_wrong"] == round((accuracy["new"] - accuracy["old"]) * count)
    assert flips["labels"] == flips["to_right"] + flips["to_wrong"], "there are two classes"
    assert 0 < model["moves"]["mean"] < model["moves"]["p99"] < 1
    assert len(model["largest"]) == 10 and model["largest"][0][1] >= model["moves"]["p99"]
    text = mlbuild("diff").out
    assert "worse" in text and f"{flips['to_wrong']} from right to wrong" in text
    back = told(mlbuild("diff", "last", "previous", "--json").out)["models"][0]
    assert all(one["better"] for one in back["metrics"])
    assert back["flips"]["to_right"] == flips["to_wrong"]
    same = mlbuild("diff", "last", "last").out
    assert "spec, data and libraries are the same" in same and "the same predictions" in same


def test_another_threshold_flips_labels_of_the_same_scores(mlbuild: Command) -> None:
    found = two(mlbuild, edit("    params:", "    threshold: 0.2\n    params:"))
    (model,) = found["models"]
    changed = {one["metric"]: one["difference"] for one in model["metrics"]}
    assert changed["log_loss"]["difference"] == changed["roc_auc"]["difference"] == 0
    flips, accuracy = model["flips"], changed["accuracy"]
    assert flips["labels"] > 10 and model["moves"] == {"mean": 0, "p99": 0}
    assert accuracy["interval"][0] < accuracy["difference"] < accuracy["interval"][1]
    assert round(accuracy["difference"] * model["rows"]) == flips["to_right"] - flips["to_wrong"]
    assert "the same predictions" not in mlbuild("diff").out


def test_markdown_is_a_table_that_nothing_can_break(mlbuild: Command) -> None:
    spec = visits(mlbuild.folder, SPEC.replace("project: visits", 'project: visits\nx-note: "a|b"'))
    assert mlbuild("build").code == 0
    spec.write_text(
        SPEC.replace("project: visits", 'project: visits\nx-note: "[c](d)|`*<b>"').replace("[x, z]", "[z]")
    )
    assert mlbuild("build").code == 0
    lines = mlbuild("diff", "--md").out.splitlines()
    assert lines[0].startswith("## ") and lines[0].count(" -> ") == 1
    row = next(line for line in lines if "x-note" in line)
    assert row == r"| spec | x-note | a\|b | \[c](d)\|\`\*\<b> | mlbuild.yaml:3 |"
    assert sum("**worse**" in line for line in lines) == 3
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("|"):
            cells = line.replace(r"\|", "").count("|")
            assert not before.startswith("|") or before.replace(r"\|", "").count("|") == cells


def test_builds_are_named_by_revisions_folders_and_models(mlbuild: Command) -> None:
    spec = visits(mlbuild.folder)
    (mlbuild.folder / ".gitignore").write_text("dist\n.mlbuild\n*.lock\n")
    git(mlbuild.folder, "init", "-q", "-b", "main")
    git(mlbuild.folder, "add", ".")
    git(mlbuild.folder, "commit", "-qm", "one")
    assert mlbuild("build").code == 0
    git(mlbuild.folder, "checkout", "-qb", "better")
    spec.write_text(SPEC.replace("C: 1.0", "C: 0.1"))
    assert mlbuild("build").code == 0, "with changed files, so it does not count"
    git(mlbuild.folder, "commit", "-qam", "two")
    unbuilt = mlbuild("diff", "main..HEAD")
    assert unbuilt.code == 1 and "has no recorded build without changes" in unbuilt.err
    commit = git(mlbuild.folder, "rev-parse", "HEAD")
    assert f"git switch --detach {commit[:12]} && mlbuild build && git switch -" in unbuilt.err
    spec.write_text(spec.read_text() + "\n")
    git(mlbuild.folder, "commit", "-qam", "three")
    spec.write_text(SPEC.replace("C: 1.0", "C: 0.2"))
    git(mlbuild.folder, "commit", "-qam", "four")
    assert mlbuild("build").code == 0
    (_, _, last) = (one["build"] for one in told(mlbuild("runs", "--json").out)["builds"])
    first = told(mlbuild("diff", "main..HEAD", "--json").out)
    assert (first["old"]["git"]["revision"], first["new"]["build"]) == (
        git(mlbuild.folder, "rev-parse", "main"),
        last,
    )
    for name in ("dist/one", "dist/one/model.onnx", last, last[:-2], last[-6:], "last", "better"):
        assert told(mlbuild("diff", "main", name, "--json").out)["new"]["build"] == last
    (mlbuild.folder / "dist/one/model.onnx").write_bytes(b"other")
    assert "'dist/one/model.onnx' was not written by mlbuild" in mlbuild("diff", "dist/one").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "there is no build 'nothing'"),
        (["last...last"], "name two builds as A..B"),
        (["last", "last", "--model", "two"], "no metrics of a model 'two' in both builds"),
        (["last", "last", "--md", "--json"], "only one of --md, --html and --json can be used"),
        ([], "there is no build 'previous'"),
        (["--output=x"], "there is no build"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2(mlbuild: Command, words: list[str], message: str) -> None:
    visits(mlbuild.folder)
    assert mlbuild("build", "evaluate:one").code == 0
    done = mlbuild("diff", *words)
    told_ = done.err or json.loads(done.out)["error"]["message"]
    assert done.code == 2 and (message in told_ or words == ["--output=x"])


def test_what_models_rely_on(mlbuild: Command) -> None:
    """Without `x`, all that is left to rely on is `z`."""
    found = two(mlbuild, edit("[x, z]", "[z]"))
    (one,) = found["importances"]
    assert (one["output"], one["metric"], one["split"]) == ("one", "log_loss", "valid")
    by_input = {each["input"]: each for each in one["inputs"]}
    assert [*by_input] == ["x", "z"], "the largest change comes first"
    assert by_input["x"]["old"] > 0.1 and by_input["x"]["new"] is None and by_input["x"]["difference"] is None
    z = by_input["z"]
    assert z["difference"] == pytest.approx(z["new"] - z["old"])
    text, page = mlbuild("diff").out, mlbuild("diff", "--md").out
    assert "one: loss of log_loss on valid if an input is shuffled" in text
    assert "| x | " in page
    assert "if an input is shuffled" not in mlbuild("diff", "last", "last").out


@pytest.mark.parametrize(
    "content", [b"{", b"[" * 100_000, b"[]", b'{"metric": "x", "split": "valid", "columns": [{"column": 1}]}']
)
def test_a_result_that_says_something_else_is_left_out(mlbuild: Command, content: bytes) -> None:
    assert two(mlbuild, edit("[x, z]", "[z]"))["importances"]
    store = open_store(mlbuild.folder)
    record = find_record(store.local, "importance:one")
    assert record is not None
    parts = {"importance.json": Part(store.contents.put(content), len(content))}
    keep_action(store.actions, record.key, Action(record.made, 0.0, parts, None), replace=True)
    found = told(mlbuild("diff", "--json").out)
    assert (found["importances"], len(found["models"])) == ([], 1)
