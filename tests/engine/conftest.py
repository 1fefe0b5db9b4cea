"""The two stores, and a project in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.engine.store.store import DiskStore
from tests.engine.memory import MemoryStore
from tests.engine.tasks import Project


@pytest.fixture(params=["memory", "disk"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project(tmp_path, MemoryStore(tmp_path) if request.param == "memory" else DiskStore(tmp_path))


@pytest.fixture
def on_disk(tmp_path: Path) -> Project:
    return Project(tmp_path, DiskStore(tmp_path))
