"""One language server for all tests of editor support."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.editor.server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The language server. If it has logged errors by the end of the last test, that test fails."""
    server = Server()
    yield server
    server.close()
    assert server.complaints == []
