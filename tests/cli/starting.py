"""Starts the command as a separate process, and reports which modules it imported."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from mlbuild.frozen import frozen

ROOT = Path(__file__).parents[2]
_SCRIPT = "import sys\nfrom mlbuild.__main__ import main\nsys.exit(main())\n"
_IMPORT = re.compile(r"^import time: +\d+ \| +\d+ \| +(\S+)\n", re.MULTILINE)


@frozen
class Started:
    """How a process ended, what it printed, and the modules that it imported in addition to those of bare Python."""

    code: int
    out: str
    err: str
    modules: frozenset[str]

    @property
    def at_once(self) -> bool:
        """Whether it was answered immediately from a snapshot."""
        return "dataclasses" not in self.modules and not self.in_full

    @property
    def in_full(self) -> bool:
        """Whether it ran completely, without a snapshot."""
        return "argparse" in self.modules

    def loaded(self, *names: str) -> set[str]:
        """Return which of these packages it imported."""
        return {name.partition(".")[0] for name in self.modules} & set(names)


class Starter:
    """Runs the installed `mlbuild` in a folder: `start("build", "-k")`."""

    python = sys.executable

    def __init__(self, folder: Path, script: Path, **environment: str) -> None:
        self.folder = folder
        self._script = script
        script.write_text(_SCRIPT)
        self.environment = {"PYTHONPATH": str(ROOT), "MLBUILD_THREADS": "1", **environment}

    def __call__(self, *words: str, **environment: str) -> Started:
        return run([str(self._script), *words], self.folder, self.environment | environment, self.python)

    def settled(self, *words: str) -> None:
        """Build until there is a snapshot: the first build may see files that were only just written."""
        for _ in range(3):
            done = self("build", "-q", *words)
            assert done.code == 0, done.err
            if done.at_once:
                return
        raise AssertionError("no build is answered from a snapshot")


def run(
    command: list[str], folder: Path, environment: dict[str, str], python: str = sys.executable
) -> Started:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLBUILD_", "PYTHON"))}
    done = subprocess.run(
        [python, "-X", "importtime", *command],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    modules = frozenset(_IMPORT.findall(done.stderr))
    bare = _bare() if command != ["-c", "pass"] else frozenset()
    return Started(done.returncode, done.stdout, _told(done.stderr), modules - bare)


def _told(text: str) -> str:
    return _IMPORT.sub("", text.replace("import time: self [us] | cumulative | imported package\n", ""))


@cache
def _bare() -> frozenset[str]:
    return run(["-c", "pass"], ROOT, {}).modules
