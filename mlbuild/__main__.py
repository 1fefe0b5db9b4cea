"""The command `mlbuild`, also as `python -m mlbuild`; what it can answer without loading anything, it does."""

import os
import sys

from mlbuild.cli.interrupt import end_at_once

end_at_once()

from mlbuild import __version__  # noqa: E402  # Ctrl-C can come while this is loaded
from mlbuild.cli.unchanged import TOUCHED, UNCHANGED, look, tell  # noqa: E402  # and this

#: New objects after which garbage is looked for. Loading modules and specs makes very many, and hardly one is garbage.
_OBJECTS = 200_000


def main() -> None:
    """Run the command line of this process, and end it: what comes back would only be taken apart piece by piece."""
    if sys.stdout is None or sys.stderr is None:
        # Where a stream is closed, the next file that is opened would take its number, and what is told would go into it.
        while os.open(os.devnull, os.O_RDWR) <= 2:
            pass
    try:
        code = _run(sys.argv[1:])
    except MemoryError:  # not even enough to say more
        code = tell([(sys.stderr, "mlbuild: out of memory\n")]) or 1
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
