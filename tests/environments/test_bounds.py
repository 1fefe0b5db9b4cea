"""mlbuild works with the oldest allowed versions of its dependencies. A soak tests every Python that it finds."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.version import Version

from tests.budget import tell
from tests.environments.installed import PATIENCE, ROOT, SOAK, bounds, lowest, newest, pythons
from tests.projects import SPECS, delays

#: In a soak: all interpreters that are found, each with the lowest and with the newest versions.
CHOSEN = [
    (tag, kind)
    for tag in (pythons() if SOAK else [sys.implementation.cache_tag])
    for kind in (("lowest", "newest") if SOAK else ("lowest",))
]
#: Tests that depend strongly on the libraries; in a soak, whole rooms of them.
ASKED = ["data", "expressions", "models"] if SOAK else ["expressions/test_problems.py"]
_VERSIONS = (
    "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
)


@pytest.fixture(scope="module", params=CHOSEN, ids=" ".join)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Its name and its interpreter."""
    tag, kind = request.param
    made = lowest(tag) if kind == "lowest" else newest(tag, tmp_path_factory.mktemp("newest"))
    return f"{tag} {kind}", made


def run(python: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLBUILD_", "PYTHON"))}
    return subprocess.run(
        [python, *words],
        cwd=cwd,
        env=kept | {"MLBUILD_SOAK": "0"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_the_environment_is_what_it_says(environment: tuple[str, Path], tmp_path: Path) -> None:
    name, python = environment
    versions = json.loads(run(python, "-c", _VERSIONS, *bounds(), cwd=tmp_path).stdout)
    if name.endswith("lowest"):
        assert {library: Version(version) for library, version in versions.items()} == bounds()
    tell(f"{name}: {', '.join(f'{library} {version}' for library, version in versions.items())}")


@pytest.mark.parametrize("example", ["penguins", "flights" if SOAK else "delays"])
def test_an_example_builds(environment: tuple[str, Path], example: str, tmp_path: Path) -> None:
    _, python = environment
    folder = tmp_path / example
    if example == "delays":
        folder.mkdir()
        delays(folder)
    else:
        shutil.copytree(SPECS / example, folder, ignore=shutil.ignore_patterns(".mlbuild", "dist"))
    first = run(python, "-m", "mlbuild", "build", cwd=folder)
    assert first.returncode == 0, first.stderr
    assert "Warning" not in first.stderr
    for command in ("check", "plan"):
        assert run(python, "-m", "mlbuild", command, cwd=folder).returncode == 0
    again = run(python, "-m", "mlbuild", "build", cwd=folder)
    assert again.returncode == 0 and " ran " not in again.stderr


@pytest.mark.parametrize("asked", ASKED)
def test_what_the_libraries_do(environment: tuple[str, Path], asked: str, tmp_path: Path) -> None:
    """Run tests of this checkout in the environment."""
    name, python = environment
    words = ["-m", "pytest", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "kept")]
    done = run(python, *words, f"tests/{asked}", cwd=ROOT)
    assert done.returncode == 0, done.stdout[-5000:]
    tell(f"{name}: {asked}: {done.stdout.strip().splitlines()[-1]}")
