"""Everything around a project is left alone: the home folder, the network, and modules in the folder of the
project.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.both import both
from tests.cli.starting import ROOT
from tests.projects import copied

#: Where libraries leave files.
HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TMPDIR")
COMMANDS = [
    ("build", "-j", "2"),
    ("build", "-j", "1"),
    ("check",),
    ("plan",),
    ("status",),
    ("why", "train:trees"),
    ("graph",),
    ("render",),
    ("schema",),
    ("gc", "--delete"),
    ("store", "verify"),
    ("explain", "unknown-op"),
    ("predict", "dist/trees/model.onnx", "rows.csv"),
    ("init", "../new.csv", "--target", "y"),
]

#: Modules that this package or its libraries import.
SHADOWS = (
    "abc argparse ast ctypes dataclasses enum http importlib json lightgbm logging matplotlib networkx numpy onnx onnxruntime"
    " pandas pandera pickle polars random re scipy select sitecustomize sklearn socket sqlglot string subprocess tempfile"
    " threadpoolctl threading typing usercustomize yaml".split()
)

_COMMAND = "import sys\nfrom mlbuild.__main__ import main\nsys.exit(main())\n"
#: A program that builds with the functions of the package while it has another thread, so it must not fork.
_THREADED = """\
import threading
done = threading.Event()
threading.Thread(target=done.wait).start()
from mlbuild import api
ok = api.build(api.load("mlbuild.yaml"), threads=2, jobs=2).ok
done.set()
assert ok
"""

#: A process that lives as long as a long build: some libraries take seconds before they send telemetry.
_WAITING = """\
import time
from mlbuild.pipeline.libraries import load
load(["lightgbm", "numpy", "onnx", "onnxruntime", "polars", "scikit-learn"])
import pandera.polars  # when a contract is violated
time.sleep(15)  # a process that ended at once would hide telemetry: it was first seen 9 s after the import
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project."""
    folder = both(tmp_path_factory.mktemp("built") / "project")
    shutil.copy(folder / "rows.csv", folder.parent / "new.csv")
    run([sys.executable, "-m", "mlbuild", "build"], folder, {})
    return folder


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    shutil.copy(built.parent / "new.csv", tmp_path)
    copied(built, tmp_path / built.name)
    return tmp_path / built.name


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a command that must succeed, with almost no environment variables."""
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "MLBUILD_THREADS": "2"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=kept | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, (done.returncode, done.stderr)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_leaves_files_elsewhere_or_asks_the_network(
    words: tuple[str, ...], project: Path, tmp_path: Path
) -> None:
    if words[0] in ("build", "init"):
        shutil.rmtree(project)
        both(project)
    if words[0] == "init":
        (project / "mlbuild.yaml").unlink()
    homes = {name: str(tmp_path / "homes" / name) for name in HOMES}
    for home in homes.values():
        Path(home).mkdir(parents=True)
    run([sys.executable, "-m", "tests.cli.offline", sys.executable, "-m", "mlbuild", *words], project, homes)
    assert [path for home in homes.values() for path in Path(home).rglob("*")] == []


def test_no_library_asks_the_network_later(tmp_path: Path) -> None:
    run([sys.executable, "-m", "tests.cli.offline", sys.executable, "-c", _WAITING], tmp_path, {})


def test_a_command_that_asks_the_network_would_be_killed(tmp_path: Path) -> None:
    asks = "import socket; socket.getaddrinfo('example.invalid', 80)"
    command = [sys.executable, "-m", "tests.cli.offline", sys.executable, "-c", asks]
    assert subprocess.run(command, cwd=ROOT, timeout=60).returncode == -signal.SIGSYS


@pytest.mark.parametrize(
    "words",
    [
        ("build", "-j", "1"),
        ("build", "-j", "2"),
        ("check",),
        ("plan",),
        ("predict", "dist/trees/model.onnx", "rows.csv"),
    ],
    ids=" ".join,
)
def test_no_module_of_the_project_is_imported(words: tuple[str, ...], project: Path, tmp_path: Path) -> None:
    if words[0] == "build":
        shutil.rmtree(project)
        both(project)
    _shadow(project, tmp_path)
    script = tmp_path / "bin" / "mlbuild"
    script.parent.mkdir()
    script.write_text(_COMMAND)
    run([sys.executable, str(script), *words], project, {})
    assert not (tmp_path / "imported").exists()


def test_no_module_of_the_project_is_imported_by_new_processes(tmp_path: Path) -> None:
    project = both(tmp_path / "project")
    _shadow(project, tmp_path)
    script = tmp_path / "bin" / "build"
    script.parent.mkdir()
    script.write_text(_THREADED)
    run([sys.executable, str(script)], project, {})
    assert not (tmp_path / "imported").exists()


def _shadow(project: Path, folder: Path) -> None:
    """Write modules that report that they were imported, and then fail."""
    for name in SHADOWS:
        text = f"open({str(folder / 'imported')!r}, 'a').write({name!r})\nraise SystemExit(9)\n"
        (project / f"{name}.py").write_text(text)
