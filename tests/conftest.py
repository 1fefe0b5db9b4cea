"""What all tests start from, however they are started."""

from __future__ import annotations

import os
import signal


def pytest_configure() -> None:
    """Heed Ctrl-C, which the tests send: a job behind a script is started with it ignored.

    Many tests import onnxruntime themselves, which then reports to its makers.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    signal.signal(signal.SIGINT, signal.default_int_handler)
