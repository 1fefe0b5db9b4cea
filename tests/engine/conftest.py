"""The two stores, and a project in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.engine.store.store import DiskStore
from tests.engine.memory import memory_store
from tests.engine.tasks import Project


@pytest.fixture(params=["memory", "disk"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project(tmp_path, memory_store(tmp_path) if request.param == "memory" else DiskStore.at(tmp_path))


@pytest.fixture
def on_disk(tmp_path: Path) -> Project:
    return Project(tmp_path, DiskStore.at(tmp_path))
