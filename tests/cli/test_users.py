"""Two users and one cache, with the usual umask: both add to it, neither blocks the other, and neither reads the
other's store.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlbuild.frozen import frozen
from tests import budget
from tests.cli.small import ROWS, shipped, small
from tests.cli.users import GROUP, User, open_folder, two_users


@frozen
class Person:
    """A user with a project, which is initially the same for all, and the shared cache."""

    user: User
    project: Path
    cache: Path

    def __call__(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command in the project."""
        options = self.user.options()
        options["env"] |= {"MLBUILD_CACHE_DIR": str(self.cache)}
        command = [self.user.python, "-m", "mlbuild", *words]
        done = subprocess.run(
            command, cwd=self.project, capture_output=True, text=True, timeout=300, check=False, **options
        )
        assert done.returncode == code, done.stderr
        return done

    def edit(self, leaves: int) -> None:
        """Change the model to this number of leaves."""
        small(self.project, leaves=leaves)
        self.user.own(self.project / "mlbuild.yaml")

    def outcomes(self, *words: str) -> dict[str, str]:
        """Return how the tasks of a build end."""
        told = json.loads(self("build", "-j", "1", *words, "--json").stdout)
        return {task["task"]: task["outcome"] for task in told["tasks"]}


@pytest.fixture
def people() -> Iterator[tuple[Person, Person]]:
    """Alice and Bob, and a new folder for a cache that both can write to, as an administrator would create it."""
    alice, bob, why = two_users()
    if why:
        budget.tell(f"one user in place of two: {why}")
    with open_folder() as folder:
        cache = folder / "cache"
        cache.mkdir()
        shutil.chown(cache, group=alice.group)
        cache.chmod(0o2775)
        found = Person(alice, folder / "alice", cache), Person(bob, folder / "bob", cache)
        for person in found:
            person.project.mkdir()
            small(person.project)
            person.user.own(person.project)
        yield found


def reused(outcomes: dict[str, str]) -> bool:
    return outcomes.pop("publish:one") == "restored" and {*outcomes.values()} == {"reused"}


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_mode & 0o7777 for path in folder.rglob("*")}


def test_both_fill_it_and_both_use_it(people: tuple[Person, Person]) -> None:
    alice, bob = people
    assert {*alice.outcomes().values()} == {"ran"}
    assert reused(bob.outcomes())
    assert shipped(bob.project) == shipped(alice.project)
    for person in people:
        person.edit(3)
    assert bob.outcomes()["train:one"] == "ran"
    assert reused(alice.outcomes())
    assert shipped(bob.project) == shipped(alice.project)
    for name, mode in modes(alice.cache).items():
        path = alice.cache / name
        fixed = name.startswith("cas/")
        assert mode == (0o2775 if path.is_dir() else 0o444 if fixed else 0o664), name
        assert path.lstat().st_gid == alice.cache.stat().st_gid
    assert ": no damage found" in alice("store", "verify").stdout


def test_each_mends_what_the_other_has_written(people: tuple[Person, Person]) -> None:
    alice, bob = people
    alice.outcomes()
    clean = shipped(alice.project)
    for path in alice.cache.glob("*/*/*"):
        path.chmod(0o644)
        path.write_bytes(b"?")
    assert {*bob.outcomes().values()} == {"ran"}
    assert shipped(bob.project) == clean
    assert ": no damage found" in alice("store", "verify").stdout


def test_cleaning_leaves_what_the_other_has_made(people: tuple[Person, Person]) -> None:
    alice, bob = people
    alice.edit(3)
    alice.outcomes()
    bob.outcomes()
    bob("gc", "--delete", "--keep-builds", "0")
    assert {*alice.outcomes().values()} == {*bob.outcomes().values()} == {"reused"}
    shutil.rmtree(alice.project)
    bob("gc", "--delete", "--keep-builds", "0")
    assert len([*bob.cache.glob("roots/*")]) == 1


def test_nobody_reads_what_is_not_shared(people: tuple[Person, Person]) -> None:
    """Copies of a file that only its owner can read are private, too."""
    alice, bob = people
    rows = alice.project / "rows.csv"
    rows.write_text(ROWS.replace("6,True", "6,true"))
    rows.chmod(0o600)
    alone = Person(alice.user, alice.project, alice.project / ".mlbuild")
    assert {*alone.outcomes().values()} == {"ran"}
    script = "import os, sys; print(sum(len(files) for _, _, files in os.walk(sys.argv[1])))"
    command = [bob.user.python, "-c", script, str(alice.project / ".mlbuild")]
    seen = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True, **bob.user.options())
    assert (seen.stdout == "0\n") is (bob.user.uid is not None)
    assert all(mode & 0o077 == 0 for mode in modes(alice.project / ".mlbuild").values())


@pytest.fixture
def fixed(people: tuple[Person, Person]) -> tuple[Person, Person]:
    """A cache that Alice has filled and that Bob cannot write to."""
    alice, bob = people
    if alice.user.uid is not None:
        os.chown(alice.cache, alice.user.uid, GROUP)
    alice.cache.chmod(0o755)
    alice.outcomes()
    if bob.user.uid is None:
        for path in [*alice.cache.rglob("*"), alice.cache]:
            path.chmod(0o555 if path.is_dir() else 0o444)
    return people


def test_a_cache_that_can_only_be_read_is_read(fixed: tuple[Person, Person]) -> None:
    alice, bob = fixed
    before = modes(alice.cache)
    assert reused(bob.outcomes())
    assert not (bob.project / ".mlbuild/ac").exists()
    bob.edit(3)
    assert bob.outcomes()["train:one"] == "ran"
    assert {*bob.outcomes().values()} == {"reused"}
    assert (bob.project / ".mlbuild/ac").exists()
    bob("gc", "--delete", "--keep-builds", "0")
    assert {*bob.outcomes().values()} == {"reused"}
    assert ": no damage found" in bob("store", "verify", "--repair").stdout
    assert modes(alice.cache) == before


def test_what_is_damaged_in_it_is_made_again_beside_it(fixed: tuple[Person, Person]) -> None:
    alice, bob = fixed
    clean = shipped(alice.project)
    for path in alice.cache.glob("cas/*/*"):
        size = path.stat().st_size
        path.chmod(0o644)
        path.write_bytes(b"?" * size)
    bob.edit(3)
    assert {*bob.outcomes().values()} == {"ran", "reused"}
    bob.edit(4)
    bob.outcomes()
    assert shipped(bob.project) == clean
    assert {*bob.outcomes().values()} == {"reused"}


def test_a_new_cache_is_its_maker_s_alone_and_said_to_be(people: tuple[Person, Person]) -> None:
    alice, bob = people
    new = alice.project / "new"
    first, second = (Person(person.user, person.project, new) for person in people)
    assert {*first.outcomes().values()} == {"ran"}
    assert new.stat().st_mode & 0o7777 == 0o700
    if bob.user.uid is not None:
        told = second("build", code=7).stderr
        assert told.startswith(
            f"mlbuild: cannot read '{new}': permission denied\n  help: set MLBUILD_CACHE_DIR"
        )
