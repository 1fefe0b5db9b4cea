"""The creation time of files, which users cannot set and nothing changes afterwards.

Unlike other times, it is not preserved by a clone, an archive or a copy, and not changed by `touch`, `chmod` and
`chown`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache

#: Flags for `statx(2)`: relative to the current folder, do not follow links, return the birth time.
_FROM_HERE, _NO_FOLLOW, _BIRTH = -100, 0x100, 0x800
#: The offsets in its result: the valid fields, and the birth time in seconds and nanoseconds.
_KNOWN, _SECONDS, _NANOSECONDS, _LENGTH = slice(0, 4), slice(80, 88), slice(88, 92), 256


def born(path: str) -> int:
    """Return when a file was created, in ns since 1970.

    If the system does not tell, when anything about it last changed.

    Raises:
        OSError: The file does not exist.
    """
    found = os.lstat(path)
    on_a_mac = getattr(found, "st_birthtime", None)
    if on_a_mac is not None:
        return int(on_a_mac * 1e9)
    answer = _statx()(path)
    if not _number(answer[_KNOWN]) & _BIRTH:
        return found.st_ctime_ns
    return _number(answer[_SECONDS]) * 1_000_000_000 + _number(answer[_NANOSECONDS])


def _number(content: bytes) -> int:
    return int.from_bytes(content, sys.byteorder)


@cache
def _statx() -> Callable[[str], bytes]:
    """Return Linux's system call of that name, which Python does not have.

    Without it, the result is that nothing is known.
    """
    try:
        import ctypes

        call = ctypes.CDLL(None).statx
    except (AttributeError, ImportError, OSError, TypeError):
        return lambda path: bytes(_LENGTH)

    def ask(path: str) -> bytes:
        answer = ctypes.create_string_buffer(_LENGTH)
        call(_FROM_HERE, os.fsencode(path), _NO_FOLLOW, _BIRTH, answer)
        return answer.raw

    return ask
