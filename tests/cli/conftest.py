"""Runs the command line in the folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Command


@pytest.fixture
def mlbuild(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("MLBUILD_THREADS", "1")
    return Command(tmp_path, capsys, monkeypatch)
