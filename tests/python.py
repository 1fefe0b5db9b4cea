"""Python packages for the tests that must not be in their environment: installed once, each in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from packaging.requirements import Requirement

from tests.turns import in_turn

TESTS = Path(__file__).parent
_PATIENCE = 300


def site(room: str, *requirements: str, whole: bool = False) -> Path:
    """Return a folder of a test folder with these packages, without those that they need, unless it must be `whole`.
    Install them if it is missing. Its name is made from what was asked, so that no two requests share a folder.
    """
    modules = TESTS / room / ".python_modules"
    asked = sha256(repr((sys.implementation.cache_tag, whole, requirements)).encode()).hexdigest()[:12]
    folder = modules / f"{Requirement(requirements[0]).name}-{asked}"
    with in_turn(modules):
        if not folder.exists():
            modules.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=modules) as beside:
                new = Path(beside) / "site"
                command = [
                    sys.executable,
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    *([] if whole else ["--no-deps"]),
                    "--target",
                    str(new),
                ]
                subprocess.run([*command, *requirements], check=True, timeout=_PATIENCE)
                new.rename(folder)
    return folder


def only(*folders: Path) -> dict[str, str]:
    """Return an environment in which `python -S` has only what is in these folders."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"PYTHONPATH": os.pathsep.join(map(str, folders))}
