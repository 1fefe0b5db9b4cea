"""Targets that reach a feature through other rows of the same file."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlbuild import api

SPEC = """\
mlbuild: 1
project: p
warnings: {{unused: ignore}}
sources: {{a: {{path: a.csv, contract: a}}, b: {{path: a.csv, contract: b}}}}
contracts:
  a: {{unique: [id], columns: {{id: int, k: int, x: float, y: float, t: datetime}}}}
  b: {{unique: [k], columns: {{k: int, x: float}}}}
datasets:
  high: {{from: a, steps: [{high}]}}
  g: {{from: {start}, steps: [{steps}]}}
  d: {{from: a, steps: [{{op: join, with: g, using: {key}, prefix: g_}}], split: {{type: random, test: 0.3}}}}
models: {{m: {{type: lightgbm.regressor, dataset: d, features: [g_z], target: y}}}}
outputs: {{m: {{model: m}}}}
"""
HIGH = "{op: filter, where: y > 5}"
COUNT = "{op: aggregate, by: k, columns: {z: COUNT(*)}}"
LAST = "{op: window, by: k, time: t, known_after: 1d, columns: {z: LAST(y)}}"
X = "{op: select, columns: [k, z]}"
ONE = "{op: deduplicate, by: k, order: t, keep: last}"


def codes(folder: Path, steps: str, high: str = HIGH, start: str = "a", key: str = "k") -> list[str]:
    (folder / "a.csv").write_text("id,k,x,y,t\n")
    file = folder / "mlbuild.yaml"
    file.write_text(SPEC.format(steps=steps, high=high, start=start, key=key))
    return [one.code for one in api.check(file)[1]]


@pytest.mark.parametrize(
    "steps",
    [
        # The row that is kept can be later than those that find it, and has seen their targets.
        f"{LAST}, {ONE}, {X}",
        # A row with the same key is there exactly if one of these rows, perhaps the row itself, has a high target.
        f"{{op: join, with: high, using: k, how: semi}}, {COUNT}",
        f"{{op: join, with: high, using: k, how: anti}}, {COUNT}",
        f"{{op: join, with: high, using: k, how: semi}}, {ONE}, {{op: derive, columns: {{z: x * 2}}}}, {X}",
        f"{HIGH}, {ONE}, {{op: derive, columns: {{z: x * 2}}}}, {X}",
    ],
)
def test_one_of_several_rows_can_be_the_row_itself(tmp_path: Path, steps: str) -> None:
    assert codes(tmp_path, steps) == ["target-leak"]


@pytest.mark.parametrize(
    ("steps", "more"),
    [
        (f"{ONE}, {{op: derive, columns: {{z: x * 2}}}}, {X}", {}),
        (f"{{op: join, with: b, using: k, how: semi}}, {COUNT}", {}),
        (f"{{op: join, with: high, using: k, how: semi}}, {COUNT}", {"high": "{op: filter, where: x > 5}"}),
        (f"{LAST}, {{op: select, columns: [id, z]}}", {"key": "id"}),
    ],
)
def test_other_columns_of_such_rows_give_nothing_away(
    tmp_path: Path, steps: str, more: dict[str, str]
) -> None:
    assert codes(tmp_path, steps, **more) == []
