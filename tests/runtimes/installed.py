"""The runtimes under test: versions of onnxruntime for Python, Node.js and the web, each installed once."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mlbuild.bundle.artifact import ONNXRUNTIME
from mlbuild.frozen import frozen
from tests.node import node, packages
from tests.python import only, site
from tests.runtimes.exchange import Array, Question, answers, ask

HERE = Path(__file__).parent
#: Longer than any of them takes. A runtime that hangs is stopped.
PATIENCE = 300
NEWEST = importlib.metadata.version("onnxruntime")
#: Every version from the oldest supported one. The ordinary tests use the first, one in the middle and the newest.
RELEASES = (
    *(ONNXRUNTIME, "1.24.4", "1.25.0", "1.25.1", "1.26.0", "1.27.0", "1.28.0", "1.29.0", "1.30.0"),
    *("1.31.0", "1.31.1", "1.32.0"),
)
MIDDLE = "1.28.0"


@frozen
class Runtime:
    """A version of onnxruntime for one language: `python`, `node` or `web`.

    The latter two have `oldest` and `newest`.
    """

    language: str
    release: str

    def __str__(self) -> str:
        return f"{self.language} {self.release}"

    @property
    def version(self) -> str:
        if self.language == "python":
            return self.release
        told = json.loads((HERE / "package.json").read_text())["dependencies"]
        return str(told[f"{self.language}-{self.release}"].rpartition("@")[2])

    def answers(self, questions: Sequence[Question], folder: Path) -> list[dict[str, Array]]:
        """Return its answers, computed in a separate process."""
        ask(questions, folder)
        environment = dict(os.environ)
        if self.language == "python":
            environment = only(_site(self.release)) | {"ORT_DISABLE_TELEMETRY": "1"}
            command = [sys.executable, "-S", str(HERE / "answer.py"), str(folder)]
        else:
            packages(HERE.name)
            command = [node(), str(HERE / "answer.mjs"), str(folder), f"{self.language}-{self.release}"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        assert (done.returncode, done.stderr) == (0, ""), f"{self}: {done.stdout}{done.stderr}"
        version, found = answers(folder)
        assert version == self.version
        return found


PYTHONS = tuple(Runtime("python", release) for release in (ONNXRUNTIME, MIDDLE, NEWEST))
SCRIPTED = tuple(
    Runtime(language, release) for language in ("node", "web") for release in ("oldest", "newest")
)
RUNTIMES = (*PYTHONS, *SCRIPTED)


def _site(release: str) -> Path:
    """Return a folder with this onnxruntime and numpy, and install them if they are missing."""
    if release == NEWEST:
        return Path(str(importlib.metadata.distribution("onnxruntime").locate_file("")))
    return site(HERE.name, f"onnxruntime=={release}", "numpy")
