"""Imports onnxruntime, and keeps it from reporting how it is used to its makers."""

from __future__ import annotations

import os
from typing import Any


def onnxruntime() -> Any:
    """The library. While it is imported it starts to report, and writes into the home folder, unless it is told not to."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime as library

    return library
