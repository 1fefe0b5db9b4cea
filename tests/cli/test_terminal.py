"""What a person sees on a terminal during a build, and what a file or a CI system gets instead."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from mlbuild import api
from tests.cli.small import small

COLUMNS = 60
_CLEAR = "\r\x1b[K"
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_TIME = re.compile(r"\d+\.\d\d s")


def watched(folder: Path, *words: str, **environment: str) -> str:
    """Return everything that `mlbuild` writes to a terminal, to which both of its streams are connected."""
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "NO_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-m", "mlbuild", *words],
        cwd=folder,
        env=kept | {"TERM": "xterm", "MLBUILD_THREADS": "2", **environment},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    written = bytearray()
    try:
        while chunk := os.read(screen, 65536):
            written += chunk
    except OSError:  # a terminal reports in this way that nobody uses it any more
        pass
    finally:
        os.close(screen)
    assert process.wait() == 0
    return written.decode().replace("\r\n", "\n")


def piped(folder: Path, *words: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "mlbuild", *words],
        cwd=folder,
        env=os.environ | {"MLBUILD_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr


def seen(written: str) -> list[str]:
    """Return the lines that are visible at the end, without those that were overwritten."""
    return [line.rpartition(_CLEAR)[2] for line in _COLOR.sub("", written).split("\n")]


def bars(written: str) -> list[str]:
    """Return what was in the last line for a while."""
    return re.findall(r"\[[#.]{20}\] [^\r\n]*", _COLOR.sub("", written))


def test_a_terminal_shows_what_runs_and_is_left_clean(tmp_path: Path) -> None:
    small(tmp_path)
    written = watched(tmp_path, "build")
    shown = bars(written)
    count = len(api.plan(api.load(tmp_path / "mlbuild.yaml")).tasks)
    assert shown[0] == f"[....................] 0/{count} source:rows"
    assert re.fullmatch(rf"\[##+\.+\] {count - 1}/{count} publish:one", shown[-1])
    assert [int(bar.split("] ")[1].split("/")[0]) for bar in shown] == sorted(
        int(bar.split("] ")[1].split("/")[0]) for bar in shown
    )
    assert max(map(len, shown)) < COLUMNS
    lines = seen(written)
    assert not [line for line in lines if line.startswith("[")]
    assert [line.split()[0] for line in lines[:count]] == ["ran"] * count
    assert lines[count] == "dist/one/model.onnx"
    assert re.fullmatch(rf"{count} ran in \d+\.\d\d s", lines[-3])
    assert lines[-2].startswith("critical path ") and lines[-1] == ""
    assert "\x1b[32m      ran\x1b[0m  source:rows (" in written


def test_a_terminal_shows_how_far_a_task_has_come(tmp_path: Path) -> None:
    small(tmp_path)
    shown = [bar.split(" ", 2)[2] for bar in bars(watched(tmp_path, "build", "verify:one", "-j", "1"))]
    assert "train:one 1/3 rounds" in shown and "verify:one 0/60 rows" in shown


@pytest.mark.parametrize(
    ("words", "environment"),
    [(["build"], {"CI": "true"}), (["build"], {"TERM": "dumb"}), (["build", "-q"], {})],
    ids=["CI", "dumb", "quiet"],
)
def test_no_line_is_written_over_where_nobody_wants_that(
    tmp_path: Path, words: list[str], environment: dict[str, str]
) -> None:
    small(tmp_path)
    written = watched(tmp_path, *words, "target:one", NO_COLOR="1", **environment)
    assert "\x1b" not in written and "\r" not in written
    lines = [line.split(" (")[0] for line in written.splitlines()]
    ran = [f"      ran  {task}" for task in ("source:rows", "contract:rows", "dataset:all", "target:one")]
    assert lines[: len(ran)] == ([] if "-q" in words else ran)


def test_a_pipe_gets_the_same_lines_without_color(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        small(folder)
    out, err = piped(one, "build", "target:one", "-j", "1")
    assert "\x1b" not in out + err and "\r" not in out + err
    lines = [*err.splitlines()[:-2], *out.splitlines(), *err.splitlines()[-2:], ""]
    on_terminal = seen(watched(other, "build", "target:one", "-j", "1"))
    assert [_TIME.sub("", line).partition(":")[0] for line in on_terminal] == [
        _TIME.sub("", line).partition(":")[0] for line in lines
    ]


def test_a_terminal_shows_how_much_of_the_store_was_read(tmp_path: Path) -> None:
    small(tmp_path)
    piped(tmp_path, "build", "source:rows")
    written = watched(tmp_path, "store", "verify")
    (reading,) = re.findall(r"reading 0/(\d+) files", written)
    lines = seen(written)
    counts = re.match(r"(\d+) contents, (\d+) results?, (\d+) notes", lines[0])
    assert counts and sum(map(int, counts.groups())) == int(reading) and lines[1:] == [""]
    assert "\r" not in watched(tmp_path, "store", "verify", "-q")


def test_a_document_is_all_that_is_told(tmp_path: Path) -> None:
    small(tmp_path)
    written = watched(tmp_path, "build", "source:rows", "--json")
    assert written.startswith("{\n") and written.endswith("}\n") and "\x1b" not in written
