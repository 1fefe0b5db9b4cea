"""After `pip install` of another version of a library, the next command notices it if a task uses it; otherwise
nothing runs.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.small import small
from tests.cli.starting import ROOT, Started, Starter
from tests.cli.test_changes import FROM_TRAIN

Pip = Callable[..., None]

#: Tasks that read, join and compare tables do not use lightgbm. Published files contain its version.
_KINDS = {"bin", *FROM_TRAIN} - {"evaluate"}
USERS = {f"{kind}:one" for kind in _KINDS}


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Starter, Pip]:
    """The small project, up to date, in a virtual environment that finds all other libraries in this one."""
    environment, project = tmp_path / "environment", tmp_path / "project"
    venv.create(environment, symlinks=True)
    python = environment / "bin/python"
    (packages,) = environment.glob("lib/python*/site-packages")
    others = [str(ROOT), *(path for path in sys.path if any(Path(path).glob("*.dist-info")))]
    (packages / "others.pth").write_text("\n".join(others))

    def pip(verb: str, *words: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", str(python), verb, "-q", "--no-input", *words]
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)

    project.mkdir()
    small(project)
    start = Starter(project, tmp_path / "mlbuild")
    start.python = str(python)
    start.settled()
    return start, pip


def wheel(folder: Path, name: str, version: str, **contents: str) -> str:
    """Write a wheel of these contents. Without any, the imported code stays the same."""
    module = name.replace("-", "_")
    info, file = f"{module}-{version}.dist-info", folder / f"{module}-{version}-py3-none-any.whl"
    texts = {
        "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(file, "w") as archive:
        texts = {f"{info}/{member}": text for member, text in texts.items()} | contents
        for member, text in texts.items():
            archive.writestr(member, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{member},,\n" for member in [*texts, f"{info}/RECORD"]))
    return str(file)


def ran(done: Started) -> set[str]:
    """Return the tasks that a build ran."""
    assert done.code == 0, done.err
    return {line.split()[1] for line in done.err.splitlines() if line.split()[:1] == ["ran"]}


def test_another_version_is_noticed_at_once_where_a_task_uses_it(
    installed: tuple[Starter, Pip], tmp_path: Path
) -> None:
    mlbuild, pip = installed
    for name, version in (("nobodys-own", "1.0"), ("nobodys-own", "2.0"), ("scikit-learn", "99.0")):
        pip("install", "--no-index", "--ignore-installed", wheel(tmp_path, name, version))
        done = mlbuild("build")
        assert (ran(done), done.at_once) == (set(), False)
        assert mlbuild("build").at_once
    former = importlib.metadata.version("lightgbm")
    for version, flags in (("98.0", ["--ignore-installed"]), ("99.0", [])):
        pip("install", "--no-index", *flags, wheel(tmp_path, "lightgbm", version))
        locked = mlbuild("build", "--locked")
        assert (locked.code, f"  library 'lightgbm': {former} -> {version}\n" in locked.err) == (7, True)
        done = mlbuild("build")
        assert ran(done) == USERS
        assert f"lightgbm {former} -> {version}" in done.err
        assert mlbuild("build").at_once
        former = version
    pip("uninstall", "-y", "lightgbm")
    done = mlbuild("build")
    assert (ran(done), done.at_once) == (set(), False)
    assert "restored  publish:one" in done.err


def test_another_version_of_mlbuild_itself_is_noticed_at_once(
    installed: tuple[Starter, Pip], tmp_path: Path
) -> None:
    mlbuild, pip = installed
    mlbuild.environment["PYTHONPATH"] = ""
    files = [*ROOT.glob("mlbuild/**/*.py"), *ROOT.glob("mlbuild/**/*.json")]
    ours = {str(file.relative_to(ROOT)): file.read_text() for file in files}
    parts = "mlbuild/pipeline/parts.py"
    changed = ours | {parts: ours[parts].replace('_COLUMN = "values"', '_COLUMN = "value"')}
    releases = [
        ("1.0", ours),
        ("1.0", ours | {parts: ours[parts] + "# the same, and yet\n"}),
        ("2.0", changed),
    ]
    for version, contents in releases:
        pip(
            "install", "--no-index", "--force-reinstall", wheel(tmp_path, "mlbuild-spec", version, **contents)
        )
        done = mlbuild("status")
        assert (done.code, done.at_once) == (6 if contents is changed else 0, False), done.err
        mlbuild.settled()
        assert mlbuild("status").at_once
    snapshots = (mlbuild.folder / ".mlbuild/snapshots").iterdir()
    newest = max(snapshots, key=lambda file: file.stat().st_mtime_ns).read_bytes()
    assert b"/mlbuild/pipeline/" not in newest, "each of our own files is looked at"
