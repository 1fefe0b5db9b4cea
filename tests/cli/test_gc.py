"""`gc` removes everything that nothing needs, and no more. `store verify` finds what is damaged."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mlbuild.engine.decide.records import find_action
from mlbuild.engine.store.store import open_store
from tests.cli.running import Command
from tests.cli.small import ROWS, shipped, small


@pytest.fixture
def project(mlbuild: Command) -> Command:
    """The small project, built with 4, 3 and 2 leaves, in that order."""
    for leaves in (4, 3, 2):
        small(mlbuild.folder, leaves=leaves)
        assert mlbuild("build", "-q").code == 0
    return mlbuild


def answer(command: Command, *words: str) -> dict[str, Any]:
    done = command(*words, "--json")
    assert done.code == 0, done.out
    found: dict[str, Any] = json.loads(done.out)
    return found


def ran(command: Command, leaves: int) -> bool:
    """Whether a build with this number of leaves runs anything."""
    small(command.folder, leaves=leaves)
    return any(task["outcome"] == "ran" for task in answer(command, "build")["tasks"])


def size(folder: Path) -> int:
    files = (path for kind in ("cas", "ac") for path in (folder / ".mlbuild" / kind).rglob("*"))
    return sum(path.stat().st_size for path in files if path.is_file())


def test_the_last_three_builds_stay(project: Command) -> None:
    done = project("gc", "--delete")
    assert (done.code, done.out.startswith("nothing to remove: the store has ")) == (0, True)
    assert not any(ran(project, leaves) for leaves in (4, 3, 2))


def test_what_would_go_is_told_first_and_nothing_goes(project: Command) -> None:
    before = size(project.folder)
    told = answer(project, "gc", "--keep-builds", "2")
    assert (told["deleted"], size(project.folder)) == (False, before)
    assert told["bytes"] + told["staying_bytes"] == before
    assert told["results"] == sum(told["builds"].values()) > 0
    done = project("gc", "--keep-builds", "2")
    (oldest,) = told["builds"]
    assert done.out.splitlines()[1:] == [f"  {told['results']} results of build {oldest}"]
    assert done.err == "  help: use --delete to remove them\n"
    assert size(project.folder) == before


@pytest.mark.parametrize(("builds", "gone"), [("2", [4]), ("1", [4, 3]), ("0", [4, 3])])
def test_builds_that_are_not_kept_run_again(project: Command, builds: str, gone: list[int]) -> None:
    told = answer(project, "gc", "--delete", "--keep-builds", builds)
    assert size(project.folder) == told["staying_bytes"]
    assert answer(project, "store", "verify")["incomplete"] == 0
    assert not ran(project, 2)
    for leaves in (4, 3):
        assert ran(project, leaves) is (leaves in gone)


def test_what_the_spec_needs_stays_even_if_it_was_built_long_ago(project: Command) -> None:
    small(project.folder, leaves=4)
    answer(project, "gc", "--delete", "--keep-builds", "0")
    assert not ran(project, 4)


def test_what_other_specs_and_profiles_need_stays(mlbuild: Command) -> None:
    spec = small(mlbuild.folder)
    text = spec.read_text() + "profiles: {big: {models: {one: {params: {num_leaves: 5}}}}}\n"
    spec.write_text(text)
    other = mlbuild.folder / "other.mlbuild.yaml"
    other.write_text(text.replace("one", "two").replace("num_leaves: 4", "num_leaves: 3"))
    builds = ("-f other.mlbuild.yaml build", "build --profile big", "build")
    for words in builds:
        answer(mlbuild, *words.split())
    told = answer(mlbuild, "gc", "--delete", "--keep-builds", "0")
    assert (told["results"], told["leftovers"]) == (0, 0)
    for words in builds:
        assert not any(task["outcome"] == "ran" for task in answer(mlbuild, *words.split())["tasks"])
    other.write_text("nothing: [")
    assert answer(mlbuild, "gc", "--keep-builds", "0")["results"] > 0
    other.unlink()
    assert answer(mlbuild, "gc", "--keep-builds", "0")["results"] > 0


def test_with_a_size_the_oldest_goes_first(project: Command) -> None:
    told = answer(
        project, "gc", "--delete", "--keep-builds", "0", "--max-size", str(size(project.folder) - 1)
    )
    assert size(project.folder) == told["staying_bytes"] <= told["max_bytes"]
    assert not ran(project, 3)
    assert ran(project, 4)


def test_a_size_that_cannot_be_is_told(project: Command) -> None:
    done = project("gc", "--keep-builds", "0", "--max-size", "1K")
    assert done.code == 0
    assert done.err == "mlbuild: the store cannot be reduced to 1 KiB: everything that is left is needed\n"


def test_tasks_that_the_spec_no_longer_has_are_forgotten(project: Command) -> None:
    notes = project.folder / ".mlbuild/tasks"
    spec = project.folder / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace("outputs: {one: {model: one}}", ""))
    assert (notes / "publish%3Aone.json").exists()
    told = answer(project, "gc", "--delete", "--keep-builds", "0")
    assert told["leftovers"] > 0
    assert not (notes / "publish%3Aone.json").exists() and (notes / "train%3Aone.json").exists()


def test_what_killed_builds_left_goes(project: Command) -> None:
    left = project.folder / ".mlbuild/tmp/0123456789ab-1-1"
    left.write_bytes(b"half")
    assert project("gc").out.startswith("removable: 0 results, 0 contents, 1 leftover (4 B); ")
    assert project("gc", "--delete").out.startswith("removed: 0 results, 0 contents, 1 leftover (4 B); ")
    assert not left.exists()


def test_there_need_not_be_a_store(mlbuild: Command) -> None:
    small(mlbuild.folder)
    assert mlbuild("gc").out == "nothing to remove: the store has 0 B\n"
    assert mlbuild("store", "verify").out == "0 contents, 0 results, 0 notes (0 B): no damage found\n"
    assert not (mlbuild.folder / ".mlbuild").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("gc --max-size much", "argument --max-size: 'much' is not a size, such as 500M or 2G"),
        ("gc --keep-builds -1", "argument --keep-builds: '-1' is not an integer >= 0"),
        ("gc --keep-builds few", "argument --keep-builds: 'few' is not an integer >= 0"),
        ("store clean", "argument verify: invalid choice: 'clean' (choose from 'verify')"),
    ],
)
def test_what_is_asked_wrongly_is_told(mlbuild: Command, words: str, said: str) -> None:
    small(mlbuild.folder)
    done = mlbuild(*words.split())
    assert done.code == 2 and said in done.err


def test_a_result_that_lacks_contents_is_told(mlbuild: Command) -> None:
    small(mlbuild.folder)
    mlbuild("build")
    store = open_store(mlbuild.folder)
    actions = [action for path in store.files("ac") if (action := find_action(store.actions, path.name))]
    users = Counter(digest for action in actions for digest in {*action.digests.values()})
    store.contents.path(next(digest for digest, count in users.items() if count == 1)).unlink()
    told = ": no damage found; 1 result is incomplete and will be recreated when needed\n"
    assert mlbuild("store", "verify").out.endswith(told)


def test_damage_is_found_removed_and_made_again(mlbuild: Command) -> None:
    small(mlbuild.folder)
    mlbuild("build")
    clean = shipped(mlbuild.folder)
    path = max((mlbuild.folder / ".mlbuild/cas").glob("*/*"), key=lambda path: path.stat().st_size)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    done = mlbuild("store", "verify")
    assert done.code == 1
    assert done.out.startswith(f"damaged: {path.relative_to(mlbuild.folder)}\n")
    told = ": 1 damaged; 2 results are incomplete and will be recreated when needed\n"
    assert done.out.endswith(told) and done.err.startswith("  help: use --repair to remove them")
    assert json.loads(mlbuild("store", "verify", "--json").out)["damaged"] == [
        str(path.relative_to(mlbuild.folder))
    ]
    assert mlbuild("store", "verify", "--repair").code == 0 and not path.exists()
    assert mlbuild("store", "verify").code == 0
    assert mlbuild("build").code == 0 and path.exists()
    assert shipped(mlbuild.folder) == clean
    assert answer(mlbuild, "store", "verify")["incomplete"] == 0


@pytest.fixture
def two(tmp_path: Path, mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> tuple[Command, Path]:
    """A command, and another project in a different folder. Both share a store."""
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(tmp_path / "cache"))
    mlbuild.folder = tmp_path / "first"
    other = tmp_path / "second"
    for folder in (mlbuild.folder, other):
        folder.mkdir()
        small(folder)
    assert mlbuild("build").code == 0
    return mlbuild, other


def test_projects_that_share_a_store_run_nothing_twice(two: tuple[Command, Path]) -> None:
    mlbuild, other = two
    assert not any((mlbuild.folder / ".mlbuild" / kind).exists() for kind in ("cas", "ac"))
    told = answer(mlbuild, "-C", str(other), "build")
    outcomes = {task["task"]: task["outcome"] for task in told["tasks"]}
    assert outcomes.pop("publish:one") == "restored" and set(outcomes.values()) == {"reused"}
    assert shipped(other) == shipped(mlbuild.folder)


def test_what_another_project_needs_stays(two: tuple[Command, Path]) -> None:
    mlbuild, other = two
    small(other, leaves=3)
    answer(mlbuild, "-C", str(other), "build")
    told = answer(mlbuild, "gc", "--delete", "--keep-builds", "0")
    assert told["results"] == 0
    shutil.rmtree(other)
    told = answer(mlbuild, "gc", "--delete", "--keep-builds", "0")
    assert told["results"] > 0 and told["leftovers"] == 1
    assert len(list((mlbuild.folder.parent / "cache/roots").iterdir())) == 1
    assert not ran(mlbuild, 4)
    assert ran(mlbuild, 3)


def test_damage_to_a_shared_store_is_mended_by_whoever_needs_it(two: tuple[Command, Path]) -> None:
    mlbuild, other = two
    clean = shipped(mlbuild.folder)
    for path in (mlbuild.folder.parent / "cache").rglob("*"):
        if path.is_file() and path.parent.parent.name in ("cas", "ac"):
            path.chmod(0o644)
            path.write_bytes(b"?")
    assert mlbuild("store", "verify").code == 1
    assert mlbuild("-C", str(other), "build").code == 0
    assert shipped(other) == clean
    assert mlbuild("build").code == 0 and mlbuild("store", "verify", "--repair").code == 0
    assert shipped(mlbuild.folder) == clean


def test_rows_of_another_content_are_another_result(two: tuple[Command, Path]) -> None:
    mlbuild, other = two
    small(other, ROWS.replace("0,False", "0,True"))
    assert mlbuild("-C", str(other), "build").code == 0
    assert shipped(other)["model.onnx"] != shipped(mlbuild.folder)["model.onnx"]
    assert mlbuild("plan", "--exit-code").code == 0
