"""One language server for all tests of the editor experience."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.editor.server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The language server; what it complained of by the end of the last test fails that one."""
    server = Server()
    yield server
    server.close()
    assert server.complaints == []
