"""The command `mlbuild`, also as `python -m mlbuild`."""

from __future__ import annotations

import sys

from mlbuild import __version__
from mlbuild.cli.main import main as run


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    if sys.argv[1:] == ["--version"]:
        print(f"mlbuild {__version__}")
        return 0
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
