"""Other users: if the tests run as root, commands run as two unused user ids, which share a group."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from mlbuild.frozen import frozen

ROOT = Path(__file__).parents[2]
#: The group of both.
GROUP = 52_100
_IDS = (52_101, 52_102)
_NEEDED = "import mlbuild.pipeline.libraries, polars, lightgbm, sklearn, onnx, onnxruntime, pandera, networkx, sqlglot"


@frozen
class User:
    """Someone who runs commands: another user of the system, or the one who runs the tests (None)."""

    uid: int | None
    python: str = sys.executable

    @property
    def group(self) -> int:
        return os.getgid() if self.uid is None else GROUP

    def options(self) -> dict[str, Any]:
        """Return the options of `subprocess` to run something as this user, with the usual umask."""
        environment = os.environ | {"MLBUILD_THREADS": "2"}
        if self.uid is None:
            return {"env": environment, "umask": 0o022}
        environment |= {"PYTHONPATH": _path(), "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {"HOME": "/nonexistent", "USER": f"u{self.uid}", "TMPDIR": "/tmp"}
        return {"env": environment, "umask": 0o022, "user": self.uid, "group": GROUP, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Make this user the owner of a folder and everything in it."""
        if self.uid is not None:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.uid, GROUP, follow_symlinks=False)


def two_users() -> tuple[User, User, str]:
    """Return two users, and why they are the same one, or an empty text."""
    if os.name != "posix" or os.geteuid() != 0:
        return User(None), User(None), "only root can run commands as other users"
    python = _python()
    if python is None:
        return User(None), User(None), "other users may not run this Python, or not read the libraries"
    one, other = (User(uid, python) for uid in _IDS)
    return one, other, ""


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user can enter."""
    folder = Path(tempfile.mkdtemp(dir=_public()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@cache
def _public() -> str:
    """Return a folder for temporary files that every user can enter. The folder of the tests is often private."""
    folder = tempfile.gettempdir()
    public = all(path.stat().st_mode & 0o001 for path in [Path(folder), *Path(folder).parents])
    return folder if public else "/tmp"


@cache
def _python() -> str | None:
    """Return a Python of this version that other users can run, with our libraries."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        user = User(_IDS[0], python)
        try:
            done = subprocess.run(
                [python, "-c", _NEEDED], cwd="/", capture_output=True, timeout=120, **user.options()
            )
        except OSError:
            continue
        if done.returncode == 0:
            return python
    return None


def _path() -> str:
    return os.pathsep.join([str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
