"""Links in a clone in place of mlbuild's files: nothing outside the project changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlbuild.engine.store.store import open_store
from tests.cli.home import Home
from tests.cli.running import Command
from tests.cli.small import shipped, small

#: Commands that write, and some that only read.
COMMANDS = (
    "build",
    "plan",
    "status",
    "why train:one",
    "gc",
    "gc --delete --keep-builds 0",
    "store verify",
    "store verify --repair",
    "build --force",
)

#: What is a link, its target, and the message about it. There is no message if the link is replaced or not looked
#: at.
LINKS = [
    (".mlbuild", "..", "it is a symlink"),
    (".mlbuild", "../Documents", "it is a symlink"),
    (".mlbuild", "../nothing", "it is a symlink"),
    ("dist", "..", "it is outside the project"),
    ("dist", "../Documents", "it is outside the project"),
    ("dist", "/", "it is outside the project"),
    ("dist/one", "../../Documents", ""),
    ("dist/one", "../../settings.json", ""),
    ("dist/.one.swap", "../../Documents", "mlbuild did not create 'dist/.one.swap'"),
    ("mlbuild.lock", "../settings.json", ""),
    ("mlbuild.lock", "../nothing", ""),
    *(
        (f".mlbuild/{name}", "../../Documents", f"it contains the symlink '{name}'")
        for name in ("tmp", "cas", "ac", "tasks", "runs", "snapshots", "aside", "roots", "anything")
    ),
    *(
        (f".mlbuild/{name}", "../../Documents/thesis.txt", f"it contains the symlink '{name}'")
        for name in ("lock", "stat.json", "times.json", ".gitignore")
    ),
    (".mlbuild/cas/z", "../../../Documents", "it contains the symlink 'cas/z'"),
    (".mlbuild/cas/0", "../../../Documents", "it contains the symlink 'cas/0'"),
    (".mlbuild/ac/f", "../../../other", "it contains the symlink 'ac/f'"),
    (
        ".mlbuild/tmp/swap-dist%2Fone",
        "../../../Documents",
        "mlbuild did not create '.mlbuild/tmp/swap-dist%2Fone'",
    ),
    (".mlbuild/tmp/0123456789ab-1-1", "../../../Documents", ""),
    (".mlbuild/tasks/train%3Aone.json", "../../../settings.json", ""),
    (".mlbuild/runs/20200101T000000Z-000000.json", "../../../settings.json", ""),
    (".mlbuild/snapshots/0123456789abcdef", "../../../settings.json", ""),
    (f".mlbuild/cas/0/{'0' * 64}", "../../../../Documents/thesis.txt", ""),
    (f".mlbuild/ac/0/{'0' * 64}", "../../../../Documents", ""),
]


@pytest.fixture
def home(mlbuild: Command, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(mlbuild.folder / "home")
    mlbuild.folder = made.project
    monkeypatch.setenv("HOME", str(made.folder))
    small(made.project)
    return made


def run_all(mlbuild: Command, home: Home, told: str = "") -> None:
    """Run all commands; `told` is the message of those that write to the place of the link."""
    before = home.state()
    for words in COMMANDS:
        done = mlbuild(*words.split())
        assert done.code in (0, 1, 6, 7) and "Traceback" not in done.err, (words, done)
        assert home.state() == before, words
        if words.startswith("build"):
            assert done.code == (7 if told else 0) and told in done.err, (words, done)


@pytest.mark.parametrize(("name", "target", "told"), LINKS, ids=lambda text: text[:30])
def test_no_link_of_a_clone_is_followed(
    mlbuild: Command, home: Home, name: str, target: str, told: str
) -> None:
    if name.startswith(".mlbuild/"):
        open_store(home.project).contents.scratch().rmdir()
    link = home.project / name
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_dir():
        link.rmdir()
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    run_all(mlbuild, home, told)


@pytest.mark.parametrize("output", ["Documents", "other", "project", "notes"])
def test_no_output_takes_the_place_of_a_folder_of_that_name(
    mlbuild: Command, home: Home, output: str
) -> None:
    spec = home.project / "mlbuild.yaml"
    spec.write_text(spec.read_text().replace("outputs: {one:", f"outputs: {{{output}:"))
    dist = home.project / "dist"
    for target in ("..", "../Documents", "."):
        dist.unlink(missing_ok=True)
        dist.symlink_to(target)
        (home.project / output).mkdir(exist_ok=True)
        (home.project / output / "mine.txt").write_text("mine")
        run_all(mlbuild, home, f"cannot use 'dist/{output}': ")
        assert (home.project / output / "mine.txt").read_text() == "mine"


def test_whatever_kept_file_becomes_a_link_is_made_again(mlbuild: Command, home: Home) -> None:
    assert mlbuild("build").code == 0
    clean, before = shipped(home.project), home.state()
    kept = [path for path in (home.project / ".mlbuild").rglob("*") if path.is_file()]
    leaves = [path for path in kept if path.parent.name != ".mlbuild"]
    for path in (next(leaves_of) for leaves_of in by_folder(leaves)):
        content = path.read_bytes()
        for target in (home.folder / "settings.json", home.project / "copy", Path("/dev/zero")):
            (home.project / "copy").write_bytes(content)
            path.unlink()
            path.symlink_to(target)
            for words in ("plan", "store verify --repair", "build", "gc --delete --keep-builds 0", "build"):
                done = mlbuild(*words.split())
                assert done.code == 0 and "Traceback" not in done.err, (path, words, done)
            assert (home.state(), shipped(home.project)) == (before, clean)
            assert (home.project / "copy").read_bytes() == content
            if not path.exists():  # it does not exist after a build
                path.write_bytes(content)


def by_folder(paths: list[Path]) -> Iterator[Iterator[Path]]:
    folders = dict.fromkeys(
        path.parents[1] if path.parent.name in "0123456789abcdef" else path.parent for path in paths
    )
    return (iter([path for path in paths if folder in path.parents]) for folder in folders)
