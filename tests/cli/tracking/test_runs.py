"""`mlbuild runs` lists the builds: what differs between them, and how good their models are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mlbuild.engine.store.seal import sealed
from tests.cli.running import Command
from tests.cli.tracking.project import SPEC, WITHOUT_X, rows, share_records, told, visits


def table(command: Command, *words: str) -> list[list[str]]:
    """Return the cells of the table, which are two spaces apart."""
    done = command("runs", *words)
    assert done.code == 0, done.err
    return [line.split("  ") for line in done.out.splitlines()]


def test_each_build_has_a_row_with_what_differs(mlbuild: Command) -> None:
    spec = visits(mlbuild.folder)
    assert mlbuild("build").code == 0
    spec.write_text(SPEC.replace("C: 1.0", "C: 0.5"))
    (mlbuild.folder / "visits.csv").write_text(rows() + "9999,9999,0.5,0.5,true\n")
    assert mlbuild("build").code == 0
    (mlbuild.folder / "visits.csv").write_text(rows() + "9999,9999,0.5,0.5,maybe\n")
    assert mlbuild("build").code == 3
    lines = mlbuild("runs").out.splitlines()
    assert lines[0].split() == "build outcome test log_loss roc_auc accuracy changed".split()
    assert [line.split()[1] for line in lines[1:]] == ["ok", "ok", "data"]
    assert [line.rpartition("  ")[2] for line in lines[1:]] == [
        "first",
        "models.one.params.C 1.0 -> 0.5; data of visits",
        "data of visits",
    ]
    found = told(mlbuild("runs", "--json").out)["builds"]
    assert [one["outcome"] for one in found] == ["ok", "ok", "data"]
    (setting, data) = found[1]["changes"]
    assert (setting["where"], setting["was"], setting["now"]) == ("models.one.params.C", 1.0, 0.5)
    assert setting["place"] == "mlbuild.yaml:21" and data["where"] == "visits"
    assert found[0]["changes"] is None and found[2]["metrics"] == []


def test_a_mark_tells_that_a_difference_is_no_chance(mlbuild: Command) -> None:
    visits(mlbuild.folder)
    for words in ((), ("--set", "models.one.params.C=0.9"), ("--set", WITHOUT_X)):
        assert mlbuild("build", *words).code == 0
    done = mlbuild("runs")
    first, second, third = told(mlbuild("runs", "--json").out)["builds"]
    assert {one["metric"]: one["difference"] for one in first["metrics"]}["roc_auc"] is None
    similar = {one["metric"]: one for one in second["metrics"]}
    worse = {one["metric"]: one for one in third["metrics"]}
    assert not similar["roc_auc"]["difference"]["beyond_chance"]
    for name in ("log_loss", "roc_auc", "accuracy"):
        apart = worse[name]["difference"]
        low, high = apart["interval"]
        assert apart["beyond_chance"] and low < apart["difference"] < high and low * high > 0
        assert apart["difference"] == pytest.approx(worse[name]["value"] - similar[name]["value"])
        # The interval of a value is wider than that of the difference to a similar model.
        own = similar[name]["interval"]
        if found := similar[name]["difference"]["interval"]:
            assert found[1] - found[0] < own[1] - own[0]
    assert done.out.splitlines()[-2].count(" *") == 3
    assert done.out.splitlines()[-1].startswith(
        "* the difference from the row above is statistically significant"
    )


@pytest.mark.parametrize("lost", ["predictions", "rows"])
def test_there_is_no_mark_without_the_same_rows(mlbuild: Command, lost: str) -> None:
    spec = visits(mlbuild.folder)
    mlbuild("build")
    if lost == "rows":
        spec.write_text(SPEC.replace("test: 0.4", "test: 0.3"))
    assert mlbuild("build", "--set", WITHOUT_X).code == 0
    if lost == "predictions":
        assert mlbuild("gc", "--keep-builds", "0", "--delete", "--set", WITHOUT_X).code == 0
        for path in (mlbuild.folder / ".mlbuild/ac").rglob("*"):
            if path.is_file():
                path.unlink()
    *_, last = told(mlbuild("runs", "--json").out)["builds"]
    for one in last["metrics"]:
        assert one["difference"]["difference"] and one["difference"]["interval"] is None
        assert not one["difference"]["beyond_chance"]
    assert "*" not in mlbuild("runs").out


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("roc_auc > 0.6", [0, 1]),
        ('"one.test.roc_auc" > 0.6 AND "one.valid.log_loss" < 1', [0, 1]),
        ("roc_auc <= 0.6", [2]),
        ("outcome <> 'ok'", [3]),
        ("outcome = 'ok' AND seconds >= 0", [0, 1, 2]),
        ("roc_auc IS NULL", [3]),
    ],
)
def test_a_condition_chooses_builds(mlbuild: Command, condition: str, kept: list[int]) -> None:
    visits(mlbuild.folder)
    for words in ((), ("--set", "models.one.params.C=0.5"), ("--set", WITHOUT_X)):
        mlbuild("build", *words)
    (mlbuild.folder / "visits.csv").write_text("id,person,x,z,y\n1,1,a,1,true\n")
    mlbuild("build")
    names = [one["build"] for one in told(mlbuild("runs", "--json").out)["builds"]]
    found = told(mlbuild("runs", "--json", "--where", condition).out)["builds"]
    assert [one["build"] for one in found] == [names[index] for index in kept]
    last = told(mlbuild("runs", "--json", "--last", "1").out)["builds"]
    assert [one["build"] for one in last] == names[-1:]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--where", "roc_aux > 0"], "--where: unknown column 'roc_aux'"),
        (["--where", "roc_auc"], "--where: a condition must be of dtype bool"),
        (["--where", "roc_auc >"], "--where: "),
        (["--where", "outcome > 1"], "--where: "),
        (["--model", "two"], "no build has metrics of a model 'two'"),
        (["--from", "nowhere"], "there is no folder 'nowhere'"),
        (["--last", "-1"], "argument --last"),
    ],
)
def test_what_is_asked_wrongly_ends_with_2(mlbuild: Command, words: list[str], message: str) -> None:
    visits(mlbuild.folder)
    mlbuild("build", "evaluate:one")
    done = mlbuild("runs", *words)
    assert (done.code, done.out) == (2, "") and message in done.err


def test_a_project_without_builds_has_an_empty_table(mlbuild: Command) -> None:
    visits(mlbuild.folder)
    assert mlbuild("runs").out == "no builds\n"
    assert told(mlbuild("runs", "--json").out)["builds"] == []
    assert mlbuild("runs", "--where", "outcome = 'ok'").out == "no builds\n"
    assert not (mlbuild.folder / ".mlbuild").exists()


def test_a_spec_with_errors_is_no_obstacle(mlbuild: Command) -> None:
    spec = visits(mlbuild.folder)
    mlbuild("build", "evaluate:one")
    spec.write_text("mlbuild: [")
    assert len(table(mlbuild)) == 2


def test_records_of_clones_are_united_by_copying(mlbuild: Command, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder, c in ((ours, "1.0"), (theirs, "0.5")):
        folder.mkdir()
        visits(folder, SPEC.replace("C: 1.0", f"C: {c}"))
        assert mlbuild.here("-C", str(folder), "build", "evaluate:one").code == 0
        share_records(folder, tmp_path / "all")
    from_folder = told(mlbuild("runs", "--json", "--from", str(tmp_path / "all")).out)["builds"]
    assert len(from_folder) == 2
    assert from_folder[1]["changes"][0]["where"] == "models.one.params.C"
    share_records(theirs, ours / ".mlbuild/runs")
    united = told(mlbuild.here("-C", str(ours), "runs", "--json").out)["builds"]
    assert [one["build"] for one in united] == [one["build"] for one in from_folder]
    of_project = told(mlbuild("runs", "--json", "--from", str(theirs)).out)["builds"]
    assert [one["build"] for one in of_project] == [from_folder[1]["build"]]


def test_thousands_of_records_are_read(mlbuild: Command, tmp_path: Path) -> None:
    visits(mlbuild.folder)
    assert mlbuild("build").code == 0
    (path,) = (mlbuild.folder / ".mlbuild/runs").glob("*.json")
    body = json.loads(path.read_bytes())["body"]
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(2000):
        name = f"20260101T{number // 3600:02}{number // 60 % 60:02}{number % 60:02}Z-{number:06x}"
        (folder / f"{name}.json").write_bytes(
            sealed(body | {"build": name, "started": f"2026-01-01T{number:06}"})
        )
    words = ["runs", "--from", str(folder), "--where", "roc_auc > 0", "--json", "--last", "0"]
    command = [sys.executable, "-m", "mlbuild", *words]
    done = subprocess.run(command, cwd=mlbuild.folder, capture_output=True, text=True, timeout=300)
    assert len(told(done.stdout)["builds"]) == 2000, done.stderr
