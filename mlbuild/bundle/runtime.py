"""Imports onnxruntime with telemetry turned off."""

from __future__ import annotations

import os
from typing import Any


def onnxruntime() -> Any:
    """Return the library. By default, importing it starts telemetry, which also writes into the home folder."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime as library

    return library
