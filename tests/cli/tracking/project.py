"""A project with two features of which one matters, and test rows in clusters; its model trains in no time."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

SPEC = """\
mlbuild: 1
project: visits
sources:
  visits: {path: visits.csv, contract: visit}
contracts:
  visit:
    unique: [id]
    columns: {id: int, person: int, x: float, z: float, y: bool}
datasets:
  all:
    from: visits
    split: {type: hash, key: [person], valid: 0.2, test: 0.4}
models:
  one:
    type: sklearn.logistic_regression
    dataset: all
    features: [x, z]
    target: y
    metrics: [log_loss, roc_auc, accuracy]
    params:
      C: 1.0
outputs:
  one: {model: one}
"""
#: A setting without which the model cannot use `x`.
WITHOUT_X = "models.one.features=[z]"


def rows(count: int = 600) -> str:
    chance = random.Random(7)
    lines = ["id,person,x,z,y"]
    for index in range(count):
        x, z = chance.gauss(0, 1), chance.gauss(0, 1)
        lines.append(f"{index},{index // 4},{x:.4f},{z:.4f},{str(x + chance.gauss(0, 1) > 0).lower()}")
    return "\n".join(lines) + "\n"


def visits(folder: Path, spec: str = SPEC, count: int = 600) -> Path:
    """Write the project; return the spec file."""
    (folder / "visits.csv").write_text(rows(count))
    file = folder / "mlbuild.yaml"
    file.write_text(spec)
    return file


def told(out: str) -> Any:
    return json.loads(out)


def share_records(project: Path, folder: Path) -> None:
    """Copy the records of a project into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (project / ".mlbuild/runs").glob("*.json"):
        shutil.copy(path, folder)
