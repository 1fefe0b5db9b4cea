"""Imports LightGBM, makes it quiet, and keeps its threads from waiting for each other more than they work."""

from __future__ import annotations

import os
import sys
from functools import cache
from types import ModuleType
from typing import Any

#: What LightGBM imports only for its scikit-learn and pandas interfaces: three quarters of its import time.
_NOT_NEEDED = ("sklearn", "pandas")
#: How long GNU's threads spin when they wait for each other. Beside other busy processes its own choice made training
#: nine times as slow as this, which takes 7% more where there are none.
_SPINS = "1000"
#: Measured: with fewer rows a second thread costs more CPU and is not sooner done.
_ROWS_A_THREAD = 10_000


@cache
def lightgbm() -> ModuleType:
    """The library, without the interfaces that nothing here uses, and with a logger that says nothing.

    Modules that are not yet imported are hidden while it looks for them; they can be imported afterwards.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)
    hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    blocked: dict[str, Any] = dict.fromkeys(hidden)
    sys.modules.update(blocked)
    try:
        import lightgbm as library
    finally:
        for name in hidden:
            del sys.modules[name]
    library.register_logger(_Silence())
    return library


class _Silence:
    """A logger as LightGBM wants one. What goes wrong is raised; the rest is of no use to anyone here."""

    def info(self, message: str) -> None:
        pass

    def warning(self, message: str) -> None:
        pass


def useful(threads: int, rows: int) -> int:
    """As many of the threads as so many rows keep busy; others would but wait for each other, which costs CPU."""
    return min(threads, 1 + rows // _ROWS_A_THREAD)
