"""A lock is held by one process at a time, or shared, and released however its holder ends."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlbuild.engine.store.lock import locked


class Other(threading.Thread):
    """Takes a lock and records when it has it. `waiting` is set when it is told whom it waits for."""

    def __init__(self, file: Path, notes: list[str], *, shared: bool = False) -> None:
        super().__init__(daemon=True)
        self.waiting = threading.Event()
        self.holders: list[int | None] = []
        self._file, self._notes, self._shared = file, notes, shared
        self.start()

    def run(self) -> None:
        with locked(self._file, self._waits, shared=self._shared):
            self._notes.append("other")

    def _waits(self, holder: int | None) -> None:
        self.holders.append(holder)
        self.waiting.set()

    def ended(self) -> None:
        self.join(timeout=60)
        assert not self.is_alive()


def never(holder: int | None) -> None:
    raise AssertionError(f"it waits for {holder}")


def test_a_second_one_waits_and_is_told_once_for_whom(tmp_path: Path) -> None:
    notes: list[str] = []
    with locked(tmp_path / "lock", never):
        other = Other(tmp_path / "lock", notes)
        assert other.waiting.wait(60)
        notes.append("first")
    other.ended()
    assert notes == ["first", "other"]
    assert other.holders == [os.getpid()]


def test_those_that_share_do_not_wait_for_each_other(tmp_path: Path) -> None:
    notes: list[str] = []
    with locked(tmp_path / "lock", never, shared=True), locked(tmp_path / "lock", never, shared=True):
        other = Other(tmp_path / "lock", notes)
        assert other.waiting.wait(60)
        notes.append("shared")
    other.ended()
    assert notes == ["shared", "other"]
    assert other.holders == [None]


def test_who_shares_waits_for_one_that_is_alone(tmp_path: Path) -> None:
    notes: list[str] = []
    with locked(tmp_path / "lock", never):
        other = Other(tmp_path / "lock", notes, shared=True)
        assert other.waiting.wait(60)
        notes.append("alone")
    other.ended()
    assert notes == ["alone", "other"]


def test_a_lock_whose_file_was_removed_is_waited_for_anew(tmp_path: Path) -> None:
    notes: list[str] = []
    file = tmp_path / "lock"
    with locked(file, never):
        other = Other(file, notes)
        assert other.waiting.wait(60)
        file.unlink()
        new = locked(file, never)
        new.__enter__()
        notes.append("first")
    notes.append("new")
    new.__exit__(None, None, None)
    other.ended()
    assert notes == ["first", "new", "other"]
    assert len(other.holders) == 1


@pytest.mark.parametrize("content", [b"", b"4711\n", b"a thesis", b"x" * 20, b"x" * 5_000])
def test_a_file_with_another_content_is_not_changed(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "lock"
    file.write_bytes(content)
    with locked(file, never):
        held = file.read_bytes()
    assert len(file.read_bytes()) in (len(content), 20)
    if len(content) not in (0, 20):
        assert held == file.read_bytes() == content


def test_a_file_that_has_another_name_too_is_not_changed(tmp_path: Path) -> None:
    thesis = tmp_path / "thesis"
    thesis.write_bytes(b"exactly 20 bytes :-)")
    (tmp_path / "lock").hardlink_to(thesis)
    with locked(tmp_path / "lock", never):
        assert thesis.read_bytes() == b"exactly 20 bytes :-)"
    assert thesis.read_bytes() == b"exactly 20 bytes :-)"


@pytest.mark.parametrize("target", ["thesis", "nothing", "/dev/zero"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "thesis").write_text("a thesis")
    (tmp_path / "lock").symlink_to(target)
    with locked(tmp_path / "lock", never):
        pass
    assert (tmp_path / "thesis").read_text() == "a thesis" and not (tmp_path / "nothing").exists()


def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "lock")
    with locked(tmp_path / "lock", never):
        pass


@pytest.mark.parametrize("shared", [False, True])
def test_a_file_that_cannot_be_written_keeps_others_out_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    """For example of another user."""
    opened, notes = os.open, list[str]()
    (tmp_path / "lock").touch()

    def refuse(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", refuse)
    with locked(tmp_path / "lock", never, shared=shared):
        other = Other(tmp_path / "lock", notes)
        assert other.waiting.wait(60)
        notes.append("first")
    other.ended()
    assert notes == ["first", "other"] and other.holders == [None]


HOLDER = """
import sys
from pathlib import Path
from mlbuild.engine.store.lock import locked

with locked(Path(sys.argv[1]), print):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_killed_holder_gives_it_back(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        holder.kill()
        holder.wait()
    with locked(tmp_path / "lock", never):
        pass


FORKING = """
import os, sys
from pathlib import Path
from mlbuild.engine.store.lock import leave_locks, locked

with locked(Path(sys.argv[1]), print):
    if not os.fork():
        leave_locks()
        print("left", flush=True)
    sys.stdin.read()
"""


def test_a_killed_holder_gives_it_back_while_a_fork_of_it_lives(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKING, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"left\n"
        holder.kill()
        holder.wait()
        with locked(tmp_path / "lock", never):
            pass


def test_an_error_gives_it_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock", never):
        raise ZeroDivisionError
    with locked(tmp_path / "lock", never):
        pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS])
def test_work_goes_on_where_there_are_no_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def unable(file: int, kind: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", unable)
    with locked(tmp_path / "lock", never), locked(tmp_path / "lock", never):
        pass


def test_work_goes_on_on_a_platform_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with locked(tmp_path / "lock", never), locked(tmp_path / "lock", never):
        pass


def test_work_goes_on_where_the_file_cannot_be(tmp_path: Path) -> None:
    with locked(tmp_path / "none" / "lock", never):
        assert list(tmp_path.iterdir()) == []
