"""The command `mlbuild`, also `python -m mlbuild`. If it can answer without loading anything else, it does."""

import os
import sys

from mlbuild.cli.interrupt import end_at_once

end_at_once()

from mlbuild import __version__  # noqa: E402  # Ctrl-C can come while this is loaded
from mlbuild.cli.unchanged import TOUCHED, UNCHANGED, look, tell  # noqa: E402  # and this

#: The number of new objects before garbage collection. Loading modules and specs creates very many, almost none
#: garbage.
_OBJECTS = 200_000


def main() -> None:
    """Run the command line in this process and exit without cleanup, which would only free objects one by one."""
    if sys.stdout is None or sys.stderr is None:
        # If a standard stream is closed, the next opened file would get its number, and output would go into that
        # file.
        while os.open(os.devnull, os.O_RDWR) <= 2:
            pass
    try:
        code = _run(sys.argv[1:])
    except (MemoryError, SystemError):  # the latter is from C code that ignores the former
        # There is not enough memory to print more, perhaps not even this.
        try:
            tell([(sys.stderr, "mlbuild: out of memory\n")])
        finally:
            os._exit(1)
    os._exit(code)


def _run(argv: list[str]) -> int:
    if argv == ["--version"]:
        return tell([(sys.stdout, f"mlbuild {__version__}\n")])
    state, answer = look(argv)
    if state == UNCHANGED and answer:
        return tell(answer.pieces())
    import gc
    import importlib

    gc.set_threshold(_OBJECTS)
    if state == TOUCHED and answer and importlib.import_module("mlbuild.cli.touched").holds(answer):
        return tell(answer.pieces())
    code: int = importlib.import_module("mlbuild.cli.main").main(argv)
    return code


if __name__ == "__main__":
    main()
