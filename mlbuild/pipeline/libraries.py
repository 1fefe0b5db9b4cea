"""Prepares processes that run tasks: imports the libraries once, and limits their threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from mlbuild.bundle.runtime import onnxruntime
from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.execution.job import OUT_OF_MEMORY
from mlbuild.models import LEARNERS
from mlbuild.process.allowance import allowance, allowance_text, room, size_text

#: The libraries that get no further if they cannot allocate their memory when they are loaded, by distribution: the
#: module that allocates it, and how much that may be.
#:
#: polars allocates 46 MiB for itself and up to 40 MiB for each of its first threads, and waits forever for a thread
#: that could not start. scipy's OpenBLAS allocates 120 MiB: one buffer when it is loaded and another for the first
#: matrix product. If it gets none, it retries forever.
NEEDED = {"polars": ("polars", 128 << 20), "scipy": ("scipy.linalg", 160 << 20)}


def _see_room(name: str) -> None:
    """Check that there is enough memory to load a library that would not report this itself.

    Raises:
        Failed: There may be too little.
    """
    module, needed = NEEDED[name]
    left = None if module in sys.modules else room()
    if left is not None and left < needed:
        needs = f"{size_text(max(left, 0))} is left, but {name} needs {size_text(needed)}"
        message = f"{OUT_OF_MEMORY}: {', '.join([*allowance_text(), needs])}"
        raise Failed(Failure("task", message, {"memory": {"limit": allowance(), "left": left}}))


def _scipy() -> None:
    """Import what scikit-learn computes with. Where memory is limited, make it allocate its own now."""
    if room() is not None and "scipy.linalg" not in sys.modules:
        from scipy.linalg import blas

        blas.dgemm(1.0, [[1.0]], [[1.0]])


def _load(learner: str) -> None:
    LEARNERS.named(learner).load()


#: How to import what tasks use: distributions by name, learners by type. Nothing is computed, so that the process
#: can fork afterwards. pandera takes half a second, and only violated contracts need it.
_IMPORTS: dict[str, Callable[[], Any]] = {
    "numpy": partial(import_module, "numpy"),
    "polars": partial(import_module, "polars"),
    "onnx": partial(import_module, "onnx"),
    "onnxruntime": onnxruntime,
    "scipy": _scipy,
    **{name: partial(_load, name) for name in LEARNERS.names},
}


def load(names: Collection[str]) -> None:
    """Import what tasks would import. Missing libraries are ignored here; the tasks report them.

    Raises:
        Failed: There is too little memory for a library that would not report this itself.
    """
    # Tasks use OpenBLAS with one thread, because their results depend on the number. Each thread takes 34 MiB.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name, imported in _IMPORTS.items():
        if name in names:
            if name in NEEDED:
                _see_room(name)
            with suppress(ImportError, OSError):
                imported()


def limit(threads: int) -> None:
    """Set the number of threads of polars, before it computes anything.

    The other libraries get it with each task.
    """
    most = os.environ.get("POLARS_MAX_THREADS", "")
    os.environ["POLARS_MAX_THREADS"] = str(min(threads, int(most)) if most.isdecimal() else threads)
    if "polars" in sys.modules:
        import polars as pl

        pl.Config.load("{}")
