"""When a file was made: a time that nobody can choose, and that nothing changes afterwards.

Unlike the other times of a file, a clone, an archive or a copy does not carry it over, and `touch`, `chmod` and `chown` leave it
as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache

#: For `statx(2)`: paths start from here, links are not followed, and the time of birth is asked for.
_FROM_HERE, _NO_FOLLOW, _BIRTH = -100, 0x100, 0x800
#: Where in its answer are what it knows, and the time of birth in seconds and nanoseconds.
_KNOWN, _SECONDS, _NANOSECONDS, _LENGTH = slice(0, 4), slice(80, 88), slice(88, 92), 256


def born(path: str) -> int:
    """When a file was made, in ns since 1970; where the system does not tell, when anything of it last changed.

    Raises:
        OSError: there is none.
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
    """Linux's call of that name, which Python does not have; where there is none, it knows nothing."""
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
