"""Runs a command that must not use the network: `python -m tests.cli.offline COMMAND ...`.

The kernel kills any of its processes that opens a socket other than one between local processes.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys

#: The number of the system call `socket`.
_SOCKET = {"x86_64": 41, "aarch64": 198}
_LOCAL = 1  # AF_UNIX

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _END = 0x20, 0x15, 0x06
_CALL, _FAMILY = 0, 16  # the offsets of the call number and of its first argument
_KILL, _ALLOW = 0x80000000, 0x7FFF0000


class _Step(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_ushort),
        ("equal", ctypes.c_ubyte),
        ("other", ctypes.c_ubyte),
        ("value", ctypes.c_uint),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.POINTER(_Step))]


def stay_offline() -> None:
    """Make the kernel kill this process, or a child, if it opens a network socket."""
    steps = [
        _Step(_LOAD, 0, 0, _CALL),
        _Step(_EQUAL, 0, 3, _SOCKET[platform.machine()]),
        _Step(_LOAD, 0, 0, _FAMILY),
        _Step(_EQUAL, 1, 0, _LOCAL),
        _Step(_END, 0, 0, _KILL),
        _Step(_END, 0, 0, _ALLOW),
    ]
    program = _Program(len(steps), (_Step * len(steps))(*steps))
    system = ctypes.CDLL(None, use_errno=True)
    for words in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if system.prctl(*words):
            raise OSError(ctypes.get_errno(), "this process cannot be kept from the network")


if __name__ == "__main__":
    stay_offline()
    os.execvp(sys.argv[1], sys.argv[1:])
