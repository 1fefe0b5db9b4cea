"""Every build that does something writes a record, which nothing changes afterwards."""

from __future__ import annotations

import errno
import getpass
import hashlib
import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlbuild import __version__
from mlbuild.engine.exporting import swap
from mlbuild.pipeline.builds.written import place_of
from tests.cli.processes import started
from tests.cli.running import Command
from tests.cli.small import ROWS, shipped, small


def records(folder: Path) -> list[dict[str, Any]]:
    """Return the bodies of all records, the oldest first."""
    found = {
        path: json.loads(path.read_bytes())["body"] for path in (folder / ".mlbuild/runs").glob("*.json")
    }
    assert all(path.stem == record["build"] for path, record in found.items())
    return sorted(found.values(), key=lambda record: record["started"])


def record(folder: Path) -> dict[str, Any]:
    (only,) = records(folder)
    return only


def line_of(spec: Path, text: str) -> int:
    """Return the number of the first line that starts with a text."""
    lines = spec.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_record_tells_who_built_what_when_and_how_it_ended(mlbuild: Command) -> None:
    spec = small(mlbuild.folder)
    done = mlbuild("build", "--json", "output:one")
    told = json.loads(done.out)
    found = record(mlbuild.folder)
    assert (found["build"], found["outcome"], found["project"]) == (told["build"], "ok", "small")
    assert found["command"] == ["mlbuild", "build", "--json", "output:one"]
    assert (found["user"], found["host"]) == (getpass.getuser(), socket.gethostname())
    assert (found["mlbuild"], found["git"]) == (__version__, None)
    assert found["spec"].pop("values") == yaml.safe_load(spec.read_text())
    assert found["spec"].pop("lines")[1]["models"][0] == line_of(spec, "models:")
    assert found["spec"] == {
        "file": "mlbuild.yaml",
        "sha256": {"mlbuild.yaml": sha256(spec.read_bytes())},
        "profiles": [],
        "settings": [],
    }
    assert found["sources"] == {"rows": sha256(ROWS.encode())}
    files = shipped(mlbuild.folder)
    assert found["outputs"] == {"dist/one": {name: sha256(content) for name, content in files.items()}}
    for name in ("metrics", "intervals", "constant"):
        assert found[name] == {"one": json.loads(files["metrics.json"])[name]}
    outcomes = {name: task["outcome"] for name, task in found["tasks"].items()}
    assert outcomes == {task["task"]: task["outcome"] for task in told["tasks"]}
    ran = found["tasks"]["train:one"]
    assert ran["reasons"] == [{"what": "never built", "where": "train:one"}]
    assert (len(ran["key"]), ran["seconds"] > 0, ran["peak_bytes"]) == (64, True, None)


def test_a_build_that_finds_all_up_to_date_leaves_none(mlbuild: Command) -> None:
    small(mlbuild.folder)
    for _ in range(2):
        assert mlbuild("build").code == 0
    assert len(records(mlbuild.folder)) == 1


def test_what_is_reused_and_restored_is_told_too(mlbuild: Command) -> None:
    small(mlbuild.folder)
    mlbuild("build")
    (mlbuild.folder / "dist/one/model.onnx").unlink()
    mlbuild("build")
    first, second = records(mlbuild.folder)
    restored = second["tasks"].pop("publish:one")
    assert restored["outcome"] == "restored"
    assert restored["reasons"] == [{"what": "export missing", "where": "dist/one/model.onnx"}]
    assert restored["key"] == first["tasks"]["publish:one"]["key"]
    for name, task in second["tasks"].items():
        assert (task["outcome"], task["key"]) == ("reused", first["tasks"][name]["key"])
        assert task["made"] == first["build"] or first["tasks"][name]["outcome"] == "reused"
    assert second["outputs"] == first["outputs"] and second["metrics"] == first["metrics"]


def test_a_failed_build_has_one_with_the_failure(mlbuild: Command) -> None:
    small(mlbuild.folder, ROWS + "many,false\n")
    assert mlbuild("build").code == mlbuild("build").code == 3
    first, again = records(mlbuild.folder)
    assert (first["outcome"], again["outcome"]) == ("failed", "failed")
    failed = first["tasks"]["contract:rows"]
    assert (failed["outcome"], failed["failure"]["kind"]) == ("failed", "data")
    assert first["tasks"]["dataset:all"] == {"outcome": "blocked", "by": ["contract:rows"]}
    assert again["tasks"]["contract:rows"]["made"] == first["build"]
    assert first["outputs"] == {}


def test_what_could_not_be_written_is_told_as_no_output(
    mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    small(mlbuild.folder)
    monkeypatch.setattr(swap, "_copy", full)
    assert mlbuild("build").code == 7
    found = record(mlbuild.folder)
    assert found["tasks"]["publish:one"]["outcome"] == "failed" and found["outputs"] == {}
    assert [*found["metrics"]] == ["one"]


def test_profiles_settings_and_included_files_are_told(mlbuild: Command) -> None:
    spec = small(mlbuild.folder)
    head = "mlbuild: 1\ninclude: [parts/contracts.yaml]\nprofiles: {quick: {seed: 2}}\n"
    contracts = "contracts: {row: {columns: {x: float, y: bool}}}\n"
    text = spec.read_text().replace("mlbuild: 1\n", head).replace(contracts, "")
    spec.write_text(text)
    part = mlbuild.folder / "parts/contracts.yaml"
    part.parent.mkdir()
    part.write_text(contracts)
    done = mlbuild("build", "--profile", "quick", "--set", "seed=3")
    assert done.code == 0, done.err
    found = record(mlbuild.folder)["spec"]
    assert (found["profiles"], found["settings"]) == (["quick"], ["seed=3"])
    assert found["sha256"] == {
        "mlbuild.yaml": sha256(text.encode()),
        "parts/contracts.yaml": sha256(part.read_bytes()),
    }
    assert found["values"]["seed"] == 3
    places = {
        ("seed",): "--set",
        ("contracts", "row", "columns", "x"): "parts/contracts.yaml:1",
        ("models", "one", "params", "num_leaves"): f"mlbuild.yaml:{line_of(spec, 'models:')}",
        ("models", "one", "params", "learning_rate"): f"mlbuild.yaml:{line_of(spec, 'models:')}",
        ("sources", "rows", "path"): f"mlbuild.yaml:{line_of(spec, 'sources:')}",
    }
    for path, place in places.items():
        assert place_of(found["lines"], path, found["file"]) == place


def git(folder: Path, *words: str) -> str:
    names = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_the_revision_is_told_and_whether_files_differ_from_it(mlbuild: Command) -> None:
    spec = small(mlbuild.folder)
    git(mlbuild.folder, "init", "-q")
    git(mlbuild.folder, "add", ".")
    git(mlbuild.folder, "commit", "-qm", "small")
    mlbuild("build")
    spec.write_text(spec.read_text().replace("num_leaves: 4", "num_leaves: 3"))
    mlbuild("build")
    revision = git(mlbuild.folder, "rev-parse", "HEAD")
    assert [found["git"] for found in records(mlbuild.folder)] == [
        {"revision": revision, "dirty": False},
        {"revision": revision, "dirty": True},
    ]


def test_a_spec_that_is_not_in_the_revision_differs_from_it(mlbuild: Command) -> None:
    small(mlbuild.folder)
    git(mlbuild.folder, "init", "-q")
    git(mlbuild.folder, "add", "rows.csv")
    git(mlbuild.folder, "commit", "-qm", "rows")
    mlbuild("build")
    found = record(mlbuild.folder)["git"]
    assert found == {"revision": git(mlbuild.folder, "rev-parse", "HEAD"), "dirty": True}


def test_git_is_not_needed(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    small(mlbuild.folder)
    monkeypatch.setenv("PATH", "")
    assert mlbuild("build").code == 0
    assert record(mlbuild.folder)["git"] is None


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_build_that_was_interrupted_has_one(tmp_path: Path, jobs: str) -> None:
    small(tmp_path)
    with started(tmp_path, "build", "-j", jobs) as build:
        assert build.stderr is not None and "ran  source:rows" in build.stderr.readline()
        build.send_signal(signal.SIGINT)
        build.communicate()
        assert build.returncode == 130
    found = record(tmp_path)
    assert found["outcome"] in ("interrupted", "unfinished")
    assert found["sources"].get("rows", sha256(ROWS.encode())) == sha256(ROWS.encode())


def test_a_build_that_was_killed_has_one(tmp_path: Path) -> None:
    small(tmp_path)
    with started(tmp_path, "build") as build:
        assert build.stderr is not None and "ran  source:rows" in build.stderr.readline()
        os.killpg(build.pid, signal.SIGKILL)
        build.communicate()
    assert record(tmp_path)["outcome"] == "unfinished"


def test_records_of_another_clone_are_records_here(
    mlbuild: Command, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small(mlbuild.folder)
    mlbuild("build")
    (path,) = (mlbuild.folder / ".mlbuild/runs").glob("*.json")
    theirs = Command(tmp_path_factory.mktemp("theirs"), mlbuild._capsys, mlbuild._patch)
    small(theirs.folder)
    theirs("build", "contract:rows")
    (theirs.folder / ".mlbuild/runs" / path.name).write_bytes(path.read_bytes())
    assert {found["build"] for found in records(theirs.folder)} > {path.stem}
    former = json.loads(theirs("build", "--json").out)["models"][0]["former"]
    assert former["build"] == path.stem


def test_a_damaged_record_stops_no_command(mlbuild: Command) -> None:
    small(mlbuild.folder)
    mlbuild("build")
    (path,) = (mlbuild.folder / ".mlbuild/runs").glob("*.json")
    whole = path.read_bytes()
    for content in (b"", whole[:100], whole[:-1], b"{}"):
        path.write_bytes(content)
        for words in (["build"], ["status"], ["plan"], ["gc"], ["why", "train:one"]):
            assert mlbuild(*words).code == 0
