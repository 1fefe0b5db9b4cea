"""What several test processes share is prepared by one of them at a time."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from tests.turns import in_turn


def test_others_wait_until_a_folder_is_prepared(tmp_path: Path) -> None:
    with (tmp_path / "packages.turn").open("a") as other:
        with in_turn(tmp_path / "packages"), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert [path.name for path in tmp_path.iterdir()] == ["packages.turn"]
