"""Two builds at once: those of one project wait for each other, and those that share a store do not interfere."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from mlbuild import api
from mlbuild.engine.store.store import open_store
from tests import budget
from tests.cli.processes import ME, started
from tests.cli.small import small
from tests.cli.users import User, open_folder, two_users
from tests.projects import DELAYS, delays

ROUNDS = budget.examples(1, 50)
#: Edits that change results: of the matrix, of a state, of the learner.
EDITS = (("1990.5", "1985.5"), ("strategy: median", "strategy: mean"), ("num_leaves: 15", "num_leaves: 12"))
READING = (
    "status",
    "plan",
    "why train:late",
    "query deps(model:late)",
    "graph",
    "gc",
    "store verify",
    "check",
)
#: Another model without an edit: it differs from training on.
OTHER = ("--set", "models.late.params.num_leaves=9")

NOBODY_ELSE: Mapping[Path, User] = {}

#: The spec, and which of the flights are in the data (every n-th).
State = tuple[str, int]


def at_once(
    *commands: tuple[Path, tuple[str, ...]],
    meanwhile: State | None = None,
    users: Mapping[Path, User] = NOBODY_ELSE,
) -> list[str]:
    """Start commands at once, which must all succeed; return what each printed.

    Folders can belong to other `users`.

    `meanwhile` edits the first project. A build that reads the data at that moment may report this and end.
    """
    with ExitStack() as stack:
        processes = [
            stack.enter_context(started(folder, *words, user=users.get(folder, ME)))
            for folder, words in commands
        ]
        if meanwhile is not None:
            build = processes[0]
            assert build.stderr is not None
            build.stderr.readline()  # it has started, or waits
            edit(commands[0][0], meanwhile)
        told = [process.communicate()[1] for process in processes]
        for (_, words), process, said in zip(commands, processes, told, strict=True):
            codes = [0] if words[0] in ("build", "gc") else [0, 6]
            caught = meanwhile is not None and "changed while it was being read" in said
            assert process.returncode in ([1] if caught else codes), f"{words}: {process.returncode}\n{said}"
    return told


def a_build(chance: random.Random, *words: str) -> tuple[str, ...]:
    return ("build", "-j", chance.choice(["1", "2"]), *words)


def edit(folder: Path, state: State) -> None:
    """Put a project into a state. Each file changes atomically, so that no build sees half of it."""
    folder.mkdir(exist_ok=True)
    draft = folder.with_name("draft")
    draft.mkdir()
    delays(draft, *state)
    for file in draft.iterdir():
        file.replace(folder / file.name)
    draft.rmdir()


def any_state(chance: random.Random) -> State:
    spec = DELAYS
    for old, new in EDITS:
        spec = spec.replace(old, new) if chance.random() < 0.5 else spec
    return spec, chance.choice([300, 310])


class Clean:
    """What clean builds publish, and which tasks they run."""

    def __init__(self, folder: Path, user: User = ME) -> None:
        self._folder, self._user = folder, user
        self._shipped: dict[State, dict[str, bytes]] = {}
        self.tasks: list[str] = []

    def shipped(self, state: State) -> dict[str, bytes]:
        if state not in self._shipped:
            shutil.rmtree(self._folder, ignore_errors=True)
            edit(self._folder, state)
            self._user.own(self._folder)
            self.tasks = ran(*at_once((self._folder, ("build", "-j", "1")), users={self._folder: self._user}))
            self._shipped[state] = shipped(self._folder)
        return self._shipped[state]


def shipped(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "dist/late").iterdir()}


def ran(*told: str) -> list[str]:
    """Return the tasks that ran, as often as they did."""
    lines = (line.split() for text in told for line in text.splitlines())
    return sorted(words[1] for words in lines if words[:1] == ["ran"])


def assert_sound(folder: Path) -> None:
    found = api.verify(folder)
    assert (found.damaged, found.incomplete) == ((), 0)


def test_two_builds_of_a_project_share_the_work(tmp_path: Path) -> None:
    chance = random.Random(budget.seed())
    clean, project = Clean(tmp_path / "clean"), tmp_path / "project"
    for _ in range(ROUNDS):
        state = any_state(chance)
        wanted = clean.shipped(state)
        edit(project, state)
        for left in chance.sample([".mlbuild", "dist"], chance.randrange(3)):
            shutil.rmtree(project / left, ignore_errors=True)
        fresh = not (project / ".mlbuild").exists()
        told = at_once((project, a_build(chance)), (project, a_build(chance)))
        assert shipped(project) == wanted
        work = ran(*told)
        assert work == clean.tasks if fresh else len({*work}) == len(work)
        assert_sound(project)
    budget.tell(f"{ROUNDS} rounds of two builds at once")


def test_what_is_edited_asked_otherwise_and_read_meanwhile_harms_no_build(tmp_path: Path) -> None:
    chance = random.Random(budget.seed() + 1)
    clean, project = Clean(tmp_path / "clean"), tmp_path / "project"
    for _ in range(ROUNDS):
        edit(project, any_state(chance))
        state = any_state(chance)
        builds = (project, a_build(chance)), (project, a_build(chance, *OTHER))
        reading = [(project, tuple(words.split())) for words in chance.sample(READING, 2)]
        told = at_once(*builds, *reading, meanwhile=state)
        assert not any("waiting" in said for said in told[2:])
        assert_sound(project)
        at_once((project, a_build(chance)))
        assert shipped(project) == clean.shipped(state)
        assert ran(*at_once((project, a_build(chance)))) == []
    budget.tell(f"{ROUNDS} rounds of builds with an edit and readers meanwhile")


def test_two_projects_fill_and_clean_a_store_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(budget.seed() + 2)
    clean = Clean(tmp_path / "clean")
    folders = [tmp_path / name for name in ("a", "b")]
    for _ in range(ROUNDS):
        states = [any_state(chance) for _ in folders]
        wanted = [clean.shipped(state) for state in states]
        for folder, state in zip(folders, states, strict=True):
            edit(folder, state)
        monkeypatch.setenv("MLBUILD_CACHE_DIR", str(tmp_path / "cache"))
        if chance.random() < 0.5:
            shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        cleaning = chance.choice(folders), ("gc", "--delete", "--keep-builds", "0")
        at_once(*((folder, a_build(chance)) for folder in folders), cleaning)
        assert [shipped(folder) for folder in folders] == wanted
        at_once(cleaning)
        assert_sound(folders[0])
        for folder in folders:
            assert ran(*at_once((folder, a_build(chance)))) == []
        monkeypatch.delenv("MLBUILD_CACHE_DIR")
    budget.tell(f"{ROUNDS} rounds of two projects that share a store")


def test_two_users_fill_and_clean_a_cache_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(budget.seed() + 3)
    alice, bob, why = two_users()
    with open_folder() as place:
        clean, cache = Clean(place / "clean", alice), place / "cache"
        users = {place / "alice": alice, place / "bob": bob}
        for _ in range(ROUNDS):
            if not cache.exists() or chance.random() < 0.5:
                shutil.rmtree(cache, ignore_errors=True)
                cache.mkdir()
                shutil.chown(cache, group=alice.group)
                cache.chmod(0o2775)
            monkeypatch.delenv("MLBUILD_CACHE_DIR", raising=False)
            states = [any_state(chance) for _ in users]
            wanted = [clean.shipped(state) for state in states]
            for (folder, user), state in zip(users.items(), states, strict=True):
                edit(folder, state)
                user.own(folder)
            monkeypatch.setenv("MLBUILD_CACHE_DIR", str(cache))
            builds = [(folder, a_build(chance)) for folder in users]
            cleaning = chance.choice([*users]), ("gc", "--delete", "--keep-builds", "0")
            at_once(*builds, cleaning, users=users)
            assert [shipped(folder) for folder in users] == wanted
            at_once(*((folder, ("store", "verify")) for folder in users), users=users)
            at_once(*builds, users=users)
            assert ran(*at_once(*builds, users=users)) == []
    budget.tell(f"{ROUNDS} rounds of {why or 'two users'} and one cache")


def held(folder: Path) -> int:
    """Hold the lock of the project as a build does; return its descriptor."""
    open_store(folder).contents.scratch().rmdir()
    lock = os.open(folder / ".mlbuild/lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.write(lock, b"4711\n")
    return lock


def waiting(build: subprocess.Popen[str]) -> None:
    """Check that a build says for which process it waits."""
    assert build.stderr is not None
    assert build.stderr.readline() == "waiting for another mlbuild (process 4711)\n"


@pytest.mark.parametrize("words", [("build",), ("build", "-q", "--json")])
def test_the_second_one_says_that_it_waits_and_for_whom(tmp_path: Path, words: tuple[str, ...]) -> None:
    small(tmp_path)
    lock = held(tmp_path)
    with started(tmp_path, *words, "-j", "1") as build:
        waiting(build)
        os.close(lock)
        _, told = build.communicate()
    assert build.returncode == 0 and "waiting" not in told


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_waiting_can_be_ended(tmp_path: Path, number: signal.Signals, jobs: str) -> None:
    small(tmp_path)
    lock = held(tmp_path)
    with started(tmp_path, "build", "-j", jobs) as build:
        waiting(build)
        build.send_signal(number)
        _, told = build.communicate()
    os.close(lock)
    assert (build.returncode, told) == (130, "mlbuild: interrupted; finished tasks are kept\n")
    assert not (tmp_path / "mlbuild.lock").exists()


def test_reading_never_waits(tmp_path: Path) -> None:
    small(tmp_path)
    lock = held(tmp_path)
    for words in (
        "plan",
        "status",
        "why train:one",
        "query model:one",
        "graph",
        "render",
        "gc",
        "store verify",
        "check",
    ):
        with started(tmp_path, *words.split()) as command:
            _, told = command.communicate()
        assert command.returncode in (0, 6) and told == "", told
    os.close(lock)


def test_cleaning_waits_for_a_build(tmp_path: Path) -> None:
    small(tmp_path)
    lock = held(tmp_path)
    for words in ("gc --delete", "store verify --repair"):
        with started(tmp_path, *words.split()) as command:
            waiting(command)
            os.close(lock)
            command.communicate()
            assert command.returncode == 0
        shutil.rmtree(tmp_path / ".mlbuild")
        lock = held(tmp_path)
    os.close(lock)


def test_cleaning_a_shared_store_waits_for_the_builds_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(cache))
    small(tmp_path)
    open_store(tmp_path).contents.scratch().rmdir()
    lock = os.open(cache / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_SH)
    with started(tmp_path, "gc", "--delete") as command:
        assert command.stderr is not None
        assert command.stderr.readline() == "waiting for another mlbuild\n"
        os.close(lock)
        command.communicate()
        assert command.returncode == 0
