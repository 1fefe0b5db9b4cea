"""A built project and a server of it, for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.rides import rides
from tests.serving.servers import Server, served


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rides(tmp_path_factory.mktemp("rides"))


@pytest.fixture(scope="module")
def server(project: Path) -> Iterator[Server]:
    with served(project) as started:
        yield started
