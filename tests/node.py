"""Node for the tests: the packages of a folder, installed once, and scripts that answer JSON with JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent
#: The major version of node that the packages need.
NODE = 20


class NoNode(AssertionError):
    """What the tests need of node is not there."""


@cache
def packages(room: str) -> Path:
    """The packages that the lock of a folder of tests names; installed if they are missing or of another lock.

    A copy of the lock beside them says that the installation is whole. No package runs a script of its own.

    Raises:
        NoNode: node is missing or too old, or npm cannot install.
    """
    node()
    folder = TESTS / room
    lock, modules = folder / "package-lock.json", folder / "node_modules"
    installed = modules / "installed-lock.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        npm = shutil.which("npm")
        if npm is None:
            raise NoNode("these tests need npm, and there is none on the path")
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise NoNode(f"npm ci failed in {folder}:\n{done.stdout}{done.stderr}")
        installed.write_bytes(lock.read_bytes())
    return modules


@cache
def node() -> str:
    """The command of a node that is new enough."""
    command = shutil.which("node")
    if command is None:
        raise NoNode(f"these tests need node >= {NODE}, and there is none on the path")
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < NODE:
        raise NoNode(f"these tests need node >= {NODE}, and this is {version.strip()}")
    return command


def answer(script: str, question: Any) -> Any:
    """What a script, named as `room/script.mjs`, answers: JSON on its standard input and output."""
    packages(script.partition("/")[0])
    done = subprocess.run(
        [node(), str(TESTS / script)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    if done.returncode or done.stderr:
        raise AssertionError(f"{script} ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)
