"""Odd things in a clone or an archive cause one clear message, and change nothing outside the project."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.cli.running import Command
from tests.cli.small import shipped, small
from tests.projects import copied

#: The seconds that a command may take here. Normally it takes less than one.
HANG = 120
FULL = Path("/dev/full")
#: Deeper than Python's own functions can traverse and remove folders.
DEEP = "/".join(["a"] * 1_200)


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Make the test fail if a command does not end."""

    def late(number: int, frame: object) -> None:
        pytest.fail("it hangs")

    former = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "project"
    folder.mkdir()
    small(folder)
    command = [sys.executable, "-m", "mlbuild", "build", "-q", "-j1"]
    subprocess.run(command, cwd=folder, check=True)
    return folder


@pytest.fixture
def built(once: Path, mlbuild: Command, tmp_path: Path) -> Command:
    copied(once, tmp_path / "project")
    mlbuild.folder = tmp_path / "project"
    return mlbuild


LOCKS = {
    "a dotted key": "a." * 500_000 + "a = 1\n",
    "a dotted table": "[" + "a." * 500_000 + "a]\n",
    "many tables": "[[a.b.c.d.e]]\n" * 100_000,
    "nested lists": "a = " + "[" * 100_000 + "]" * 100_000 + "\n",
    "a long word": "[library.a]\nversion = " + '"' * 1_000_000 + "\n",
    "a text of many lines": '[library.a]\nversion = """\n' + "x\n" * 1_000_000 + '"""\n',
    "a bomb of keys": "".join(f"a.b{i}.c = 1\n" for i in range(100_000)),
}


@pytest.mark.parametrize("kind", LOCKS)
def test_a_foreign_lock_costs_nothing(built: Command, kind: str) -> None:
    lock = built.folder / "mlbuild.lock"
    lock.write_text(LOCKS[kind])
    ran = built("build", "--locked", "-q")
    assert (ran.code, "mlbuild.lock: the file cannot be read" in ran.err) == (7, True), ran.err
    assert built("build", "-q").code == 0
    assert "[library.mlbuild]" in lock.read_text()


PLACES: dict[str, Callable[[Path], None]] = {
    "link": lambda path: path.symlink_to("../outside.txt"),
    "link to nothing": lambda path: path.symlink_to("../new.txt"),
    "link to the output": lambda path: path.symlink_to("/dev/stdout"),
    "pipe": os.mkfifo,
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", PLACES)
def test_predictions_replace_files_only(built: Command, kind: str) -> None:
    outside = built.folder.parent / "outside.txt"
    outside.write_text("mine\n")
    PLACES[kind](built.folder / "answers.csv")
    ran = built("predict", "dist/one/model.onnx", "rows.csv", "-o", "answers.csv")
    assert ran.code == 2
    assert "cannot write 'answers.csv': it is " in ran.err
    assert outside.read_text() == "mine\n"
    assert not (built.folder.parent / "new.txt").exists()
    assert not [*built.folder.glob(".answers*")]


def test_predictions_leave_the_other_names_of_a_file(built: Command) -> None:
    (built.folder / "other.txt").write_text("mine\n")
    (built.folder / "answers.csv").hardlink_to(built.folder / "other.txt")
    assert built("predict", "dist/one/model.onnx", "rows.csv", "-o", "answers.csv").code == 0
    assert (built.folder / "other.txt").read_text() == "mine\n"


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "parquet"])
def test_predictions_on_a_full_disk(built: Command, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(path: str, mode: str, **how: Any) -> IO[Any]:
        return FULL.open("wb") if mode == "xb" else plainly(path, mode, **how)

    plainly = open
    monkeypatch.setattr("mlbuild.regular.open", opened, raising=False)
    ran = built("predict", "dist/one/model.onnx", "rows.csv", "-o", f"answers.{suffix}")
    assert (ran.code, f"cannot write 'answers.{suffix}': " in ran.err) == (2, True), ran
    assert "no space left on device" in ran.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_documents_are_the_same_in_every_terminal(mlbuild: Command, encoding: str) -> None:
    spec = small(mlbuild.folder)
    spec.write_text(spec.read_text() + "description: Größe ☃\n")
    for words in ("render", "render --json", "check --json", "graph", "schema --project"):
        ran = subprocess.run(
            [sys.executable, "-m", "mlbuild", *words.split()],
            cwd=mlbuild.folder,
            env={**os.environ, "PYTHONIOENCODING": encoding},
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 0, ran
        if words == "render":
            told = ran.stdout.decode("utf-16" if encoding == "utf-16" else "utf-8")
            assert "Größe ☃" in told


def test_predictions_replace_a_file_whole(built: Command) -> None:
    (built.folder / "answers.csv").write_text("old\n" * 10_000)
    assert built("predict", "dist/one/model.onnx", "rows.csv", "-o", "answers.csv").code == 0
    assert (built.folder / "answers.csv").read_text().startswith("label,")


@pytest.mark.parametrize("target", ["a" * 300, "mlbuild.yaml", "b/" * 2_000, "/proc/self/fd/999"])
def test_a_spec_that_leads_nowhere_is_absent(mlbuild: Command, target: str) -> None:
    (mlbuild.folder / "mlbuild.yaml").symlink_to(target)
    for words in ("check", "plan", "build", "status", "render", "why model:one", "graph", "schema --project"):
        ran = mlbuild(*words.split())
        assert (ran.code, "there is no mlbuild.yaml in this folder" in ran.err) == (2, True), ran


def test_a_store_that_leads_to_itself_is_refused(
    mlbuild: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(mlbuild.folder)
    (mlbuild.folder / ".mlbuild").symlink_to(".mlbuild")
    for cache in ("", str(tmp_path / "cache")):
        monkeypatch.setenv("MLBUILD_CACHE_DIR", cache)
        ran = mlbuild("build")
        assert ran.code == 7
        assert "cannot use '.mlbuild': it is a symlink" in ran.err


@pytest.mark.parametrize(
    "place", ["dist/one", "dist/.one.swap/new", ".mlbuild/tmp/0123456789ab-1-1", "other"]
)
def test_folders_can_be_nested_deeply(built: Command, place: str) -> None:
    base = built.folder / place
    base.mkdir(parents=True, exist_ok=True)
    inner = os.open(base, os.O_RDONLY)
    try:
        for name in DEEP.split("/"):
            os.mkdir(name, dir_fd=inner)
            deeper = os.open(name, os.O_RDONLY, dir_fd=inner)
            os.close(inner)
            inner = deeper
    finally:
        os.close(inner)
    for words in ("check .", "plan", "status", "build", "build --force", "gc"):
        ran = built(*words.split())
        assert ran.code in (0, 6, 7), (words, ran)
        assert "Traceback" not in ran.err
    assert shipped(built.folder)["model.onnx"]
    # pytest cannot remove them either, when it makes room for another run.
    subprocess.run(["rm", "-rf", str(built.folder)], check=True)


REPOSITORIES: dict[str, Callable[[Path], object]] = {
    "a long name": lambda git: git.write_text(f"gitdir: {'a' * 300}\n"),
    "a loop": lambda git: git.symlink_to(".git"),
    "a pipe": os.mkfifo,
    "a device": lambda git: git.write_text("gitdir: /dev/zero\n"),
    "a null byte": lambda git: git.write_bytes(b"gitdir: a\0b\n"),
    "a work tree that is a loop": lambda git: forged(git, "[core]\n\tworktree = ../loop\n"),
    "a pipe as a reference": lambda git: os.mkfifo(forged(git, "") / "refs/heads/main"),
    "a configuration that is no text": lambda git: forged(git, "\udcff\0\n"),
}


def forged(git: Path, config: str) -> Path:
    """Return a repository with this configuration."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(git.parent)], check=True)
    (git.parent / "loop").symlink_to("loop")
    with (git / "config").open("a", errors="surrogateescape") as file:
        file.write(config)
    return git


@pytest.mark.parametrize("kind", REPOSITORIES)
def test_a_repository_can_be_anything(built: Command, kind: str) -> None:
    REPOSITORIES[kind](built.folder / ".git")
    ran = built("build", "--set", "models.one.params.num_leaves=3", "-q")
    assert ran.code == 0, ran.err


def lines(*rows: object) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)


NDJSON: dict[str, Callable[[], str]] = {
    "a key in each line": lambda: lines(*({f"k{i}": 1, "x": 1, "y": True} for i in range(40_000))),
    "many keys in one line": lambda: lines(
        {f"k{i}": 1 for i in range(20_001)}, *[{"x": 1, "y": True}] * 16_000
    ),
    "few values of many keys": lambda: lines(
        {f"k{i}": 1 for i in range(15_000)}, *[{"x": 1, "y": True}] * 16_000
    ),
    "far too many keys": lambda: lines({f"k{i}": 1 for i in range(60_000)}),
    "a deep value": lambda: lines(*[f'{{"x": 1, "y": true, "z": {"[" * 900}{"]" * 900}}}'] * 9),
}


@pytest.mark.parametrize("kind", NDJSON)
def test_lines_of_json_cost_what_they_hold(mlbuild: Command, kind: str) -> None:
    spec = small(mlbuild.folder)
    (mlbuild.folder / "rows.ndjson").write_text(NDJSON[kind]())
    spec.write_text(spec.read_text().replace("rows.csv", "rows.ndjson"))
    for words in ("init rows.ndjson -f new.yaml", "schema --project", "build"):
        ran = mlbuild(*words.split())
        assert ran.code in (0, 3), (words, ran)
        assert "Recursion" not in ran.err and "Traceback" not in ran.err


def test_a_draft_has_a_limit(mlbuild: Command) -> None:
    names = ",".join(f"c{i}" for i in range(300_000))
    (mlbuild.folder / "wide.csv").write_text(f"{names}\n{','.join('1' * 300_000)}\n")
    ran = mlbuild("init", "wide.csv")
    assert (ran.code, "the file has 300,000 columns, but a draft supports at most 20,000" in ran.err) == (
        3,
        True,
    )


#: The footers of Parquet files: a list of 2^31 - 1 columns, and nested columns.
FOOTERS = {
    "many columns": bytes.fromhex("150219fcffffffff0700"),
    "deep columns": bytes.fromhex("150219fcf0ec01") + bytes.fromhex("48016115020000") * 30_000 + b"\0",
}


@pytest.mark.parametrize("kind", FOOTERS)
def test_a_parquet_file_that_crashes_its_library_is_refused(built: Command, kind: str) -> None:
    footer = FOOTERS[kind]
    (built.folder / "rows.parquet").write_bytes(
        b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    )
    for words in ("init rows.parquet -f new.yaml", "predict dist/one/model.onnx rows.parquet"):
        ran = built(*words.split())
        assert (ran.code, "cannot read the file as parquet" in ran.err) == (3, True), ran


LONG = "1" * 5_000
VALUES = [LONG, "0", "-1", "٣", "x"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (f"build -j {LONG}", "argument -j"),
        (f"build --threads {LONG}", "argument --threads"),
        (f"build --memory-limit {LONG}", "is not a size"),
        (f"build --memory-limit {LONG}.5G", "is not a size"),
        (f"gc --max-size {LONG}", "is not a size"),
        (f"gc --keep-builds {LONG}", "argument --keep-builds"),
        (f"query deps(model:one,{LONG})", "number of steps"),
        ("predict dist/one/model.onnx rows.csv --null-value \udcff", "--null-value must be"),
        ("predict dist/one/model.onnx rows.csv --delimiter \udcff", "--delimiter must be"),
    ],
)
def test_words_can_be_anything(built: Command, words: str, told: str) -> None:
    ran = built(*words.split())
    assert (ran.code, told in ran.err) == (2, True), ran


@pytest.mark.parametrize("name", ["MLBUILD_JOBS", "MLBUILD_THREADS", "COLUMNS"])
@pytest.mark.parametrize("value", VALUES)
def test_variables_can_be_anything(
    built: Command, name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for words in ("build --help", "build --force -j1 -q"):
        ran = built(*words.split())
        assert ran.code in (0, 2), ran
        assert "Traceback" not in ran.err


@pytest.mark.parametrize("value", VALUES)
def test_the_threads_of_polars_can_be_anything(built: Command, value: str) -> None:
    """polars reads the variable when it is imported."""
    ran = subprocess.run(
        [sys.executable, "-m", "mlbuild", "build", "--force", "-j1", "-q"],
        cwd=built.folder,
        env={**os.environ, "POLARS_MAX_THREADS": value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran
    assert "Traceback" not in ran.stderr and "panicked" not in ran.stderr


@pytest.mark.parametrize("name", ["a" * 300, "loop", "c\udcff", "rows.csv", "rows.csv/x"])
def test_a_cache_can_be_anywhere(mlbuild: Command, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small(mlbuild.folder)
    (mlbuild.folder / "loop").symlink_to("loop")
    monkeypatch.setenv("MLBUILD_CACHE_DIR", str(mlbuild.folder / name))
    ran = mlbuild("build")
    assert (ran.code, "Traceback" not in ran.err) == (0 if "\udcff" in name else 7, True), ran
