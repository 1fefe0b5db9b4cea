"""A search gives the same trials and the same model everywhere: however many run at once, in another order of hashes, on a
processor that computes logarithms in another way, and after it was killed twice.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlbuild.frozen import frozen
from tests.budget import examples, tell
from tests.cli.processes import started
from tests.pipeline.trials.project import FOLDED, SEARCH, project

#: From 10 trials on, the search learns from the earlier ones.
TRIALS = examples(14, 40)


@frozen
class World:
    """How many tasks run at once, after which shares of the trials the build is killed, and whether numpy must not use AVX-512."""

    jobs: int = 1
    killed: tuple[float, ...] = ()
    narrow: bool = False


#: Each has hashes of its own.
WORLDS = [
    World(),
    World(4, (0.25, 0.6), narrow=True),
    *examples(0, 1) * [World(4), World(1, (0.3, 0.9)), World(narrow=True)],
]
_ENABLED = """
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
print(*(one for one in __cpu_dispatch__ if __cpu_features__[one] and one.startswith(("X86_V4", "AVX512"))))
"""


def wide_registers(environment: dict[str, str]) -> str:
    """Return which of numpy's code paths with AVX-512 are used."""
    command = [sys.executable, "-W", "error", "-c", _ENABLED]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def searched(folder: Path) -> tuple[Any, bytes]:
    """Return the table of trials, and the model that was chosen."""
    trials = json.loads((folder / "dist/late/trials.json").read_text())
    return trials, (folder / "dist/late/model.onnx").read_bytes()


def kill_after(folder: Path, trial: int, *words: str) -> None:
    """Build, and kill the build when it reports the end of a trial."""
    with started(folder, "build", *words) as build:
        assert build.stderr is not None
        for line in build.stderr:
            if f" trial:late@{trial:03} " in line:
                os.killpg(build.pid, signal.SIGKILL)
                break
        else:
            raise AssertionError("the build ended before it could be killed")
        build.communicate()


@pytest.mark.parametrize("kind", ["valid", *examples(0, 1) * ["folds"]])
def test_a_search_is_the_same_everywhere(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = {"valid": SEARCH, "folds": FOLDED}[kind]
    text = text.replace("type: random", "type: tpe", 1).replace("trials: 6", f"trials: {TRIALS}")
    narrow = {"NPY_DISABLE_CPU_FEATURES": wide_registers({})}
    assert wide_registers(narrow) == ""
    found = []
    for number, world in enumerate(WORLDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        project(folder, text)
        words = ("-j", str(world.jobs), "--threads", str(world.jobs))
        with monkeypatch.context() as patch:
            for name, value in ({"PYTHONHASHSEED": str(number)} | (narrow if world.narrow else {})).items():
                patch.setenv(name, value)
            for share in world.killed:
                kill_after(folder, int(TRIALS * share), *words)
            with started(folder, "build", "-q", *words) as build:
                _, told = build.communicate()
                assert build.returncode == 0, told
        found.append(searched(folder))
    assert len(found[0][0]["trials"]) == TRIALS
    for world, one in zip(WORLDS, found, strict=True):
        assert one == found[0], world
    used = wide_registers({}) or "no AVX-512 here"
    tell(f"on {kind}: {TRIALS} trials, the same table and the same model in {len(found)} worlds ({used})")
