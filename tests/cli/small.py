"""A project with one small model, for tests of the surroundings of a build."""

from __future__ import annotations

from pathlib import Path

from tests.projects import one_model

ROWS = "x,y\n" + "".join(f"{index % 7},{index % 7 > 3}\n" for index in range(60))


def small(folder: Path, rows: str = ROWS, leaves: int = 4) -> Path:
    """Write the project, whose output is `one`; return the spec file."""
    params = f"{{num_iterations: 3, num_leaves: {leaves}, min_data_in_leaf: 2}}"
    model = f"type: lightgbm.classifier, features: [x], target: y, params: {params}"
    return one_model(folder, "x: float, y: bool", rows, model)


def shipped(folder: Path) -> dict[str, bytes]:
    """Return the files of the output."""
    return {file.name: file.read_bytes() for file in (folder / "dist/one").iterdir()}
