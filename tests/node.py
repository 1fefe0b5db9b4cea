"""Node.js for the tests: installs the packages of a folder once, and runs scripts that answer JSON with JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.turns import in_turn

TESTS = Path(__file__).parent
#: The major version of Node.js that the packages need.
NODE = 20


class NoNode(AssertionError):
    """Node.js, or something that the tests need of it, is missing."""


@cache
def packages(room: str) -> Path:
    """Return the packages in the lock file of a test folder.

    Install them if they are missing or the lock file has changed.

    A copy of the lock file next to them shows that the installation is complete. Packages must not run scripts.

    Raises:
        NoNode: Node.js is missing or too old, or npm cannot install.
    """
    node()
    folder = TESTS / room
    lock, modules = folder / "package-lock.json", folder / "node_modules"
    installed = modules / "installed-lock.json"
    with in_turn(modules):
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
    """Return the command of a Node.js that is new enough."""
    command = shutil.which("node")
    if command is None:
        raise NoNode(f"these tests need node >= {NODE}, and there is none on the path")
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < NODE:
        raise NoNode(f"these tests need node >= {NODE}, and this is {version.strip()}")
    return command


def answer(script: str, question: Any) -> Any:
    """Return the answer of a script, named as `room/script.mjs`, which reads and writes JSON."""
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
