"""The revision of a project is what git reports, and finding it never runs anything from a repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.engine.store.store import open_store
from mlbuild.params import Json
from mlbuild.pipeline.builds.revision import checked_out
from tests.cli.small import small

SPEC, ROWS = "mlbuild.yaml", "rows.csv"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use git without the configuration of the user who runs the tests."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    settings = '[user]\n\tname = a\n\temail = a@b.c\n[protocol "file"]\n\tallow = always\n'
    (home / ".gitconfig").write_text(settings)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(folder: Path, *words: str) -> Path:
    """Return a project whose files are all committed."""
    folder.mkdir(parents=True)
    (folder / SPEC).write_text("mlbuild: 1\n")
    (folder / ROWS).write_text("x\n1\n")
    git(folder, "init", "-q", *words)
    return committed(folder)


def committed(folder: Path) -> Path:
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "all")
    return folder


def told(folder: Path) -> Json | None:
    return checked_out(folder, [SPEC], open_store(folder).contents)


class Trap:
    """A program that leaves a mark when it runs, for use in configurations."""

    def __init__(self, folder: Path) -> None:
        self._mark = folder / "sprung"
        self.program = folder / "trap"
        self.program.write_text(f"#!/bin/sh\n: > '{self._mark}'\nexit 1\n")
        self.program.chmod(0o755)

    def sprung(self) -> bool:
        """Whether it has run since the last call."""
        found = self._mark.exists()
        self._mark.unlink(missing_ok=True)
        return found

    def setting(self, section: str, key: str) -> str:
        return f"[{section}]\n\t{key} = {self.program}\n"


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


Lay = Callable[[Path, Trap], Path]


def _append(file: Path, text: str) -> None:
    with file.open("a") as config:
        config.write(text)


def _touch(folder: Path) -> None:
    os.utime(folder / ROWS, (1, 1))


def bare_folder_of_a_clone(folder: Path, trap: Trap) -> Path:
    """Create files that make a folder a bare repository, in a commit that anyone can clone."""
    project = folder / "original" / "project"
    for name in ("objects", "refs/heads"):
        (project / name).mkdir(parents=True)
        (project / name / ".keep").touch()
    (project / "HEAD").write_text("ref: refs/heads/main\n")
    config = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n"
    (project / "config").write_text(config + trap.setting("core", "fsmonitor"))
    repository(folder / "own")
    for name in (SPEC, ROWS):
        (project / name).write_bytes((folder / "own" / name).read_bytes())
    git(folder / "original", "init", "-q")
    committed(folder / "original")
    git(folder, "clone", "-q", "original", "clone")
    return folder / "clone" / "project"


def monitor(folder: Path, trap: Trap) -> Path:
    project = repository(folder / "project")
    _append(project / ".git/config", trap.setting("core", "fsmonitor"))
    return project


def clean_filter(folder: Path, trap: Trap) -> Path:
    return _filter(folder, trap, "clean", ".gitattributes")


def process_filter(folder: Path, trap: Trap) -> Path:
    return _filter(folder, trap, "process", ".gitattributes")


def filter_of_own_attributes(folder: Path, trap: Trap) -> Path:
    return _filter(folder, trap, "clean", ".git/info/attributes")


def _filter(folder: Path, trap: Trap, kind: str, attributes: str) -> Path:
    project = repository(folder / "project")
    (project / attributes).write_text("* filter=x\n")
    _append(project / ".git/config", trap.setting('filter "x"', kind))
    _touch(project)
    return project


def included(folder: Path, trap: Trap) -> Path:
    project = repository(folder / "project")
    (project / "more").write_text(trap.setting("core", "fsmonitor"))
    _append(project / ".git/config", "[include]\n\tpath = ../more\n")
    return project


def included_if(folder: Path, trap: Trap) -> Path:
    project = repository(folder / "project")
    (project / "more").write_text(trap.setting("core", "fsmonitor"))
    _append(project / ".git/config", '[includeIf "gitdir:**"]\n\tpath = ../more\n')
    return project


def settings_of_a_work_tree(folder: Path, trap: Trap) -> Path:
    project = repository(folder / "project")
    git(project, "config", "extensions.worktreeConfig", "true")
    (project / ".git/config.worktree").write_text(trap.setting("core", "fsmonitor"))
    return project


def git_folder_elsewhere(folder: Path, trap: Trap) -> Path:
    project = monitor(folder, trap)
    (project / ".git").rename(folder / "elsewhere")
    (project / ".git").write_text("gitdir: ../elsewhere\n")
    return project


def linked_git_folder(folder: Path, trap: Trap) -> Path:
    project = monitor(folder, trap)
    (project / ".git").rename(folder / "elsewhere")
    (project / ".git").symlink_to("../elsewhere")
    return project


def linked_work_tree(folder: Path, trap: Trap) -> Path:
    original = monitor(folder, trap)
    git(original, "worktree", "add", "-q", "../tree")
    return folder / "tree"


def submodule(folder: Path, trap: Trap) -> Path:
    repository(folder / "part")
    project = repository(folder / "project")
    git(project, "submodule", "--quiet", "add", "../part", "part")
    git(project, "commit", "-qm", "part")
    _append(project / ".git/modules/part/config", trap.setting("core", "fsmonitor"))
    return project


def hook(folder: Path, trap: Trap) -> Path:
    return _hook(repository(folder / "project"), ".git/hooks", trap)


def hook_elsewhere(folder: Path, trap: Trap) -> Path:
    project = repository(folder / "project")
    git(project, "config", "core.hooksPath", "hooks")
    return _hook(project, "hooks", trap)


def _hook(project: Path, name: str, trap: Trap) -> Path:
    (project / name).mkdir(exist_ok=True)
    (project / name / "post-index-change").symlink_to(trap.program)
    _touch(project)
    return project


def remote_of_missing_objects(folder: Path, trap: Trap) -> Path:
    """The tree of the commit is missing, and git would fetch it from a remote with a program."""
    project = repository(folder / "project")
    tree = git(project, "rev-parse", "HEAD^{tree}")
    (project / ".git/objects" / tree[:2] / tree[2:]).unlink()
    promise = (
        '[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\turl = ssh://a/b\n\tpromisor = true\n'
    )
    version = "[core]\n\trepositoryformatversion = 1\n"
    _append(project / ".git/config", promise + version + trap.setting("core", "sshCommand"))
    return project


#: Each with the settings that plain git obeys when it is asked for the state of the project.
TRAPS: list[Lay] = [
    bare_folder_of_a_clone,
    monitor,
    clean_filter,
    process_filter,
    filter_of_own_attributes,
    included,
    included_if,
    settings_of_a_work_tree,
    git_folder_elsewhere,
    linked_git_folder,
    linked_work_tree,
    submodule,
    hook,
    hook_elsewhere,
    remote_of_missing_objects,
]

#: Settings that name a program which git runs for other commands, or may run in the future.
PROGRAMS = [
    ("alias", "status"),
    ("alias", "rev-parse"),
    ("core", "alternateRefsCommand"),
    ("core", "askPass"),
    ("core", "editor"),
    ("core", "gitProxy"),
    ("core", "pager"),
    ("credential", "helper"),
    ("diff", "external"),
    ('diff "x"', "textconv"),
    ('diff "x"', "command"),
    ("gpg", "program"),
    ('merge "x"', "driver"),
    ("pager", "status"),
    ('submodule "x"', "update"),
    ("uploadpack", "packObjectsHook"),
]


@pytest.mark.parametrize("lay", TRAPS, ids=lambda lay: lay.__name__)
def test_nothing_runs_that_a_repository_names(lay: Lay, tmp_path: Path, trap: Trap) -> None:
    project = lay(tmp_path, trap)
    trap.sprung()  # creating the trap may have run it
    found = told(project)
    assert not trap.sprung()
    assert found and len(found["revision"]) == 40
    subprocess.run(["git", "status"], cwd=project, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert trap.sprung(), "this is no trap"


@pytest.mark.parametrize(("section", "key"), PROGRAMS)
def test_no_setting_runs_a_program(section: str, key: str, tmp_path: Path, trap: Trap) -> None:
    project = repository(tmp_path / "project")
    (project / ".gitattributes").write_text("* diff=x merge=x\n")
    committed(project)
    _append(project / ".git/config", trap.setting(section, key))
    (project / ROWS).write_text("x\n2\n")
    assert told(project) == {"revision": git(project, "rev-parse", "HEAD"), "dirty": True}
    assert not trap.sprung()


@pytest.mark.parametrize("lay", [bare_folder_of_a_clone, monitor, clean_filter], ids=lambda lay: lay.__name__)
def test_a_build_runs_nothing_of_the_project(lay: Lay, tmp_path: Path, trap: Trap) -> None:
    project = lay(tmp_path, trap)
    result = api.build(api.load(small(project)), threads=1)
    assert result.ok
    assert not trap.sprung()


@pytest.mark.parametrize("name", ["HEAD", "config", "index", "packed-refs", "refs", "objects"])
def test_a_repository_whose_parts_are_no_files_is_none(name: str, tmp_path: Path) -> None:
    project = repository(tmp_path / "project")
    place = project / ".git" / name
    if place.exists():
        place.rename(tmp_path / name)
    os.mkfifo(place)
    found = told(project)
    assert found is None or found["revision"]


def changed(project: Path) -> None:
    (project / ROWS).write_text("x\n2\n")


def touched(project: Path) -> None:
    _touch(project)


def staged(project: Path) -> None:
    changed(project)
    git(project, "add", ROWS)


def removed(project: Path) -> None:
    (project / ROWS).unlink()


def another_file(project: Path) -> None:
    (project / "notes.txt").write_text("mine\n")


def unknown_spec(project: Path) -> None:
    git(project, "rm", "-q", "--cached", SPEC)
    git(project, "commit", "-qm", "without the spec")


STATES = [
    (touched, False),
    (another_file, False),
    (changed, True),
    (staged, True),
    (removed, True),
    (unknown_spec, True),
]


def plain(folder: Path) -> Path:
    return repository(folder / "project")


def subfolder(folder: Path) -> Path:
    repository(folder / "whole" / "project")
    (folder / "whole/project/.git").rename(folder / "whole/.git")
    return committed_again(folder / "whole") / "project"


def committed_again(folder: Path) -> Path:
    git(folder, "add", "-A", ".")
    git(folder, "commit", "-qm", "moved")
    return folder


def of_sha256(folder: Path) -> Path:
    return repository(folder / "project", "--object-format=sha256")


def packed(folder: Path) -> Path:
    project = repository(folder / "project")
    git(project, "gc", "-q")
    return project


def detached(folder: Path) -> Path:
    project = repository(folder / "project")
    git(project, "checkout", "-q", "--detach")
    return project


def work_tree(folder: Path) -> Path:
    git(repository(folder / "original"), "worktree", "add", "-q", "../project")
    return folder / "project"


def own_submodule(folder: Path) -> Path:
    repository(folder / "part")
    git(repository(folder / "whole"), "submodule", "--quiet", "add", "../part", "project")
    return folder / "whole" / "project"


def split_index(folder: Path) -> Path:
    project = repository(folder / "project")
    git(project, "update-index", "--split-index")
    return project


def sparse(folder: Path) -> Path:
    project = repository(folder / "project")
    (project / "much").mkdir()
    (project / "much/file").write_text("a\n")
    committed(project)
    git(project, "sparse-checkout", "set", "--cone", "--sparse-index", "few")
    assert not (project / "much").exists()
    return project


def other_line_ends(folder: Path) -> Path:
    project = repository(folder / "project")
    git(project, "config", "core.autocrlf", "true")
    (project / ROWS).write_bytes(b"x\r\n1\r\n")
    git(project, "add", ROWS)
    _touch(project)
    return project


def with_a_submodule(folder: Path) -> Path:
    repository(folder / "part")
    project = repository(folder / "project")
    git(project, "submodule", "--quiet", "add", "../part", "part")
    git(project, "commit", "-qm", "part")
    return project


PLACES = [
    plain,
    subfolder,
    of_sha256,
    packed,
    detached,
    work_tree,
    own_submodule,
    split_index,
    sparse,
    other_line_ends,
    with_a_submodule,
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_the_revision_is_what_git_says(place: Callable[[Path], Path], tmp_path: Path) -> None:
    project = place(tmp_path)
    before = (project / ".git").is_dir() and (project / ".git/index").read_bytes()
    assert told(project) == {"revision": git(project, "rev-parse", "HEAD"), "dirty": False}
    changed(project)
    assert told(project) == {"revision": git(project, "rev-parse", "HEAD"), "dirty": True}
    assert before == ((project / ".git").is_dir() and (project / ".git/index").read_bytes())
    assert [*(project / ".mlbuild/tmp").iterdir()] == []


@pytest.mark.parametrize(("change", "dirty"), STATES, ids=lambda one: getattr(one, "__name__", None))
def test_changes_are_what_git_calls_so(change: Callable[[Path], None], dirty: bool, tmp_path: Path) -> None:
    project = repository(tmp_path / "project")
    change(project)
    assert told(project) == {"revision": git(project, "rev-parse", "HEAD"), "dirty": dirty}


def test_a_submodule_of_another_revision_is_a_change(tmp_path: Path) -> None:
    project = with_a_submodule(tmp_path)
    changed(project / "part")
    committed(project / "part")
    found = told(project)
    assert found and found["dirty"] is True


def test_no_commit_is_no_revision(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    git(tmp_path / "project", "init", "-q")
    assert told(tmp_path / "project") is None


@pytest.mark.parametrize(
    "setting",
    ['[filter "x"]\n\tclean = cat\n', "[include]\n\tpath = more\n", "[core]\n\tattributesFile = more\n"],
)
def test_only_the_settings_of_a_repository_could_tell_of_changes(setting: str, tmp_path: Path) -> None:
    project = repository(tmp_path / "project")
    _append(project / ".git/config", setting)
    assert told(project) == {"revision": git(project, "rev-parse", "HEAD"), "dirty": None}


def test_the_filters_of_the_user_are_heeded(tmp_path: Path) -> None:
    """As with git-lfs: what is committed differs from what is in the folder."""
    _append(tmp_path / "home/.gitconfig", '[filter "upper"]\n\tclean = tr a-z A-Z\n\tsmudge = tr A-Z a-z\n')
    project = repository(tmp_path / "project")
    (project / ".gitattributes").write_text("*.csv filter=upper\n")
    (project / ROWS).write_text("abc\n")
    committed(project)
    _touch(project)
    assert told(project) == {"revision": git(project, "rev-parse", "HEAD"), "dirty": False}
    changed(project)
    found = told(project)
    assert found and found["dirty"] is True


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_DIR": "{other}/.git", "GIT_WORK_TREE": "{other}"},
        {"GIT_INDEX_FILE": "{other}/.git/index"},
        {"GIT_OBJECT_DIRECTORY": "{other}/.git/objects"},
        {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "true"},
        {"GIT_CEILING_DIRECTORIES": "/"},
        {"GIT_LITERAL_PATHSPECS": "0", "GIT_NOGLOB_PATHSPECS": "1"},
    ],
    ids=lambda variables: next(iter(variables)),
)
def test_variables_do_not_direct_git_elsewhere(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build can run in a hook of another repository, which sets such variables."""
    project, other = repository(tmp_path / "project"), repository(tmp_path / "other")
    git(other, "commit", "-q", "--allow-empty", "-m", "more")
    expected = {"revision": git(project, "rev-parse", "HEAD"), "dirty": False}
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(other=other))
    assert told(project) == expected
