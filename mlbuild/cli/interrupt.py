"""Ctrl-C ends this process at once, whatever it is at: nothing that it keeps is ever half written.

An exception, which Python makes of it by itself, could be taken for a failure or be lost wherever a library has code
called back.
"""

import _signal  # type: ignore[import-not-found]  # it is there in any process; `signal` would have to be loaded
import os
import sys

from mlbuild.cli.words import asks_json, verb_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

SAID = "interrupted; finished tasks are kept"
_CODE = 130
_DOCUMENT = """{
  "schema_version": 1,
  "command": %s,
  "ok": false,
  "exit_code": 130,
  "error": {
    "message": "%s",
    "help": null,
    "lines": []
  }
}
"""


class _State:
    """Whether the document that was asked for is being printed, so that there must be no second one."""

    told = False


def end_at_once() -> None:
    """Let Ctrl-C be the end from now on, unless whoever started this process has it ignore that, as for a job behind."""
    if _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:
        _signal.signal(_signal.SIGINT, _end)


def telling() -> None:
    """Note that the results are being printed."""
    _State.told = True


def _end(number: int, frame: object) -> "NoReturn":
    _signal.signal(number, _signal.SIG_IGN)
    try:
        if asks_json(sys.argv[1:]) and not _State.told:
            verb = verb_of(sys.argv[1:]) or ""
            os.write(1, (_DOCUMENT % (f'"{verb}"' if verb.isalpha() else "null", SAID)).encode())
        else:
            bar = "\r\x1b[K" if os.isatty(2) else ""
            os.write(2, f"{bar}mlbuild: {SAID}\n".encode())
    finally:
        os._exit(_CODE)
