"""Whatever is damaged in mlbuild's files, no command crashes, and the next build is correct."""

from __future__ import annotations

import math
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mlbuild import api
from mlbuild.cli.unchanged import UNCHANGED, look
from mlbuild.engine.decide.stale import Fresh
from mlbuild.engine.store.seal import sealed, unsealed
from mlbuild.engine.store.store import open_store
from tests import budget
from tests.cli.running import Command
from tests.cli.small import shipped, small


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes() or b"?")
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    overwrite(path, bytes(content))


def cut(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    overwrite(path, content[: chance.randrange(len(content) + 1)])


def foreign(path: Path, chance: random.Random) -> None:
    overwrite(path, chance.choice([b"", b"\0", b"{}\n", b'{"body":[],"sha256":"0"}\n', b"\xff" * 100]))


def gone(path: Path, chance: random.Random) -> None:
    path.unlink()


def folder(path: Path, chance: random.Random) -> None:
    path.unlink()
    path.mkdir()
    if chance.random() < 0.5:
        (path / "inside").write_bytes(b"x")


def pipe(path: Path, chance: random.Random) -> None:
    """Replace the file by a pipe, which blocks when it is opened."""
    path.unlink()
    os.mkfifo(path)


def junk(path: Path, chance: random.Random) -> None:
    """Write a correctly sealed document with wrong contents."""
    seal = seal_of(path)
    body = unsealed(path.read_bytes(), seal)
    if body is not None:
        overwrite(path, sealed(spoilt(body, chance), seal))


#: Texts that could be anywhere in a document.
TEXTS = ["", "x", "../../../x", "\x1b[31m", "\udc80"]
NUMBERS = [0, -1, 1.5, 1e12, 1e300, math.nan, math.inf, 10**400, True]
JUNK: list[Any] = [None, *NUMBERS, *TEXTS, [], {}, [[]], [0], ["x"], {"x": 1}, {"": None}]


def spoilt(value: Any, chance: random.Random) -> Any:
    """Return a value in which some value is replaced, removed or added."""
    if not value or not isinstance(value, (dict, list)) or chance.random() < 0.1:
        return chance.choice(JUNK)
    spoiling = dict(value) if isinstance(value, dict) else dict(enumerate(value))
    key = chance.choice([*spoiling])
    match chance.randrange(12):
        case 0:
            del spoiling[key]
        case 1:
            spoiling["more" if isinstance(value, dict) else len(value)] = chance.choice(JUNK)
        case _:
            spoiling[key] = spoilt(spoiling[key], chance)
    return spoiling if isinstance(value, dict) else [*spoiling.values()]


def seal_of(path: Path) -> bytes:
    """Return the seal of a document in a project's own store or in a shared one."""
    for above in path.parents:
        if above.name == ".mlbuild":
            return open_store(above.parent).own.sealing()
    return b""


def overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


DAMAGES: list[Callable[[Path, random.Random], None]] = [flip, cut, foreign, gone, folder, pipe, junk]
MARKS = {".gitignore", "CACHEDIR.TAG", "here", "origin.json"}
READING = (
    "status",
    "plan",
    "plan --locked",
    "why train:one",
    "why fetch:prices",
    "query model:one",
    "graph",
    "gc",
    "gc --delete",
    "store verify",
    "render",
    "check",
)


def kinds(project: Path) -> dict[str, list[Path]]:
    """Return everything that is stored, by folder or name."""
    kept = project / ".mlbuild"
    files = sorted(path for path in kept.rglob("*") if path.is_file())
    lock = project / "mlbuild.lock"
    found: dict[str, list[Path]] = {lock.name: [lock]} if lock.exists() else {}
    for path in files:
        found.setdefault(path.relative_to(kept).parts[0], []).append(path)
    return found


#: A source that is fetched and must not be old, besides that of the model.
FETCHED = """\
sources:
  prices: {type: sql, connection: "sqlite:///shop.db", table: prices, refresh: 6h, contract: price}
contracts: {price: {columns: {amount: float, seen: {dtype: datetime, max_age: 30d}}}}
"""


@pytest.fixture
def project(mlbuild: Command) -> Command:
    spec = small(mlbuild.folder)
    (mlbuild.folder / "fetched.yaml").write_text(FETCHED)
    with closing(sqlite3.connect(mlbuild.folder / "shop.db")) as database, database:
        database.execute("CREATE TABLE prices AS SELECT 1.5 AS amount, datetime('now') AS seen")
    spec.write_text(spec.read_text() + "include: fetched.yaml\nwarnings: {unused: ignore}\n")
    assert mlbuild("build").code == 0
    return mlbuild


def assert_right(project: Command, clean: dict[str, bytes], words: str) -> None:
    """Check that a command and a build both succeed, and that `dist/` is unchanged."""
    state, _ = look(["build"])
    assert state != UNCHANGED or shipped(project.folder) == clean
    done = project(*words.split())
    codes = (0, 7) if "--locked" in words else (0, 1, 6)
    assert done.code in codes and "Traceback" not in done.err, (words, done)
    done = project("build")
    assert done.code == 0, done.err
    assert shipped(project.folder) == clean
    again = project("build", "-v")
    assert again.code == 0 and "ran  " not in again.err, again.err


def test_no_damage_to_what_is_kept_matters(project: Command) -> None:
    chance = random.Random(budget.seed())
    clean = shipped(project.folder)
    lock = (project.folder / "mlbuild.lock").read_bytes()
    wanted = {
        "mlbuild.lock",
        "cas",
        "ac",
        "tasks",
        "code",
        "looks",
        "exported",
        "runs",
        "stat.json",
        "times.json",
        "scans.json",
        "reached.json",
        "lock",
    }
    assert {*kinds(project.folder)} - {"snapshots"} == wanted | MARKS
    count = budget.examples(16, 1500)
    for index in range(count):
        told: list[tuple[str, str]] = []
        for _ in range(chance.choice([1, 1, 3])):
            found = kinds(project.folder)
            name = [*found][index % len(found)] if not told else chance.choice([*found])
            path, damage = chance.choice(found[name]), chance.choice(DAMAGES)
            if path == project.folder / "mlbuild.lock" and damage is folder:
                continue  # not one of our files any more
            damage(path, chance)
            told.append((name, damage.__name__))
        assert_right(project, clean, chance.choice(READING))
        assert (project.folder / "mlbuild.lock").read_bytes() == lock, told
        assert project("store", "verify", "--repair").code == 0
        assert project("store", "verify").code == 0, told
    budget.tell(f"{count} damages")


#: Documents by their folder or name.
DOCUMENTS = (
    "ac",
    "tasks",
    "looks",
    "runs",
    "stat.json",
    "times.json",
    "origin.json",
    "code",
    "scans.json",
    "reached.json",
)


def test_no_document_that_says_something_else_matters(project: Command) -> None:
    chance = random.Random(budget.seed() + 1)
    clean = shipped(project.folder)
    lock = (project.folder / "mlbuild.lock").read_bytes()
    count = budget.examples(40, 2000)
    for index in range(count):
        for path in chance.sample(kinds(project.folder)[DOCUMENTS[index % len(DOCUMENTS)]], 1):
            junk(path, chance)
        assert_right(project, clean, READING[index % len(READING)])
        assert (project.folder / "mlbuild.lock").read_bytes() == lock
    budget.tell(f"{count} documents that say something else")


def test_the_marks_and_the_entry_in_a_shared_store_are_made_again(
    project: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, cache = project.folder / ".mlbuild", project.folder / "cache"
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(cache))
    assert project("build").code == 0
    (entry,) = (cache / "roots").iterdir()
    files = [entry, *(kept / name for kept in (own, cache) for name in (".gitignore", "CACHEDIR.TAG"))]
    whole = [file.read_bytes() for file in files]
    for damage in DAMAGES:
        for file in files:
            damage(file, random.Random(budget.seed()))
        assert project("store", "verify").code == (damage not in (gone, junk))
        assert project("build").code == 0
        assert [file.read_bytes() for file in files] == whole


@pytest.mark.parametrize("name", ["cas", "ac", "tasks", "runs", "tmp", "cas/*", "ac/*"])
def test_a_file_in_place_of_a_folder_gives_way(project: Command, name: str) -> None:
    clean = shipped(project.folder)
    path = next((project.folder / ".mlbuild").glob(name))
    shutil.rmtree(path)
    path.write_text("in the way")
    assert_right(project, clean, "plan")


def test_what_nobody_needs_changes_nothing(project: Command) -> None:
    """Contents of old results can be removed, and damage to a content that is not read is not noticed."""
    small(project.folder, leaves=3)
    assert project("build").code == 0
    small(project.folder, leaves=4)
    assert project("build").code == 0
    current, reported = used(project), used(project, reported=True)
    assert current > reported
    for path in (project.folder / ".mlbuild/cas").glob("*/*"):
        if path.name not in current:
            path.unlink()
        elif path.name not in reported:
            overwrite(path, bytes(path.stat().st_size))
    assert project("plan", "--exit-code").code == 0
    assert "ran  " not in project("build", "-v").err


def used(project: Command, *, reported: bool = False) -> set[str]:
    """Return the digests of all results that are up to date, or only of the parts that builds read to report them."""
    found = api.foresee(api.load(project.folder / "mlbuild.yaml"))
    return {
        digest
        for task, decision in found
        if isinstance(decision, Fresh)
        for part, digest in decision.action.digests.items()
        if part in task.reported or not reported
    }
