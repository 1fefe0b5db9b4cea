"""What all tests start from, however they are started."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Heed Ctrl-C, which the tests send: a job behind a script is started with it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
