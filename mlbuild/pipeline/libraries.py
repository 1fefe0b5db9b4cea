"""What the libraries of tasks need of the processes that tasks run in: to be imported once, and few threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from mlbuild.allowance import allowance, allowance_text, room, size_text
from mlbuild.bundle.runtime import onnxruntime
from mlbuild.diagnostics import Failed, Failure
from mlbuild.engine.execution.job import OUT_OF_MEMORY
from mlbuild.models import LEARNERS

#: What scipy.linalg may take of the memory that a process may have: 120 MiB were measured. Its OpenBLAS asks for a
#: buffer when it is loaded, and for another at the first product of matrices; where it gets none, it asks again for ever.
NEEDED_BY_SCIPY = 160 << 20


def scipy() -> None:
    """Import what scikit-learn computes with, with all the memory that this may ask for in vain later.

    Raises:
        Failed: there may be too little memory for it.
    """
    left = room()
    if left is None or "scipy.linalg" in sys.modules:
        return
    if left < NEEDED_BY_SCIPY:
        needs = f"{size_text(left)} are left, scipy needs {size_text(NEEDED_BY_SCIPY)}"
        message = f"{OUT_OF_MEMORY}: {', '.join([*allowance_text(), needs])}"
        raise Failed(Failure("task", message, {"memory": {"limit": allowance(), "left": left}}))
    from scipy.linalg import blas

    blas.dgemm(1.0, [[1.0]], [[1.0]])


#: How to import what tasks use: distributions by name, learners by type. It computes nothing, so that the process can
#: be forked afterwards.
_IMPORTS: dict[str, Callable[[], Any]] = {
    "numpy": partial(import_module, "numpy"),
    "polars": partial(import_module, "polars"),
    "pandera": partial(import_module, "pandera.polars"),
    "onnx": partial(import_module, "onnx"),
    "onnxruntime": onnxruntime,
    "scipy": scipy,
    **{cls.type: cls.load for cls in LEARNERS},
}


def load(names: Collection[str]) -> None:
    """Import as lightly as the tasks do; what is missing is for them to complain of.

    Raises:
        Failed: there is too little memory for a library that would not say so itself.
    """
    # Tasks that use OpenBLAS do so on one thread, as their results depend on the number; each of its threads takes 34 MiB.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
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
