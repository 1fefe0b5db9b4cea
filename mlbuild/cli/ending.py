"""Ends the workers of a build before the process that started it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_as_interrupted(workers: bool) -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C. If there are workers, they are ended first.

    Signals that this process was started to ignore stay ignored.
    """
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ignored = [number for number, handler in former.items() if handler == signal.SIG_IGN]
    at_once = not workers and signal.SIGINT not in ignored
    ending = former[signal.SIGINT] if at_once else signal.default_int_handler
    for number in former.keys() - ignored:
        signal.signal(number, ending)
    try:
        yield
    except KeyboardInterrupt:
        former = dict.fromkeys(former, signal.SIG_IGN)  # an impatient second Ctrl-C has no effect
        raise
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
