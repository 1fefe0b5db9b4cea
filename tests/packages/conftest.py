"""A built project whose models have inputs of every dtype."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import mlbuild as mlbuild
from tests.serving.rides import rides


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rides(tmp_path_factory.mktemp("packaged"))
