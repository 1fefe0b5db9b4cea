"""`mlbuild.lock` contains what the last build was made with, and `--locked` enforces it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mlbuild import __version__
from mlbuild.cli.unchanged import facts
from tests.cli.running import Command
from tests.cli.small import ROWS, small

LIBRARIES = ["lightgbm", "mlbuild", "numpy", "onnx", "onnxruntime", "pandera", "polars"]


@pytest.fixture
def project(mlbuild: Command) -> Command:
    """The small project, built."""
    small(mlbuild.folder)
    assert mlbuild("build", "-q").code == 0
    return mlbuild


def lock(project: Command) -> dict[str, Any]:
    return tomllib.loads((project.folder / "mlbuild.lock").read_text())


def rewrite(project: Command, old: str, new: str, file: str = "mlbuild.lock") -> None:
    path = project.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_build_writes_sources_and_libraries(project: Command) -> None:
    assert [*lock(project)] == ["library", "source"]
    assert [*lock(project)["library"]] == LIBRARIES
    assert lock(project)["library"]["mlbuild"] == {"version": __version__}
    assert lock(project)["source"] == {"rows": {"sha256": sha256(ROWS)}}


def test_it_is_written_only_when_it_changes(project: Command) -> None:
    path = project.folder / "mlbuild.lock"
    before = facts(str(path))
    assert project("build", "--force").code == 0
    assert facts(str(path)) == before
    small(project.folder, ROWS + "3,false\n")
    assert project("build").code == 0
    assert lock(project)["source"]["rows"]["sha256"] == sha256(ROWS + "3,false\n")


@pytest.mark.parametrize("verb", ["build", "plan", "build -n"])
def test_what_holds_is_no_obstacle(project: Command, verb: str) -> None:
    done = project(*verb.split(), "--locked")
    assert done.code == 0, done.err


@pytest.mark.parametrize("verb", ["build", "plan", "build -n"])
def test_every_entry_that_would_change_is_told_and_nothing_runs(project: Command, verb: str) -> None:
    version = lock(project)["library"]["polars"]["version"]
    rewrite(project, f'polars]\nversion = "{version}"', 'polars]\nversion = "0.20.0"')
    rewrite(project, "[library.onnx]", "[library.tensorflow]")
    written = (project.folder / "mlbuild.lock").read_text()
    small(project.folder, ROWS + "3,false\n")
    onnx = lock(project)["library"]["tensorflow"]["version"]
    done = project(*verb.split(), "--locked")
    assert (done.code, done.out) == (7, "")
    assert done.err == (
        "mlbuild: mlbuild.lock: 4 entries would change\n"
        "  library 'onnx' is not in it\n"
        f"  library 'polars': 0.20.0 -> {version}\n"
        "  library 'tensorflow' is no longer used\n"
        "  the content of source 'rows' changed\n"
        "  help: run 'mlbuild build' without --locked to update mlbuild.lock, and commit it\n"
    )
    assert onnx and (project.folder / "mlbuild.lock").read_text() == written
    assert project("plan", "source:rows").out.startswith("RUN")


def test_the_document_tells_them_too(project: Command) -> None:
    small(project.folder, ROWS + "3,false\n")
    done = project("build", "--locked", "--json")
    document = json.loads(done.out)
    assert (done.code, document["exit_code"], document["command"]) == (7, 7, "build")
    assert document["error"]["lines"] == ["the content of source 'rows' changed"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "the file does not exist"),
        ("<<<<<<< ours\n", "the file cannot be read"),
        ("[source]\nrows = 3\n", "the file cannot be read"),
        ("source = 3\n", "the file cannot be read"),
        ("\xff", "the file cannot be read"),
    ],
)
def test_without_a_lock_nothing_holds_and_a_build_writes_it_anew(
    project: Command, content: str | None, why: str
) -> None:
    path = project.folder / "mlbuild.lock"
    whole = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    done = project("build", "--locked")
    assert done.code == 7
    assert done.err.startswith(f"mlbuild: mlbuild.lock: {why}\n  help: ")
    assert project("build").code == 0
    assert path.read_bytes() == whole


def test_a_truncated_lock_stops_no_command(project: Command) -> None:
    path = project.folder / "mlbuild.lock"
    whole = path.read_bytes()
    for end in range(0, len(whole), 17):
        path.write_bytes(whole[:end])
        assert project("build", "-q").code == 0
        assert path.read_bytes() == whole


def test_a_failed_build_changes_nothing(project: Command) -> None:
    before = lock(project)
    small(project.folder, ROWS + "many,false\n")
    assert project("build").code == 3
    assert lock(project) == before


def test_a_build_of_some_targets_changes_their_entries_only(project: Command) -> None:
    rewrite(project, "[library.onnx]", "[library.other]")
    small(project.folder, ROWS + "3,false\n")
    assert project("build", "dataset:all").code == 0
    assert lock(project)["source"]["rows"]["sha256"] == sha256(ROWS + "3,false\n")
    assert "other" in lock(project)["library"] and "onnx" not in lock(project)["library"]
    assert project("build", "dataset:all", "--locked").code == 0
    assert project("build", "--locked").code == 7


PROFILE = "profiles: {sample: {sources: {rows: {path: sample.csv}}}}\n"


def test_profiles_have_entries_of_their_own(project: Command) -> None:
    rewrite(project, "mlbuild: 1\n", "mlbuild: 1\n" + PROFILE, "mlbuild.yaml")
    sample = ROWS[: ROWS.index("\n", 150) + 1]
    (project.folder / "sample.csv").write_text(sample)
    plain = lock(project)
    assert project("build", "--profile", "sample", "--locked").code == 7
    assert project("build", "--profile", "sample").code == 0
    both = lock(project)
    assert both.pop("profile") == {"sample": {"source": {"rows": {"sha256": sha256(sample)}}}}, (
        "libraries are shared"
    )
    assert both == plain
    assert project("build").code == 0 and "profile" in lock(project)
    for words in ([], ["--profile", "sample"]):
        assert project("build", "--locked", *words).code == 0
    version = plain["library"]["polars"]["version"]
    rewrite(project, f'version = "{version}"', 'version = "0.1"', "mlbuild.lock")
    ran = project("build", "--locked", "--profile", "sample")
    assert ran.code == 7 and " 0.1 -> " in ran.err
    assert project("build", "--profile", "sample").code == 0, "its own version is noted then"
    assert len(lock(project)["profile"]["sample"]["library"]) == 1
    assert project("build", "--locked", "--profile", "sample").code == 0
    assert project("build").code == 0 and "library" not in lock(project)["profile"]["sample"]


def test_a_trial_with_settings_changes_nothing_but_is_held_to_the_lock(project: Command) -> None:
    before = lock(project)
    (project.folder / "other.csv").write_text(ROWS + "3,false\n")
    trial = ["--set", "sources.rows.path=other.csv"]
    assert project("build", *trial).code == 0
    assert lock(project) == before
    assert project("build", "--locked", *trial).code == 7
    assert project("build", "--locked", "--set", "models.one.params.num_leaves=3").code == 0


def test_each_spec_of_a_folder_has_a_lock_of_its_own(project: Command) -> None:
    (project.folder / "mlbuild.yaml").rename(project.folder / "late.mlbuild.yaml")
    assert project("-f", "late.mlbuild.yaml", "build").code == 0
    assert (project.folder / "late.mlbuild.lock").read_bytes() == (
        project.folder / "mlbuild.lock"
    ).read_bytes()


def git(folder: Path, *words: str) -> bool:
    """Run git; return whether it succeeded."""
    names = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *names, *words], cwd=folder, check=False, capture_output=True)
    return done.returncode == 0


def with_source(project: Command, name: str) -> None:
    """Add a source with its own dataset, and build."""
    (project.folder / f"{name}.csv").write_text(ROWS + f"{len(name)},false\n")
    rewrite(
        project, "sources: {", f"sources: {{{name}: {{path: {name}.csv, contract: row}}, ", "mlbuild.yaml"
    )
    rewrite(project, "datasets: {", f"datasets: {{only_{name}: {{from: {name}}}, ", "mlbuild.yaml")
    assert project("build", "-q").code == 0


def branches(project: Command, *names: str) -> bool:
    """Add each source on a separate branch, and merge the branches; return whether git can do this."""
    for words in ("init -q -b main", "add mlbuild.lock mlbuild.yaml", "commit -qm base"):
        assert git(project.folder, *words.split())
    for name in names:
        assert git(project.folder, "checkout", "-qb", name, "main")
        with_source(project, name)
        assert git(project.folder, "commit", "-qm", name, "mlbuild.lock")
        assert git(project.folder, "checkout", "-q", "--", "mlbuild.yaml")
    merged = git(project.folder, "merge", "-q", names[0])
    for name in names:
        path = f"{name}: {{path: {name}.csv, contract: row}}"
        rewrite(project, "sources: {", f"sources: {{{path}, ", "mlbuild.yaml")
        rewrite(project, "datasets: {", f"datasets: {{only_{name}: {{from: {name}}}, ", "mlbuild.yaml")
    return merged


@pytest.mark.parametrize("neighbors", [False, True])
@pytest.mark.parametrize("union", [False, True])
def test_git_merges_what_two_branches_add(project: Command, neighbors: bool, union: bool) -> None:
    names = ("airports", "planes") if neighbors else ("planes", "stations")
    if union:
        (project.folder / ".gitattributes").write_text("mlbuild.lock merge=union\n")
    merged = branches(project, *names)
    assert merged is (union or not neighbors)
    assert project("build", "--locked").code == (0 if merged else 7)
    assert project("build").code == 0 and project("build", "--locked").code == 0
    assert [*lock(project)["source"]] == sorted([*names, "rows"])


def test_a_lock_that_cannot_be_written_is_told(project: Command, tmp_path: Path) -> None:
    (project.folder / "mlbuild.lock").unlink()
    (project.folder / "mlbuild.lock").mkdir()
    done = project("build")
    assert (done.code, done.err.splitlines()[0]) == (
        7,
        "mlbuild: cannot write 'mlbuild.lock': is a directory",
    )
