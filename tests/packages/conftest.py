"""A built project whose models have inputs of every dtype."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.serving.rides import rides


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rides(tmp_path_factory.mktemp("packaged"))


@pytest.fixture
def mlbuild(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(tmp_path, capsys, monkeypatch)
