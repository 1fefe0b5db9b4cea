"""A project with more than a hundred tasks that builds in a few seconds: a ring of tables, and three models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

TABLES = 26
#: The number of tasks: a source, its contract, a dataset and their two descriptions for each table, and those of the
#: models with their outputs.
TASKS = 197

_SPEC = """\
mlbuild: 1
project: hundred
seed: 1
warnings: {{unused: ignore, no-skill: ignore, constant-model: ignore}}
sources:
{sources}
contracts:
  table:
    unique: [key]
    columns: {{key: int, size: {{dtype: float, nullable: true, min: 0}}, kind: string, late: bool, weight: float}}
datasets:
{datasets}
preprocessing:
  plain:
    - {{op: impute, columns: [size, next_size], strategy: median}}
models:
  trees:
    type: lightgbm.classifier
    dataset: d0
    features: [size, next_size, kind]
    preprocessing:
      - {{op: impute, columns: [size, next_size], strategy: median}}
      - {{op: category, columns: kind}}
    target: late
    params: {{num_iterations: 3, num_leaves: 4, min_data_in_leaf: 2}}
  line:
    type: sklearn.linear_regression
    dataset: d0
    features: [size, next_size]
    preprocessing: plain
    target: weight
  other:
    type: lightgbm.classifier
    dataset: d10
    features: [size, next_size]
    preprocessing: plain
    target: late
    params: {{num_iterations: 2, num_leaves: 4, min_data_in_leaf: 2}}
outputs:
  trees: {{model: trees}}
  line: {{model: line}}
  other: {{model: other}}
"""


def hundred(folder: Path) -> Path:
    """Write the project, in which dataset `dN` joins table `tN` with the next one; return the spec file.

    The models `trees` and `line` are fitted on `d0`, and `other` on `d10`. Nothing reads the column `unread`.
    """
    (folder / "data").mkdir(parents=True)
    for number in range(TABLES):
        table(folder, number).write_text(rows(number))
    sources = (f"  t{number}: {{path: data/t{number}.csv, contract: table}}" for number in range(TABLES))
    file = folder / "mlbuild.yaml"
    file.write_text(_SPEC.format(sources="\n".join(sources), datasets="\n".join(_datasets())))
    return file


def table(folder: Path, number: int) -> Path:
    """Return the file of a table."""
    return folder / f"data/t{number}.csv"


def rows(number: int, step: int = 7) -> str:
    """Return the content of a table. A different `step` gives the column `size` other values."""
    lines = ["key,size,kind,late,weight,unread"]
    for key in range(40):
        size = f"{(key * step + number) % 31}.5" if key % 9 else ""
        kind, late = "abc"[(key + number) % 3], str((key * 5) % 7 > 3).lower()
        lines.append(f"{key},{size},{kind},{late},{key % 5}.25,{key}")
    return "\n".join(lines) + "\n"


def _datasets() -> Iterator[str]:
    for number in range(TABLES):
        step = "op: join, using: [key], how: left, cardinality: one_to_one, prefix: next_"
        following = (number + 1) % TABLES
        yield f"  d{number}:"
        yield f"    from: t{number}"
        yield f"    steps: [{{{step}, with: t{following}}}]"
        yield f"    split: {{type: hash, key: [key], valid: 0.2, test: 0.2, seed: {number}}}"
