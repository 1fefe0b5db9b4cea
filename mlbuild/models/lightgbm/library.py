"""Imports LightGBM without its log output, and limits how long its threads spin while they wait for each other."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from mlbuild.shown import is_unicode

#: Modules that LightGBM imports only for its scikit-learn and pandas interfaces: three quarters of its import time.
_NOT_NEEDED = ("sklearn", "pandas")
#: How long GNU's OpenMP threads spin while they wait for each other. On a busy machine, the default made training
#: nine times as slow as this value. On an idle machine, this value takes 7% longer.
_SPINS = "1000"
#: Measured: with fewer rows, a second thread uses more CPU time and does not finish sooner.
_ROWS_A_THREAD = 10_000


@cache
def lightgbm() -> ModuleType:
    """Return the library, without the interfaces that mlbuild does not use, and with a logger that discards
    everything.

    Optional modules that are not imported yet are hidden during the import. They can be imported afterwards.
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


@contextmanager
def utf8_path(file: Path) -> Iterator[str]:
    """The path of a file in UTF-8, as LightGBM needs it: through a link if the name of a folder is not UTF-8."""
    import tempfile

    if is_unicode(str(file)):
        yield str(file)
        return
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "link")
        link.symlink_to(file.absolute().parent)
        yield str(link / file.name)


class _Silence:
    """A logger for LightGBM that discards everything. Errors are raised as exceptions anyway."""

    def info(self, message: str) -> None:
        pass

    def warning(self, message: str) -> None:
        pass


def useful(threads: int, rows: int) -> int:
    """Return how many of the threads this number of rows keeps busy.

    More threads would only wait and waste CPU time.
    """
    return min(threads, 1 + rows // _ROWS_A_THREAD)
