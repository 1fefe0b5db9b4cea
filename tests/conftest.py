"""Settings for all tests, however they are started."""

from __future__ import annotations

import os
import signal


def pytest_configure() -> None:
    """Enable Ctrl-C, which the tests send: background jobs of a script start with SIGINT ignored.

    Also disable telemetry, because many tests import onnxruntime themselves.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    signal.signal(signal.SIGINT, signal.default_int_handler)
