"""The command `mlbuild`, also as `python -m mlbuild`; what it can answer without loading anything, it does."""

import os
import sys

from mlbuild import __version__
from mlbuild.cli.unchanged import EDITED, UNCHANGED, look, tell


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    argv = sys.argv[1:]
    if argv == ["--version"]:
        _leave(tell([(sys.stdout, f"mlbuild {__version__}\n")]))
    state, answer = look(argv)
    if state == UNCHANGED and answer:
        _leave(tell(answer.pieces()))
    import importlib

    if state == EDITED and answer and importlib.import_module("mlbuild.cli.reworded").holds(answer):
        _leave(tell(answer.pieces()))
    code: int = importlib.import_module("mlbuild.cli.main").main(argv)
    return code


def _leave(code: int) -> None:
    """End at once: to take an interpreter apart that has done nothing costs a sixth of its life."""
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
