"""Same inputs, same bytes: whatever the folder, threads, hash seed, time zone, locale, or history."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.budget import examples, seed, tell
from tests.pipeline.test_incremental import TWO
from tests.projects import SPECS, built, delays

WORLDS = (
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "MLBUILD_THREADS": "1"},
    {"PYTHONHASHSEED": "77", "TZ": "Pacific/Auckland", "LC_ALL": "C.UTF-8", "MLBUILD_THREADS": "2"},
)
#: How long a model takes is a fact about the machine, too.
LATENCY = "      - {gate: latency, rows: 1, median: 500us}\n"
#: Edits of the project, each of which is made and undone.
EDITS = (
    ("num_leaves: 15", "num_leaves: 9"),
    ("num_iterations: 25", "num_iterations: 20"),
    ("strategy: median", "strategy: mean"),
    ("parts: [hour, minute, weekday]", "parts: [hour, weekday]"),
    ("plane_year > 1990.5", "plane_year > 2001"),
    ("arr_delay > 15", "arr_delay > 30"),
    ("seed: 3", "seed: 4"),
    ("strategy: mean}", "strategy: constant, fill_value: 0}"),
    ("valid: 0.2, test: 0.2", "valid: 0.1, test: 0.3"),
    ("features: [distance, plane_seats]", "features: [plane_seats, distance]"),
)


def models(folder: Path) -> dict[str, bytes]:
    """Return everything that was published, by path."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.glob("dist/*/*"))}


def build_in(world: dict[str, str], folder: Path) -> None:
    command = [sys.executable, "-m", "mlbuild", "-C", str(folder), "build", "-q"]
    done = subprocess.run(command, env=os.environ | world, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("example", ["delays", *examples(0, 1) * ["penguins", "flights"]])
def test_clean_builds_are_equal_in_other_worlds(example: str, tmp_path: Path) -> None:
    folders = [tmp_path / "here", tmp_path / "elsewhere" / "and deeper"]
    for world, folder in zip(WORLDS, folders, strict=True):
        if example == "delays":
            folder.mkdir(parents=True)
            delays(folder, TWO)
        else:
            shutil.copytree(SPECS / example, folder, ignore=shutil.ignore_patterns(".mlbuild", "dist"))
            spec = folder / "mlbuild.yaml"
            spec.write_text(spec.read_text().replace(LATENCY, ""))
        build_in(world, folder)
    first, second = map(models, folders)
    assert [name for name in first if name.endswith(".onnx")]
    assert first == second
    tell(f"{example}: {len(first)} files equal in two worlds")


def test_edits_there_and_back_end_in_the_same_bytes(tmp_path: Path) -> None:
    rng = random.Random(seed())
    project = delays(tmp_path, TWO)
    built(project)
    clean, text = models(tmp_path), project.read_text()
    for old, new in rng.sample(EDITS, examples(4, 10)):
        assert old in text
        project.write_text(text.replace(old, new))
        built(project)
        assert models(tmp_path) != clean, f"{old} -> {new} changed nothing"
        project.write_text(text)
        built(project)
        assert models(tmp_path) == clean
    shutil.rmtree(tmp_path / ".mlbuild")
    built(project)
    assert models(tmp_path) == clean
