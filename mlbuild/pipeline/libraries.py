"""What the libraries of tasks need of the processes that tasks run in: to be imported once, and few threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from mlbuild.bundle.runtime import onnxruntime
from mlbuild.models import LEARNERS

#: How to import what tasks use: distributions by name, learners by type. It computes nothing, so that the process can
#: be forked afterwards.
_IMPORTS: dict[str, Callable[[], Any]] = {
    "numpy": partial(import_module, "numpy"),
    "polars": partial(import_module, "polars"),
    "pandera": partial(import_module, "pandera.polars"),
    "onnx": partial(import_module, "onnx"),
    "onnxruntime": onnxruntime,
    **{cls.type: cls.load for cls in LEARNERS},
}


def load(names: Collection[str]) -> None:
    """Import as lightly as the tasks do; what is missing is for them to complain of."""
    for name, imported in _IMPORTS.items():
        if name in names:
            with suppress(ImportError, OSError):
                imported()


def limit(threads: int) -> None:
    """Let polars, which has imported at most, compute with so many threads; the others are told with each task."""
    most = os.environ.get("POLARS_MAX_THREADS", "")
    os.environ["POLARS_MAX_THREADS"] = str(min(threads, int(most)) if most.isdecimal() else threads)
    if "polars" in sys.modules:
        import polars as pl

        pl.Config.load("{}")
