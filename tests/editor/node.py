"""Node for the tests: its packages, installed once into node_modules, and scripts that answer JSON with JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
MODULES = HERE / "node_modules"
#: npm keeps here what it has installed; a copy of the lock beside it says that the installation is whole.
INSTALLED = MODULES / "installed-lock.json"
#: The major version of node that the packages need.
NODE = 20


class NoNode(AssertionError):
    """What the tests need of node is not there."""


@cache
def packages() -> Path:
    """The folder of the packages that the lock names; it is installed where it is not there or has another lock.

    Raises:
        NoNode: node is missing or too old, or npm cannot install.
    """
    node()
    if not INSTALLED.exists() or INSTALLED.read_bytes() != LOCK.read_bytes():
        npm = shutil.which("npm")
        if npm is None:
            raise NoNode("the tests of the editor experience need npm, and there is none on the path")
        done = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True
        )
        if done.returncode:
            raise NoNode(f"npm ci failed in {HERE}:\n{done.stdout}{done.stderr}")
        INSTALLED.write_bytes(LOCK.read_bytes())
    return MODULES


@cache
def node() -> str:
    """The command of a node that is new enough."""
    command = shutil.which("node")
    if command is None:
        raise NoNode(f"the tests of the editor experience need node >= {NODE}, and there is none on the path")
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < NODE:
        raise NoNode(f"the tests of the editor experience need node >= {NODE}, and this is {version.strip()}")
    return command


def answer(script: str, question: Any) -> Any:
    """What a script of this folder answers: JSON on its standard input, JSON on its standard output."""
    packages()
    done = subprocess.run(
        [node(), str(HERE / script)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode or done.stderr:
        raise AssertionError(f"{script} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)
