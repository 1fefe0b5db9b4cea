"""What each change makes a build with more than a hundred tasks run, and that it ends like a clean build.

Changed content, changed times, a fresh checkout, a deleted intermediate result, an output edited by hand.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mlbuild.engine.decide.records import find_action, find_record
from mlbuild.engine.store.store import open_store
from tests.cli.hundred import TABLES, TASKS, hundred, rows, table
from tests.cli.running import Command
from tests.cli.starting import Starter
from tests.projects import copied

OUTPUTS = ("trees", "line", "other")
PUBLISHED = {f"publish:{name}" for name in OUTPUTS}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the project after its first build."""
    place = tmp_path_factory.mktemp("pristine")
    hundred(place / "project")
    start = Starter(place / "project", place / "mlbuild")
    done = start("build", "--json")
    assert len(json.loads(done.out)["tasks"]) == TASKS > 100
    return start.folder


class Project:
    """A project in its own folder. `call` runs a command in this process, `start` in a new one."""

    def __init__(self, folder: Path, call: Command, **environment: str) -> None:
        self.folder, self._call = folder, call
        self.start = Starter(folder, folder.parent / "mlbuild", **environment)

    def call(self, *words: str) -> dict[str, Any]:
        done = self._call("-C", str(self.folder), "-q", *words, "--json")
        assert done.code == 0, done
        told: dict[str, Any] = json.loads(done.out)
        return told

    def foreseen(self, *words: str) -> dict[str, set[str]]:
        """Return the tasks in a plan, by the decision about them."""
        found: dict[str, set[str]] = {}
        for task in self.call("plan", *words)["tasks"]:
            found.setdefault(task["decision"], set()).add(task["task"])
        return found

    def built(self, *words: str) -> dict[str, set[str]]:
        """Return the tasks that a build ran and restored.

        Check that the plan predicted this, and that the next build reuses all.
        """
        plan = self.foreseen(*words)
        found: dict[str, set[str]] = {"ran": set(), "restored": set(), "reused": set()}
        for task in self.call("build", *words)["tasks"]:
            found[task["outcome"]].add(task["task"])
        assert plan.get("run", set()) <= found["ran"] <= plan.get("run", set()) | plan.get("maybe", set())
        assert plan.get("reuse", set()) <= found["reused"]
        assert plan.get("restore", set()) <= found["restored"]
        assert len(set().union(*found.values())) == TASKS
        assert {task["outcome"] for task in self.call("build", *words)["tasks"]} == {"reused"}
        del found["reused"]
        return found

    def assert_nothing_to_do(self) -> None:
        """Check this in a separate process, which may answer from a snapshot."""
        done = self.start("build")
        assert done.code == 0 and re.fullmatch(rf"{TASKS} reused in [\d.]+ s\n", done.err)

    def cleanly_built(self) -> Path:
        """Return the folder of the same project after a clean build."""
        place = self.folder.parent / "clean"
        shutil.copytree(self.folder, place, ignore=shutil.ignore_patterns(".mlbuild", "dist", "*.lock"))
        Project(place, self._call).call("build")
        return place


@pytest.fixture
def project(pristine: Path, mlbuild: Command) -> Project:
    """The built project in a new folder."""
    folder = mlbuild.folder / "project"
    copied(pristine, folder)
    return Project(folder, mlbuild)


def shipped(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in (folder / "dist").glob("*/*")}


def results(folder: Path) -> dict[str, Mapping[str, str]]:
    """Return the digests of the parts of each task's last result."""
    store = open_store(folder)
    names = [json.loads(path.read_bytes())["body"]["task"] for path in (folder / ".mlbuild/tasks").iterdir()]
    records = {name: find_record(store.local, name) for name in names}
    actions = {name: find_action(store.actions, record.key) for name, record in records.items() if record}
    return {name: action.digests for name, action in actions.items() if action}


def assert_as_clean(project: Project, clean: Path) -> None:
    """Check that all results and outputs are those of a clean build."""
    assert len(shipped(clean)) == 10 * len(OUTPUTS) and len(results(clean)) == TASKS
    assert shipped(project.folder) == shipped(clean)
    assert results(project.folder) == results(clean)


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def of(name: str, *kinds: str) -> set[str]:
    return {f"{kind}:{name}" for kind in kinds}


FROM_TRAIN = (
    "train",
    "predict",
    "evaluate",
    "artifact",
    "verify",
    "profile",
    "examples",
    "importance",
    "report",
    "publish",
)


# Changed content


def test_a_changed_column_reruns_what_reads_it(project: Project) -> None:
    """One dataset has the column, another one joins that dataset, and two models are fitted on the result."""
    table(project.folder, 1).write_text(rows(1, step=11))
    ran = {"source:t1", "contract:t1", "describe:t1"}
    ran |= of("d0", "dataset", "describe", "drift") | of("d1", "dataset", "describe", "drift")
    ran |= of("trees", "fit", "features", "bin", *FROM_TRAIN) | of("line", "fit", "features", *FROM_TRAIN)
    assert project.built() == {"ran": ran, "restored": set()}
    assert_as_clean(project, project.cleanly_built())


def test_a_changed_value_that_no_model_reads_stops_at_the_tables(project: Project) -> None:
    rewrite(table(project.folder, 20), "\n3,10.5,", "\n3,17.5,")
    ran = {"source:t20", "contract:t20", "describe:t20"}
    ran |= of("d19", "dataset", "describe", "drift") | of("d20", "dataset", "describe", "drift")
    assert project.built() == {"ran": ran, "restored": set()}
    assert_as_clean(project, project.cleanly_built())


def test_a_changed_value_that_nothing_reads_stops_at_the_source(project: Project, pristine: Path) -> None:
    rewrite(table(project.folder, 0), ",3\n", ",4\n")
    assert project.built() == {"ran": {"source:t0"}, "restored": set()}
    project.assert_nothing_to_do()
    assert_as_clean(project, pristine)


def test_what_is_changed_back_runs_nothing(project: Project, pristine: Path) -> None:
    table(project.folder, 10).write_text(rows(10, step=11))
    assert "publish:other" in project.built()["ran"]
    table(project.folder, 10).write_text(rows(10))
    assert project.built() == {"ran": set(), "restored": {"publish:other"}}
    assert_as_clean(project, pristine)


# Changed times


def test_other_times_run_nothing(project: Project, pristine: Path) -> None:
    project.start.settled()
    folder = project.folder
    data, made = [*folder.glob("data/*")], [*folder.glob("dist/*/*")]
    for files in ([data[0]], [folder / "mlbuild.yaml"], [made[0]], [*data, folder / "mlbuild.yaml", *made]):
        for time in (None, (1_000_000_000, 1_000_000_000)):
            for file in files:
                os.utime(file, time)
            done = project.start("build")
            assert (done.code, done.in_full) == (0, False)
            assert re.fullmatch(rf"{TASKS} reused in [\d.]+ s\n", done.err)
    assert project.start("build").at_once
    assert_as_clean(project, pristine)


# A fresh checkout


def test_a_copy_does_not_use_the_store_that_came_with_it(pristine: Path, mlbuild: Command) -> None:
    copy = mlbuild.folder / "copy"
    shutil.copytree(pristine, copy, copy_function=shutil.copy)
    done = mlbuild("-C", str(copy), "build")
    assert "'.mlbuild' was created elsewhere" in done.err
    assert "reused" not in done.err
    assert_as_clean(Project(copy, mlbuild), pristine)


def git(folder: Path, *words: str) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True)


def test_a_clone_that_shares_a_store_runs_nothing(
    pristine: Path, mlbuild: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = {"MLBUILD_CACHE_DIR": str(mlbuild.folder / "shared")}
    monkeypatch.setenv("MLBUILD_CACHE_DIR", shared["MLBUILD_CACHE_DIR"])
    first = Project(mlbuild.folder / "first", mlbuild, **shared)
    shutil.copytree(pristine, first.folder, ignore=shutil.ignore_patterns("dist", ".mlbuild"))
    first.call("build")
    (first.folder / ".gitignore").write_text("dist/\n")
    git(first.folder, "init", "-q")
    git(first.folder, "add", ".")
    git(first.folder, "commit", "-qm", "all")
    git(mlbuild.folder, "clone", "-q", "first", "clone")
    clone = Project(mlbuild.folder / "clone", mlbuild, **shared)
    assert clone.built("--locked") == {"ran": set(), "restored": PUBLISHED}
    clone.assert_nothing_to_do()
    assert_as_clean(clone, first.folder)
    assert shipped(first.folder) == shipped(pristine)


# Deleted intermediate results, and other damage to the store


def kept(project: Project, task: str, part: str) -> Path:
    """Return the stored content of a part."""
    path = open_store(project.folder).contents.path(results(project.folder)[task][part])
    assert path.is_file()
    return path


def damage(file: Path) -> None:
    """Replace the bytes of a file by others, keeping the size."""
    file.chmod(0o644)
    file.write_bytes(bytes(file.stat().st_size))


@pytest.mark.parametrize(
    ("task", "part"),
    [
        ("source:t7", "all/size"),
        ("dataset:d0", "train/size"),
        ("fit:trees", "states"),
        ("bin:trees", "bins"),
        ("train:line", "fitted"),
        ("artifact:trees", "model.onnx"),
    ],
)
def test_a_deleted_intermediate_is_made_again_and_nothing_else(
    project: Project, pristine: Path, task: str, part: str
) -> None:
    kept(project, task, part).unlink()
    assert project.built() == {"ran": {task}, "restored": set()}
    assert_as_clean(project, pristine)


def test_where_all_intermediates_are_deleted_all_is_made_again(project: Project, pristine: Path) -> None:
    shutil.rmtree(project.folder / ".mlbuild/cas")
    needed = {f"source:t{number}" for number in range(TABLES)} | of("trees", "bin", "train", "artifact")
    assert project.built()["ran"] >= needed
    assert_as_clean(project, pristine)


def test_a_damaged_intermediate_that_nobody_needs_changes_nothing(project: Project) -> None:
    damage(kept(project, "source:t7", "all/size"))
    damage(kept(project, "dataset:d0", "train/size"))
    damage(kept(project, "bin:trees", "bins"))
    assert set(project.foreseen()) == {"reuse"}
    assert project.built() == {"ran": set(), "restored": set()}


def test_a_damaged_intermediate_that_is_needed_is_made_again(project: Project) -> None:
    """Contents are compared when they are read.

    A plan does not read them, so it still shows that `bin` is reused.
    """
    damage(kept(project, "bin:trees", "bins"))
    damage(kept(project, "bin:other", "bins"))
    rewrite(project.folder / "mlbuild.yaml", "num_iterations: 3", "num_iterations: 4")
    assert "bin:trees" in project.foreseen()["reuse"]
    outcomes = {task["task"]: task["outcome"] for task in project.call("build")["tasks"]}
    assert {task for task in outcomes if outcomes[task] == "ran"} == {"bin:trees", *of("trees", *FROM_TRAIN)}
    kept(project, "bin:other", "bins").unlink()
    assert project.built() == {"ran": {"bin:other"}, "restored": set()}
    assert_as_clean(project, project.cleanly_built())


def test_intermediates_of_former_builds_can_be_deleted(project: Project, pristine: Path) -> None:
    rewrite(project.folder / "mlbuild.yaml", "num_iterations: 3", "num_iterations: 4")
    project.call("build")
    rewrite(project.folder / "mlbuild.yaml", "num_iterations: 4", "num_iterations: 3")
    assert project.built() == {"ran": set(), "restored": {"publish:trees"}}
    known = {digest for digests in results(project.folder).values() for digest in digests.values()}
    others = [path for path in (project.folder / ".mlbuild/cas").glob("*/*") if path.name not in known]
    assert others
    for path in others:
        path.unlink()
    assert project.built() == {"ran": set(), "restored": set()}
    assert_as_clean(project, pristine)


# Outputs edited by hand


def edited(folder: Path) -> None:
    """Change a byte of each file, keeping time and size."""
    file = folder / "dist/trees/model.onnx"
    before, content = file.stat(), bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


EDITS: dict[str, Callable[[Path], object]] = {
    "a byte": edited,
    "all of it": lambda folder: (folder / "dist/trees/metrics.json").write_text("{}"),
    "deleted": lambda folder: (folder / "dist/trees/model.onnx").unlink(),
    "a folder deleted": lambda folder: shutil.rmtree(folder / "dist/trees"),
    "a file added": lambda folder: (folder / "dist/trees/notes.txt").write_text("mine"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_output_edited_by_hand_is_restored(project: Project, pristine: Path, edit: str) -> None:
    EDITS[edit](project.folder)
    assert project.built() == {"ran": set(), "restored": {"publish:trees"}}
    project.assert_nothing_to_do()
    assert_as_clean(project, pristine)
