"""Watches the files that this process opens, so that a test can do something at any of these moments."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_EVENTS = ("open", "os.scandir", "os.listdir")


class _Watch:
    """The function to call with the path of each opened file or folder. An audit hook cannot be removed."""

    called: Callable[[str], None] | None = None
    installed = False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    called = _Watch.called
    if called is not None and event in _EVENTS and isinstance(arguments[0], str):
        _Watch.called = None  # what it opens itself does not count
        try:
            called(arguments[0])
        finally:
            _Watch.called = called


@contextmanager
def opening(called: Callable[[str], None]) -> Iterator[None]:
    """Call a function before anything is opened. If it raises an exception, opening raises it."""
    if not _Watch.installed:
        sys.addaudithook(_hook)
        _Watch.installed = True
    _Watch.called = called
    try:
        yield
    finally:
        _Watch.called = None
