"""Makes Ctrl-C end the process immediately, whatever it is doing.

This is safe, because no file is ever half written.

By default, Python raises an exception. It could be mistaken for a failure, or be lost in a callback of a library.
"""

import _signal  # type: ignore[import-not-found]  # always loaded, unlike `signal`
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
    """Whether the requested document is being printed, so that there must not be a second one."""

    told = False


def end_at_once() -> None:
    """Make Ctrl-C end the process from now on, unless the process was started to ignore it, like a background job."""
    if _signal.getsignal(_signal.SIGINT) != _signal.SIG_IGN:
        _signal.signal(_signal.SIGINT, _end)


def telling() -> None:
    """Record that the results are being printed."""
    _State.told = True


def _stderr() -> int:
    """Return the descriptor of standard error. Only what has loaded `mlbuild.process.stderr` can have redirected it."""
    module = sys.modules.get("mlbuild.process.stderr")  # importing it would slow down every start
    return 2 if module is None else module.descriptor()


def _end(number: int, frame: object) -> "NoReturn":
    _signal.signal(number, _signal.SIG_IGN)
    try:
        if asks_json(sys.argv[1:]) and not _State.told:
            verb = verb_of(sys.argv[1:]) or ""
            os.write(1, (_DOCUMENT % (f'"{verb}"' if verb.isalpha() else "null", SAID)).encode())
        else:
            stream = _stderr()
            bar = "\r\x1b[K" if os.isatty(stream) else ""
            os.write(stream, f"{bar}mlbuild: {SAID}\n".encode())
    finally:
        os._exit(_CODE)
