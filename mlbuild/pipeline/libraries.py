"""What the libraries of tasks need of the processes that tasks run in: to be imported once, and few threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from mlbuild.bundle.runtime import onnxruntime
from mlbuild.models.lightgbm.library import lightgbm

#: How libraries are imported that need to be told something before.
_IMPORTS: dict[str, Callable[[], Any]] = {"lightgbm": lightgbm, "onnxruntime": onnxruntime}
#: What to import of the others. Importing these computes nothing, so that the process can be forked afterwards.
_MODULES = {
    "numpy": "numpy",
    "polars": "polars",
    "pandera": "pandera.polars",
    "onnx": "onnx",
    "scikit-learn": "sklearn.linear_model",
}


def load(libraries: Collection[str]) -> None:
    """Import distributions by name, as lightly as the tasks do; one that is missing is for them to complain of."""
    for name, imported in _IMPORTS.items():  # before scikit-learn, without which LightGBM's import is quicker
        if name in libraries:
            with suppress(ImportError, OSError):
                imported()
    for name in sorted(libraries):
        if name in _MODULES:
            with suppress(ImportError, OSError):
                __import__(_MODULES[name])


def limit(threads: int) -> None:
    """Let polars, which has imported at most, compute with so many threads; the others are told with each task."""
    most = os.environ.get("POLARS_MAX_THREADS", "")
    os.environ["POLARS_MAX_THREADS"] = str(min(threads, int(most)) if most.isdecimal() else threads)
    if "polars" in sys.modules:
        import polars as pl

        pl.Config.load("{}")
