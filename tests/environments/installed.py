"""Virtual environments with this checkout: at the lower bounds of its dependencies, or with the newest versions.

They are made only with venv and pip, which every machine with Python has.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

from tests.budget import examples
from tests.turns import in_turn

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
#: In a soak, whole rooms of tests run in the environments.
SOAK = bool(examples(0, 1))
#: What is installed: mlbuild, and what tests need besides it.
INSTALLED = (
    ("--editable", f"{ROOT}[dev]") if SOAK else ("--editable", str(ROOT), "pytest", "hypothesis", "packaging")
)
#: Longer than it takes to download all libraries, or to run the tests of a room on a busy machine.
PATIENCE = 1_800
_ASK = "import sys; print(sys.version_info[:2] >= (3, 11), sys.implementation.cache_tag)"


@cache
def bounds() -> Mapping[str, Version]:
    """Return the lower bound of each dependency of mlbuild."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return {wanted.name: _oldest(wanted) for wanted in map(Requirement, listed)}


def _oldest(wanted: Requirement) -> Version:
    (bound,) = wanted.specifier
    assert bound.operator == ">=", f"{wanted} has another bound than a lowest version"
    return Version(bound.version)


@cache
def pythons() -> Mapping[str, str]:
    """Return the supported interpreters, by cache tag: the running one, those on PATH and those of pyenv."""
    found: dict[str, str] = {}
    for command in _commands():
        # pyenv puts commands on PATH for versions that are not selected. These fail.
        done = subprocess.run([command, "-c", _ASK], capture_output=True, text=True)
        supported, _, tag = done.stdout.strip().partition(" ")
        if done.returncode == 0 and supported == "True":
            found.setdefault(tag, command)
    return found


def _commands() -> Iterator[str]:
    yield sys.executable
    names = [f"python3.{minor}" for minor in range(11, 15)]
    yield from filter(None, map(shutil.which, names))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    for name in names:
        yield from map(str, sorted(pyenv.glob(f"*/bin/{name}")))


def lowest(tag: str) -> Path:
    """Return the interpreter of an environment at the lower bounds. It is kept until these change."""
    pins = [f"{name}=={version}" for name, version in sorted(bounds().items())]
    digest = hashlib.sha256("\n".join([*pins, *INSTALLED]).encode()).hexdigest()[:12]
    folder = HERE / ".kept" / f"{tag}-{digest}"
    with in_turn(folder.parent):
        if not (folder / "whole").exists():
            for former in folder.parent.glob(f"{tag}-*"):
                shutil.rmtree(former)
            _make(folder, tag, pins)
            (folder / "whole").touch()
    return folder / "bin/python"


def newest(tag: str, folder: Path) -> Path:
    """Return the interpreter of a new environment with the newest versions."""
    _make(folder, tag, [])
    return folder / "bin/python"


def _make(folder: Path, tag: str, pins: Sequence[str]) -> None:
    command = [pythons()[tag], "-m", "venv", "--clear", "--without-pip", str(folder)]
    subprocess.run(command, check=True, timeout=PATIENCE)
    constraints = folder / "pins.txt"
    constraints.write_text("\n".join(pins))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install", "--quiet"]
    words = ["--no-input", "--constraint", str(constraints), *INSTALLED]
    done = subprocess.run([*pip, *words], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
