"""Runs the command line in this process, in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild.cli.main import main
from mlbuild.frozen import frozen


@frozen
class Ran:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


class Command:
    """Runs `mlbuild` in a folder: `command("build", "-k")`."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._patch = folder, capsys, patch

    def __call__(self, *words: str) -> Ran:
        self._patch.chdir(self.folder)
        return self.here(*words)

    def here(self, *words: str) -> Ran:
        """Run it in the working folder, even if that was deleted."""
        self._capsys.readouterr()
        code = main(list(words))
        out, err = self._capsys.readouterr()
        return Ran(code, out, err)
