"""A project with one small model, for tests of the surroundings of a build."""

from __future__ import annotations

from pathlib import Path

from tests.projects import one_model

ROWS = "x,y\n" + "".join(f"{index % 7},{index % 7 > 3}\n" for index in range(60))
PROFILES = "profiles: {quick: {models: {one: {params: {num_iterations: 2}}}}, wide: {seed: 2}}\n"


def small(folder: Path, rows: str = ROWS, leaves: int = 4) -> Path:
    """Write the project, whose output is `one`; return the spec file."""
    params = f"{{num_iterations: 3, num_leaves: {leaves}, min_data_in_leaf: 2}}"
    model = f"type: lightgbm.classifier, features: [x], target: y, params: {params}"
    return one_model(folder, "x: float, y: bool", rows, model)


def small_with_profiles(folder: Path) -> Path:
    """Write the project with two profiles; return the spec file."""
    spec = small(folder)
    spec.write_text(spec.read_text() + PROFILES)
    return spec


def shipped(folder: Path) -> dict[str, bytes]:
    """Return the files of the output."""
    return {file.name: file.read_bytes() for file in (folder / "dist/one").iterdir()}
