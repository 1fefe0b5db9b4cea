"""Runs the command line in the folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.cli.small import small_with_profiles


@pytest.fixture
def mlbuild(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("MLBUILD_THREADS", "1")
    return Command(tmp_path, capsys, monkeypatch)


@pytest.fixture
def profiled(mlbuild: Command) -> Command:
    """A small project with profiles, built as its spec is written."""
    small_with_profiles(mlbuild.folder)
    assert mlbuild("build").code == 0
    return mlbuild
