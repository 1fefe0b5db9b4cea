"""A published model is promoted to a channel, compared with as a baseline, and rolled back."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlbuild.cli.exits import DATA, GATE, OK, USAGE
from mlbuild.pipeline.channels.channel import MOST
from tests.cli.running import Command
from tests.verdicts.loans import edited, loans

GATES = """\
  trees:
    model: trees
    baseline: {type: channel, name: prod}
    gates:
      - {gate: no_worse, metric: log_loss, margin: 0.5}
      - {gate: churn, max: 0.5}
"""
#: The kinds of tasks that read the baseline of an output, directly or not.
AGAIN = {"baseline", "compare", "judge", "gate", "report", "publish"}


@pytest.fixture
def project(tmp_path: Path, mlbuild: Command) -> Path:
    """Build a project whose output is compared with a channel; return its spec."""
    file = loans(tmp_path, "", None, ("  trees: {model: trees}\n", GATES))
    done = mlbuild("build", "-j", "1")
    assert done.code == OK, done.err
    missing = "there is no channel 'prod' yet"
    assert f"    NO_BASELINE  no_worse log_loss, margin 0.5: {missing}" in done.out.splitlines()
    return file


def channel(folder: Path) -> Any:
    return json.loads((folder / "channels/prod.json").read_text())


def model(folder: Path, place: str = "dist/trees") -> bytes:
    return (folder / place / "model.onnx").read_bytes()


def ran(mlbuild: Command) -> list[str]:
    told = json.loads(mlbuild("build", "-j", "1", "--json").out)
    return [one["task"] for one in told["tasks"] if one["outcome"] in ("ran", "failed")]


def kinds(tasks: list[str]) -> set[str]:
    assert all(task.endswith(":trees") for task in tasks)
    return {task.partition(":")[0] for task in tasks}


def changed(file: Path, rounds: int, mlbuild: Command) -> None:
    """Build another model."""
    text = file.read_text()
    start = text.index("num_iterations: ") + len("num_iterations: ")
    file.write_text(text[:start] + str(rounds) + text[text.index(",", start) :])
    assert mlbuild("build", "-j", "1").code == OK


def test_a_promoted_model_is_the_baseline_until_another_one_is(project: Path, mlbuild: Command) -> None:
    folder = project.parent
    done = mlbuild("promote", "trees", "prod", "--why", "first")
    assert done.code == OK, done.err
    told = channel(folder)
    assert done.out.splitlines()[0] == f"prod is now trees {told['digest'][7:19]}"
    assert (told["output"], told["previous"], told["why"], told["forced"]) == ("trees", None, "first", False)
    assert told["gates"] == {"no_worse log_loss, margin 0.5": "no_baseline", "churn <= 0.5": "no_baseline"}
    assert {file.name for file in (folder / "channels/prod").iterdir()} == {*told["files"]}
    assert model(folder, "channels/prod") == model(folder)
    first = model(folder)

    assert kinds(ran(mlbuild)) == AGAIN, "the channel is an input of its baseline, and of nothing else"
    gates = json.loads((folder / "dist/trees/gates.json").read_text())["gates"]
    assert [one["text"] for one in gates] == [
        "the predictions are those of the baseline",
        "0 of the predicted classes differ",
    ]
    assert ran(mlbuild) == []
    assert "has this model already" not in mlbuild("promote", "trees", "prod").out, "its gates.json is new"
    assert mlbuild("promote", "trees", "prod").out == "prod has this model already\n"
    assert ran(mlbuild) == [], "the same model, whoever promoted it"

    changed(project, 3, mlbuild)
    assert mlbuild("promote", "trees", "prod").code == OK
    assert kinds(ran(mlbuild)) == AGAIN - {"gate"}, "the gates found the same as before"
    assert channel(folder)["previous"] == told["digest"]
    back = mlbuild("rollback", "prod", "--why", "worse")
    assert back.code == OK and back.out.startswith("prod is back at trees ")
    assert model(folder, "channels/prod") == first
    assert ran(mlbuild) == [], "this comparison was made before"


def test_the_history_is_listed_and_rolled_back_step_by_step(project: Path, mlbuild: Command) -> None:
    folder, models = project.parent, []
    for rounds in (20, 3, 4):
        changed(project, rounds, mlbuild)
        assert mlbuild("promote", "trees", "prod", "--why", f"{rounds} rounds").code == OK
        models.append(model(folder))
    assert mlbuild("gc", "--delete", "--keep-builds", "0").code == OK
    for before in models[-2::-1]:
        assert mlbuild("rollback", "prod").code == OK
        assert model(folder, "channels/prod") == before
    done = mlbuild("rollback", "prod")
    assert (done.code, done.out) == (USAGE, "")
    assert "channel 'prod' has no previous model" in done.err
    lines = mlbuild("channels", "prod").out.splitlines()
    assert [line.split()[0] for line in lines] == ["rollback", "rollback", "promote", "promote", "promote"]
    assert lines[-1].endswith(": 20 rounds") and lines[2].endswith(": 4 rounds")
    (line,) = mlbuild("channels").out.splitlines()
    assert line.startswith("prod  ")
    told = json.loads(mlbuild("channels", "--json").out)
    assert (told["damaged"], len(told["channels"][0]["history"])) == ({}, 4)
    # After a rollback, the next promotion goes back to what was there.
    assert mlbuild("promote", "trees", "prod").code == OK
    assert mlbuild("rollback", "prod").code == OK and model(folder, "channels/prod") == models[0]


def test_only_what_a_build_published_is_promoted(project: Path, mlbuild: Command) -> None:
    folder = project.parent
    never = mlbuild("promote", "line", "prod", "-C", str(folder))
    assert never.code == OK
    shutil.rmtree(folder / "channels")
    metrics = folder / "dist/trees/metrics.json"
    metrics.write_text("{}")
    done = mlbuild("promote", "trees", "prod")
    assert (done.code, done.out) == (GATE, "")
    assert "'dist/trees/metrics.json' was changed after the build published it" in done.err
    assert "--force --why TEXT" in done.err and not (folder / "channels").exists()
    alone = mlbuild("promote", "trees", "prod", "--force")
    assert alone.code == USAGE and "--force needs a reason" in alone.err
    assert mlbuild("promote", "trees", "prod", "--force", "--why", "urgent").code == OK
    told = channel(folder)
    assert (told["forced"], told["why"], told["build"]) == (True, "urgent", None)
    assert "(forced)" in mlbuild("channels").out
    assert mlbuild("build", "-j", "1").code == OK  # it repairs the folder
    edited(project, ("margin: 0.5", "margin: 0"), ("num_iterations: 20", "num_iterations: 1"))
    assert mlbuild("build", "-j", "1").code == GATE
    assert mlbuild("promote", "trees", "prod").code == OK, "what is published is what passed"
    shutil.rmtree(folder / ".mlbuild")
    assert "no build of this folder published 'dist/line'" in mlbuild("promote", "line", "other").err


WRONG_WORDS: dict[str, tuple[tuple[str, ...], str]] = {
    "no output": (("promote", "tree", "prod"), "there is no output 'tree'\n  help: did you mean 'trees'?\n"),
    "no name": (("promote", "trees", "../prod"), "'../prod' is not the name of a channel"),
    "a build": (("promote", "trees", "last"), "'last' names a build"),
    "a trial": (("promote", "trees", "prod", "--set", "seed=3"), "a trial with --set is not published"),
    "no channel": (("channels", "prod"), "there is no channel 'prod'\n  help: channels: none\n"),
}


@pytest.mark.parametrize(("words", "wanted"), WRONG_WORDS.values(), ids=WRONG_WORDS)
def test_wrong_words_are_told(tmp_path: Path, mlbuild: Command, words: tuple[str, ...], wanted: str) -> None:
    loans(tmp_path, "")
    done = mlbuild(*words)
    assert done.code == USAGE and wanted in done.err


def rewritten(**keys: Any) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        told = json.loads(file.read_text()) | keys
        file.write_text(json.dumps(told))

    return damage


def swapped(name: str) -> Callable[[Path], None]:
    """Let the file name another file than one of its folder."""

    def damage(file: Path) -> None:
        told = json.loads(file.read_text())
        told["files"][name] = told["files"].pop("contract.json")
        file.write_text(json.dumps(told))

    return damage


def written(text: str) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        file.write_text(text)

    return damage


def nested(file: Path) -> None:
    file.write_text("[" * 100_000)


def linked(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


DAMAGE: dict[str, Callable[[Path], None]] = {
    "no JSON": written("{"),
    "nested too deeply": nested,
    "a list": written("[]"),
    "a device": linked,
    "a path out of the folder": swapped("../../mlbuild.yaml"),
    "an absolute path": swapped("/etc/passwd"),
    "a path of Windows": swapped("..\\x"),
    "no digest": rewritten(digest="sha256:12"),
    "another algorithm": rewritten(digest="md5:" + "0" * 64),
    "no model": rewritten(files={}),
    "an unknown action": rewritten(action="delete"),
    "an endless history": rewritten(history=[{}] * MOST),
    "a text that is none": rewritten(why=["x"]),
    "a newer version": rewritten(format=2),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_channel_is_a_clear_error_everywhere(
    promoted: Path, mlbuild: Command, damage: Callable[[Path], None]
) -> None:
    damage(promoted / "channels/prod.json")
    before = {file.name: file.read_bytes() for file in (promoted / "channels/prod").iterdir()}
    for words in (
        ("rollback", "prod"),
        ("promote", "trees", "prod"),
        ("diff", "prod", "last"),
    ):
        done = mlbuild(*words)
        assert done.code == DATA, (words, done.err)
        assert "channels/prod.json" in done.err and "Traceback" not in done.err, words
    done = mlbuild("channels")
    assert done.code == DATA and "prod: 'channels/prod.json' " in done.out
    assert before == {file.name: file.read_bytes() for file in (promoted / "channels/prod").iterdir()}


def test_a_build_with_a_damaged_channel_fails(project: Path, mlbuild: Command) -> None:
    (project.parent / "channels").mkdir()
    (project.parent / "channels/prod.json").write_text("{}")
    done = mlbuild("build", "-j", "1")
    assert done.code == DATA
    assert "failed  baseline:trees: 'channels/prod.json' is damaged: it does not have the form" in done.err


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "project"


@pytest.fixture
def promoted(kept: Path, tmp_path: Path, mlbuild: Command) -> Path:
    """Return a project with a channel. It is built once."""
    loans(tmp_path, "", None, ("  trees: {model: trees}\n", GATES))
    if not kept.exists():
        assert mlbuild("build", "-j", "1").code == OK
        assert mlbuild("promote", "trees", "prod").code == OK
        shutil.copytree(tmp_path, kept, ignore=shutil.ignore_patterns(".mlbuild"))
    else:
        shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_files_that_are_lost_are_restored_from_the_store(project: Path, mlbuild: Command) -> None:
    folder = project.parent
    assert mlbuild("promote", "trees", "prod").code == OK
    (folder / "channels/prod/model.onnx").write_bytes(b"another")
    done = mlbuild("build", "-j", "1")
    reason = "'channels/prod/model.onnx' is missing or not the promoted file"
    assert f"    NO_BASELINE  churn <= 0.5: {reason}" in done.out.splitlines()
    assert reason in mlbuild("diff", "prod", "last").err
    assert mlbuild("channels").code == OK
    assert model(folder, "channels/prod") == model(folder)
    shutil.rmtree(folder / "channels/prod")
    shutil.rmtree(folder / ".mlbuild")
    done = mlbuild("channels")
    assert done.code == DATA and "no longer in the store" in done.out


def test_a_channel_in_a_lower_layer_of_the_file_system_is_replaced(
    promoted: Path, mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose image contains the channel: its folder cannot be renamed."""
    rename = os.rename

    def layered(source: str, target: str) -> None:
        if str(source).endswith("/channels/prod"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        rename(source, target)

    monkeypatch.setattr(os, "rename", layered)
    (promoted / "dist/trees/metrics.json").write_text("{}")
    done = mlbuild("promote", "trees", "prod", "--force", "--why", "urgent")
    assert done.code == OK, done.err
    assert (promoted / "channels/prod/metrics.json").read_text() == "{}"
    assert {path.name for path in (promoted / "channels").iterdir()} == {"prod", "prod.json"}


def test_channels_outside_the_project_are_not_used(project: Path, mlbuild: Command, tmp_path: Path) -> None:
    folder = project.parent
    outside = tmp_path.with_name(f"{tmp_path.name}-outside")
    outside.mkdir()
    (folder / "channels").symlink_to(outside)
    error = "error[outside-project]: the folder of channel 'prod' is outside this project"
    assert error in mlbuild("check").err
    edited(project, ("{type: channel, name: prod}", "{type: model, model: line}"))
    done = mlbuild("promote", "trees", "prod")
    assert done.code == 7 and "cannot use 'channels': it is outside the project" in done.err
    assert [*outside.iterdir()] == []


def test_diff_knows_channels_and_outputs(project: Path, mlbuild: Command) -> None:
    assert mlbuild("promote", "trees", "prod").code == OK
    changed(project, 3, mlbuild)
    done = mlbuild("diff", "prod", "trees")
    assert done.code == OK, done.err
    assert "models.trees.params.num_iterations" in done.out and "the same predictions" in done.out
    assert mlbuild("diff", "prod..trees", "--md").out.startswith("## ")
    assert "there is no build 'none'" in mlbuild("diff", "none").err
